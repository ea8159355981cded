"""What an upload says: its schema, its rows, which of them are wrong, and the person each row stands for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import refuse_unknown_keys

# SHA-256 of nothing. Real answers do not count it as invalid; it simply matches nobody (looked up 2026-11-22).
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# Keys that name one person on their own; the others only together
_STRONG_KEYS = ("EMAIL", "PHONE", "EXTERN_ID", "MADID", "APPUID", "PAGEUID")
_ADDRESS_KEYS = ("FN", "LN", "CT", "ST", "ZIP", "COUNTRY")
_MADID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Upload:
    """One checked payload. members: the identifiers of each valid row; samples: reason by offending value.

    The platform answers with the offending values themselves, so samples may hold what should never have been sent.
    """

    schema: tuple[str, ...]
    received: int
    members: tuple[frozenset[str], ...]
    invalid: int
    samples: dict[str, str]


def read_upload(parameters: Parameters) -> Upload:
    """Check a payload as Graph does: a wrong shape refuses the call, a wrong value only its row.

    Raises GraphError 100.
    """
    payload = parameters.mapping("payload")
    if payload is None:
        raise invalid("payload", "The parameter payload is required.")
    refuse_unknown_keys(payload, ("schema", "data", "is_raw", "app_ids", "page_ids", "data_source"), "payload")
    schema = read_schema(payload.get("schema"))
    rows = payload.get("data")
    if not isinstance(rows, list) or not rows:
        raise invalid("payload", "Param payload[data] must be a non-empty array")
    if len(rows) > rules.UPLOAD_ROWS_MAX:
        raise invalid("payload", f"Too many rows: at most {rules.UPLOAD_ROWS_MAX} are allowed in one call")
    return _check_rows(schema, rows)


def read_schema(schema: Any) -> tuple[str, ...]:
    """The keys of a schema given as one word or as a list of keys."""
    if isinstance(schema, str) and schema in rules.SINGLE_SCHEMAS:
        return (rules.SINGLE_SCHEMAS[schema],)
    keys = [schema] if isinstance(schema, str) else schema
    if not isinstance(keys, list) or not keys:
        raise invalid("payload", "Param payload[schema] must be a non-empty array")
    for key in keys:
        if not isinstance(key, str) or key not in rules.HASHED_KEYS | rules.PLAIN_KEYS:
            # The key is shown only when it looks like one: it could be a misplaced identifier.
            shown = key if isinstance(key, str) and re.fullmatch(r"[A-Z_0-9]{1,40}", key) else "?"
            raise invalid("payload", f"Param payload[schema]: unknown key {shown}")
    if len(set(keys)) != len(keys):
        raise invalid("payload", "Param payload[schema] holds a key twice")
    return tuple(keys)


def _check_rows(schema: tuple[str, ...], rows: Sequence[Any]) -> Upload:
    members: list[frozenset[str]] = []
    samples: dict[str, str] = {}
    wrong = 0
    for number, row in enumerate(rows):
        values = row if isinstance(row, list) else [row]
        if len(values) != len(schema):
            message = f"Row {number} of payload[data] has {len(values)} values, the schema has {len(schema)} keys"
            raise invalid("payload", message)
        fault = _fault(schema, values)
        if fault is None:
            members.append(_identifiers(schema, values))
        else:
            wrong += 1
            if len(samples) < rules.INVALID_SAMPLES_MAX:
                samples[fault[0]] = fault[1]
    return Upload(schema, len(rows), tuple(members), wrong, samples)


def _fault(schema: tuple[str, ...], values: Sequence[Any]) -> tuple[str, str] | None:
    """The value for which a row is not counted and why, or None."""
    if all(value in ("", None) for value in values):
        return "", "row without identifiers"
    for key, value in zip(schema, values, strict=True):
        if value in ("", None):
            continue
        text = value if isinstance(value, str) else ""
        if key in rules.HASHED_KEYS and not rules.SHA256.fullmatch(text):
            return str(value), f"{key} is not a SHA-256 hash"
        if key == "MADID" and not _MADID.fullmatch(text):
            return str(value), "MADID is not an advertising id"
        if key == "LOOKALIKE_VALUE" and not _is_value(value):
            return str(value), "LOOKALIKE_VALUE is not a number of at least 0"
    return None


def _is_value(value: Any) -> bool:
    try:
        return float(value) >= 0
    except (TypeError, ValueError):
        return False


def _identifiers(schema: tuple[str, ...], values: Sequence[Any]) -> frozenset[str]:
    """The identifiers that name the person; name and address only where nothing better is given.

    Two people may share a name and a town; were those an identifier of their own, removing one would remove both.
    """
    given = {key: str(value) for key, value in zip(schema, values, strict=True) if value not in ("", None, EMPTY_HASH)}
    strong = [f"{key}:{given[key]}" for key in _STRONG_KEYS if key in given]
    if strong:
        return frozenset(strong)
    if "FN" in given and "LN" in given:
        return frozenset({"ADDRESS:" + "|".join(given.get(key, "") for key in _ADDRESS_KEYS)})
    return frozenset()
