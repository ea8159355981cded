"""Custom Audiences: creating lists and moving people in and out.

DOC/marketing-api/audiences/guides/custom-audiences and .../reference/custom-audience/users, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from activator.errors import OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.delivery import Operation, Receipt, Settlement
from connectors.meta.listing import Listing
from connectors.meta.options import MetaOptions
from connectors.meta.transport import GraphApi
from connectors.meta.version import BATCH_ROWS_MAX, FLAGGED_WORDS, OPERATION_FLAGGED

# Our column names are Meta's multi-key schema.
COLUMNS = ("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD")
# Never hashed (DOC/marketing-api/audiences/guides/custom-audiences#hash): an id of the advertiser's, a device's.
PLAIN_COLUMNS = ("EXTERN_ID", "MADID")
_HASHED_OR_ABSENT = "^([0-9a-f]{64})?$"
_PLAIN_OR_ABSENT = {
    "EXTERN_ID": r"^[^@]*$|^[^@]*@[^@.]*$",  # no e-mail address
    "MADID": "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$",
}
_FIELDS = ("id", "name", "operation_status", "delivery_status")


def create_audience(api: GraphApi, account: str, options: MetaOptions, spec: AudienceSpec) -> str:
    """Create an empty customer list and return its id.

    Raises:
        PermanentRefusalError: the name would get the audience flagged.
    """
    refuse_flagged_words(spec.name)
    refuse_flagged_words(spec.description)
    params: dict[str, Any] = {
        "name": spec.name,
        "description": spec.description,
        "subtype": "CUSTOM",
        "customer_file_source": options.customer_file_source,
    }
    if options.retention_days is not None:
        params["retention_days"] = options.retention_days
    return api.create((account, "customaudiences"), params)


def refuse_flagged_words(text: str) -> None:
    """Meta flags audiences whose name suggests income, credit or health; a flagged one takes no members."""
    found = FLAGGED_WORDS.search(text)
    if found:
        raise PermanentRefusalError(
            f"Meta flags audiences that say `{found.group(0)}`: it suggests health or financial status",
            "Rename the tier (or the project) in activator.yaml to something neutral, and plan again.",
        )


def read_audiences(listing: Listing) -> Iterator[RemoteObject]:
    """Our audiences. Sizes are left out: below 1,000 Meta does not tell them apart."""
    for found in listing.ours("audience", "customaudiences", _FIELDS):
        yield RemoteObject("audience", found.key, found.platform_id, found.name, _status(found.row))


def _status(row: Mapping[str, Any]) -> str:
    """One of flagged, unusable, too_small, ready, unknown."""
    operation, delivery = (_code(row.get(key)) for key in ("operation_status", "delivery_status"))
    if operation == OPERATION_FLAGGED:
        return "flagged"
    if delivery >= 400 or operation >= 500:
        return "unusable"
    return {200: "ready", 300: "too_small"}.get(delivery, "unknown")


def _code(status: Any) -> int:
    code = status.get("code") if isinstance(status, dict) else None
    return code if isinstance(code, int) else 0


def send_members(api: GraphApi, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
    """Add or remove one batch in one session, once.

    Removals go by POST with method=DELETE: a real DELETE would put every digest into the URL.

    Raises:
        PermanentRefusalError: too many rows, or a value that is not a digest; nothing was sent.
        OutcomeUnknownError: the counts in the answer are not those of a complete upload.
    """
    sent = members.num_rows
    if sent == 0:
        return Receipt(Settlement.SETTLED, sent=0)
    if sent > BATCH_ROWS_MAX:
        raise PermanentRefusalError(f"a batch of {sent:,} rows is above Meta's {BATCH_ROWS_MAX:,}")
    columns = _filled_columns(members)
    params: dict[str, Any] = {"payload": _payload(columns), "session": _session(batch_id, sent)}
    if operation is Operation.REMOVE:
        params["method"] = "DELETE"
    answer = api.call("POST", (audience_id, "users"), params).json()
    return _receipt(answer, audience_id, sent, columns)


def _filled_columns(members: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The columns that hold anything, checked: what leaves is a digest, an id Meta takes plain, or nothing."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name in (*COLUMNS, *PLAIN_COLUMNS):
        if name not in members.column_names:
            continue
        column = pc.fill_null(members.column(name).cast(pa.string()), "")
        if not pc.all(pc.match_substring_regex(column, _PLAIN_OR_ABSENT.get(name, _HASHED_OR_ABSENT))).as_py():
            wanted = {"EXTERN_ID": "plain ids", "MADID": "advertising ids"}.get(name, "SHA-256 digests")
            raise PermanentRefusalError(
                f"column {name} holds values that are not {wanted}; nothing was sent",
                "This is a defect of activator: report it.",
            )
        if pc.any(pc.not_equal(column, "")).as_py():
            columns[name] = column
    if not columns:
        raise PermanentRefusalError("a batch without any identifier; nothing was sent", "Plan again.")
    return columns


def _payload(columns: Mapping[str, pa.ChunkedArray]) -> str:
    rows = list(zip(*(column.to_pylist() for column in columns.values()), strict=True))
    return orjson.dumps({"schema": list(columns), "data": rows}).decode()


def _session(batch_id: str, rows: int) -> dict[str, Any]:
    """One batch, one session. The id is a positive int64 that an identical resend shares."""
    session_id = int(batch_id[:16], 16) & 0x7FFF_FFFF_FFFF_FFFF or 1
    return {"session_id": session_id, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": rows}


def _receipt(answer: Mapping[str, Any], audience_id: str, sent: int, columns: Mapping[str, pa.ChunkedArray]) -> Receipt:
    """Counts of the answer against what was sent.

    num_received is cumulative in a session, so after an identical resend it may be a multiple of the batch.
    num_invalid_entries counts wrongly hashed rows; Meta calls it approximate, so it never exceeds the batch here.
    """
    received, invalid = _count(answer.get("num_received")), _count(answer.get("num_invalid_entries"))
    about = answer.get("audience_id", audience_id)
    if received is None or invalid is None or str(about) != audience_id or received < sent or received % sent:
        raise OutcomeUnknownError(
            f"Meta's receipt does not cover the {sent:,} rows sent ({'no' if received is None else received} received)",
            "Run the command again: an identical batch is sent again before anything else.",
        )
    rejected = min(sent, -(-invalid * sent // received))
    rows = _rejected_rows(answer.get("invalid_entry_samples"), columns) if rejected else ()
    return Receipt(
        Settlement.REJECTED if rejected == sent else Settlement.SETTLED,
        sent=sent,
        settled=sent - rejected,
        rejected=rejected,
        detail=f"Meta refused {rejected:,} of {sent:,} rows as wrongly hashed" if rejected else "",
        rejected_rows=rows if len(rows) <= rejected else (),
    )


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _rejected_rows(samples: Any, columns: Mapping[str, pa.ChunkedArray]) -> tuple[int, ...]:
    """Positions of rows that hold a sampled value. Meta documents samples as a list or a map, not their form."""
    values = pa.array(sorted(set(_texts(samples))), pa.string())
    hit = None
    for column in columns.values():
        here = pc.is_in(column, value_set=values)
        hit = here if hit is None else pc.or_(hit, here)
    return tuple(position for position, is_hit in enumerate(hit.to_pylist()) if is_hit) if hit is not None else ()


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
