"""What Meta's answer to an upload lets us believe. HTTP 200 is no success: only the counts are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from activator.errors import OutcomeUnknownError
from activator.model.delivery import Receipt, Settlement
from connectors.meta.uploads import Upload


@dataclass(frozen=True, slots=True)
class Counted:
    """What a session has counted so far. invalid: rows with a wrong hash; Meta calls this number approximate."""

    received: int = 0
    invalid: int = 0


def counted(answer: Mapping[str, Any]) -> Counted | None:
    """The counts of an answer, or None where they are missing."""
    received, invalid = (_count(answer.get(name)) for name in ("num_received", "num_invalid_entries"))
    return None if received is None or invalid is None else Counted(received, invalid)


def receipt(upload: Upload, rejected: int, answer: Mapping[str, Any]) -> Receipt:
    """The receipt of a batch of which so many rows were invalid; the approximate number never exceeds the batch."""
    sent, rejected = upload.rows, min(upload.rows, rejected)
    rows = _rejected_rows(answer.get("invalid_entry_samples"), upload) if rejected else ()
    return Receipt(
        Settlement.REJECTED if rejected == sent else Settlement.SETTLED,
        sent=sent,
        settled=sent - rejected,
        rejected=rejected,
        detail=f"Meta refused {rejected:,} of {sent:,} rows as wrongly hashed" if rejected else "",
        rejected_rows=rows if len(rows) <= rejected else (),
    )


def not_covered(now: Counted | None, sent: int) -> OutcomeUnknownError:
    """The error for an answer whose counts do not cover what was sent."""
    said = "none" if now is None else f"{now.received:,}"
    return OutcomeUnknownError(
        f"Meta's receipt does not cover the {sent:,} rows sent ({said} received)",
        "Run the command again: an identical batch is sent again before anything else.",
    )


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _rejected_rows(samples: Any, upload: Upload) -> tuple[int, ...]:
    """Rows that hold a sampled value. Meta documents samples as a list or a map, not their form."""
    return upload.rows_that_hold(set(_texts(samples)))


def _texts(samples: Any) -> Iterator[str]:
    if isinstance(samples, str) and samples:
        yield samples
    elif isinstance(samples, dict):
        for key, value in samples.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(samples, list):
        for value in samples:
            yield from _texts(value)
