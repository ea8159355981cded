"""Members as Google's messages, encoded straight from Arrow columns: no object per person, in Python or protobuf.

A member is a few length-prefixed fields around digests of fixed length, so a whole batch is written by a handful of
column operations and handed to protobuf as one piece, which also checks it.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from activator.model.delivery import Operation
from connectors.google.version import IDENTIFIERS_MAX

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ADDRESS = ("given_name", "family_name", "region_code", "postal_code")
LISTS = ("emails", "phones")
COLUMNS = (*LISTS, *ADDRESS)
_DIGEST_BYTES = 64
_BLOCK_BYTES = 1 << 17  # looked at together, so that what is worked out of them stays in the processor's cache
_PLACE_BYTES_MAX = 100  # longer than any country or postal code
_MEMBER_BYTES_MAX = 1024  # nine e-mails or phones, 68 each, and an address of 2 digests and 2 places: below 960


@dataclass(frozen=True, slots=True)
class Shape:
    """Field numbers of the messages members are written in; each is at most 15, so that its key is one byte.

    member: of the request; data: of the user data in a member; then those of an identifier and of an address.
    """

    member: int
    data: int
    email: int
    phone: int
    address: int
    given_name: int
    family_name: int
    region_code: int
    postal_code: int


_IDENTIFIERS = 1  # of UserData, in both APIs

# google-ads-datamanager 0.9.4, types/ingestion_service.py, audience.py, user_data.py.
AUDIENCE_MEMBERS = Shape(2, 2, 1, 2, 3, 1, 2, 3, 4)
# google-ads 34.0.0, v23 to v26: services/types/offline_user_data_job_service.py, common/types/offline_user_data.py.
JOB_CREATES, JOB_REMOVES = (Shape(3, operation, 7, 8, 5, 7, 8, 11, 12) for operation in (1, 2))


def usable(members: "pa.Table") -> "np.ndarray[Any, Any]":
    """Which rows Google would take: one identifier or more, and every digest 64 lower-case hexadecimal digits.

    One malformed identifier makes Google refuse all 10,000, so such rows are found before anything is sent.
    """
    import numpy as np

    complete = _has_address(members)
    count, wrong = complete.astype(np.int64), np.zeros(members.num_rows, bool)
    for name in LISTS:
        counts, values = _flat(members, name)
        count += counts
        malformed = ~_hexadecimal(values)
        if malformed.any():
            wrong[np.repeat(np.arange(members.num_rows), counts)[malformed]] = True
    for name in ADDRESS[:2]:
        wrong |= complete & ~_hexadecimal(_column(members, name))
    for name in ADDRESS[2:]:
        wrong |= complete & (_lengths(_column(members, name)) > _PLACE_BYTES_MAX)
    right: np.ndarray[Any, Any] = (count > 0) & ~wrong
    return right


def encoded(members: "pa.Table", shape: Shape = AUDIENCE_MEMBERS) -> bytes:
    """The members as the repeated field of a request, in row order. All rows must be `usable`.

    At most ten identifiers a member: an address counts as one and goes first, then e-mails, then phones.
    """
    import numpy as np
    import pyarrow as pa

    complete = _has_address(members)
    addressed = members.select(ADDRESS).filter(pa.array(complete))
    parts = [_by_row(complete, _addresses(addressed, shape), b"")]
    room = IDENTIFIERS_MAX - complete
    for name, number in zip(LISTS, (shape.email, shape.phone), strict=True):
        counts, values = _flat(members, name)
        kept = np.minimum(counts, room)
        room -= kept
        if (kept < counts).any():
            place = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
            values = values.filter(pa.array(place < np.repeat(kept, counts)))
        start = _start(_DIGEST_BYTES, _IDENTIFIERS, number)
        # Between the values of a row, and before the first, if there is one.
        parts += [pa.array([b"", start]).take(pa.array(np.minimum(kept, 1))), _by_row(kept, values, start)]
    return bytes(_bytes_of(_joined(_starts(shape.member, shape.data).take(_sizes(*parts)), *parts)))


def to_request(
    operation: Operation, destinations: list[dict[str, Any]], members: "pa.Table", *, terms_accepted: bool
) -> Any:
    """A raw ingest or remove request. Consent is GRANTED for all: nobody else ever reaches a connector.

    Removals carry neither consent nor terms (types/ingestion_service.py, 0.9.4).
    """
    from google.ads.datamanager_v1.types import ingestion_service as types

    if operation is Operation.REMOVE:
        removal = types.RemoveAudienceMembersRequest.pb()(destinations=destinations, encoding="HEX")
        removal.MergeFromString(encoded(members))
        return removal
    request = types.IngestAudienceMembersRequest.pb()(
        destinations=destinations,
        encoding="HEX",
        consent={"ad_user_data": "CONSENT_GRANTED", "ad_personalization": "CONSENT_GRANTED"},
    )
    if terms_accepted:
        request.terms_of_service.customer_match_terms_of_service_status = 1  # ACCEPTED
    request.MergeFromString(encoded(members))
    return request


def _column(members: "pa.Table", name: str) -> Any:
    """A column of text as one array of bytes; a missing value is empty."""
    import pyarrow as pa

    values = _one_array(members.column(name)).cast(pa.binary())
    return values.fill_null(b"") if values.null_count else values


def _flat(members: "pa.Table", name: str) -> tuple[Any, Any]:
    """(number of values of each row, values as bytes) of a column of lists."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = _one_array(members.column(name))
    values = pc.list_flatten(lists).cast(pa.binary())
    return pc.list_value_length(lists).fill_null(0).to_numpy(), values.fill_null(b"") if values.null_count else values


def _one_array(column: "pa.ChunkedArray") -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which would copy a single one


def _by_row(counts: Any, values: Any, separator: bytes) -> Any:
    """The values of each row one after the other; counts: how many of them are a row's."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if (counts == 1).all():
        return values
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), values), separator)


def _lengths(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.binary_length(values).to_numpy()


def _has_address(members: "pa.Table") -> Any:
    import numpy as np

    return np.logical_and.reduce([_lengths(_column(members, name)) > 0 for name in ADDRESS])


def _hexadecimal(values: Any) -> Any:
    """Whether each value is a digest in lower-case hex."""
    import pyarrow as pa

    right = _lengths(values) == _DIGEST_BYTES
    digits = _bytes_of(values if right.all() else values.filter(pa.array(right)))
    blocks = (digits[start : start + _BLOCK_BYTES] for start in range(0, len(digits), _BLOCK_BYTES))
    if not all(_are_digits(block).all() for block in blocks):
        right[right] = _are_digits(digits).reshape(-1, _DIGEST_BYTES).all(axis=1)
    return right


def _are_digits(content: Any) -> Any:
    return (content - ord("0") < 10) | (content - ord("a") < 6)  # unsigned: what is below wraps around


def _addresses(members: "pa.Table", shape: Shape) -> Any:
    """Whole identifiers of kind address."""
    given, family, region, postal = (_column(members, name) for name in ADDRESS)
    parts = (
        _start(_DIGEST_BYTES, shape.given_name),
        given,
        _start(_DIGEST_BYTES, shape.family_name),
        family,
        _starts(shape.region_code).take(_sizes(region)),
        region,
        _starts(shape.postal_code).take(_sizes(postal)),
        postal,
    )
    return _joined(_starts(_IDENTIFIERS, shape.address).take(_sizes(*parts)), *parts)


def _start(size: int, *numbers: int) -> bytes:
    """What is written before content of so many bytes: keys and sizes of fields in each other, the outermost first."""
    written = b""
    for number in reversed(numbers):
        written = bytes([number << 3 | 2]) + _varint(size + len(written)) + written
    return written


@cache
def _starts(*numbers: int) -> Any:
    """`_start` of every size there can be."""
    import pyarrow as pa

    return pa.array([_start(size, *numbers) for size in range(_MEMBER_BYTES_MAX)], pa.binary())


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first, all but the last marked."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*written, number))


def _sizes(*parts: Any) -> Any:
    """Bytes of all parts of each row together."""
    import pyarrow as pa

    return pa.array(sum(len(part) if isinstance(part, bytes) else _lengths(part) for part in parts))


def _joined(*parts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pa.scalar(part, pa.binary()) if isinstance(part, bytes) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar(b"", pa.binary()))


def _bytes_of(values: Any) -> Any:
    """All values one after the other, as they lie in memory."""
    import numpy as np

    _, offsets, content = values.buffers()
    if content is None or not len(values):
        return np.empty(0, np.uint8)
    first, last = np.frombuffer(offsets, np.int32)[[values.offset, values.offset + len(values)]]
    return np.frombuffer(content, np.uint8)[first:last]
