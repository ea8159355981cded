"""Members as Google's messages, encoded straight from Arrow columns: no object per person, in Python or protobuf.

A member is a few length-prefixed fields around digests of fixed length, so a whole batch is written by a handful of
column operations and handed to protobuf as one piece, which also checks it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activator.model.delivery import Operation
from connectors.google.version import IDENTIFIERS_MAX

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ADDRESS = ("given_name", "family_name", "region_code", "postal_code")
COLUMNS = ("emails", "phones", *ADDRESS)
_DIGEST_BYTES = 64
_PLACE_BYTES_MAX = 100  # longer than any country or postal code, and short enough for a length of one byte


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

    count, wrong = np.zeros(members.num_rows, np.int64), np.zeros(members.num_rows, bool)
    for name in ("emails", "phones"):
        parents, values = _flat(members, name)
        np.add.at(count, parents, 1)
        wrong[parents[~_hexadecimal(values)]] = True
    complete = _has_address(members)
    for name in ADDRESS[:2]:
        wrong |= complete & ~_hexadecimal(_column(members, name))
    for name in ADDRESS[2:]:
        wrong |= complete & (_lengths(_column(members, name)) > _PLACE_BYTES_MAX)
    right: np.ndarray[Any, Any] = (count + complete > 0) & ~wrong
    return right


def encoded(members: "pa.Table", shape: Shape = AUDIENCE_MEMBERS) -> bytes:
    """The members as the repeated field of a request, in row order. All rows must be `usable`.

    At most ten identifiers a member: an address counts as one and goes first, then e-mails, then phones.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    complete = _has_address(members)
    addressed = np.flatnonzero(complete)
    parents, pieces = [addressed], [_addresses(members.take(pa.array(addressed)), shape)]
    taken = complete.astype(np.int64)
    identifier = _key(_IDENTIFIERS) + bytes([_DIGEST_BYTES + 2])
    for name, number in (("emails", shape.email), ("phones", shape.phone)):
        owners, values = _flat(members, name)
        kept = _position(owners) + taken[owners] < IDENTIFIERS_MAX
        if not kept.all():
            owners, values = owners[kept], values.filter(pa.array(kept))
        np.add.at(taken, owners, 1)
        parents.append(owners)
        pieces.append(_joined(identifier + _key(number) + bytes([_DIGEST_BYTES]), values))
    owner = np.concatenate(parents)
    order = np.argsort(owner, kind="stable")
    flat = pa.concat_arrays(pieces).take(pa.array(order))
    offsets = np.searchsorted(owner[order], np.arange(members.num_rows + 1)).astype(np.int32)
    user_data = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), b"")
    return _bytes_of(_nested(_key(shape.member), _key(shape.data), _lengths(user_data), user_data))


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


def _key(number: int) -> bytes:
    """The key of a length-prefixed field."""
    return bytes([number << 3 | 2])


def _column(members: "pa.Table", name: str) -> Any:
    """A column of text as one array of bytes; a missing value is empty."""
    import pyarrow as pa

    return members.column(name).combine_chunks().cast(pa.binary()).fill_null(b"")


def _flat(members: "pa.Table", name: str) -> tuple[Any, Any]:
    """(row of each value, values as bytes) of a column of lists."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = members.column(name).combine_chunks()
    return pc.list_parent_indices(lists).to_numpy(), pc.list_flatten(lists).cast(pa.binary())


def _lengths(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.binary_length(values).to_numpy()


def _has_address(members: "pa.Table") -> Any:
    import numpy as np

    return np.logical_and.reduce([_lengths(_column(members, name)) > 0 for name in ADDRESS])


def _hexadecimal(values: Any) -> Any:
    """Whether each value is a digest in lower-case hex."""
    import numpy as np
    import pyarrow as pa

    right = _lengths(values) == _DIGEST_BYTES
    digits = np.frombuffer(_bytes_of(values.filter(pa.array(right))), np.uint8)
    is_digit = (digits - ord("0") < 10) | (digits - ord("a") < 6)  # unsigned: what is below wraps around
    right[right] = is_digit.reshape(-1, _DIGEST_BYTES).all(axis=1)
    return right


def _addresses(members: "pa.Table", shape: Shape) -> Any:
    """Whole identifiers of kind address."""
    digest = bytes([_DIGEST_BYTES])
    given, family, region, postal = (_column(members, name) for name in ADDRESS)
    sizes = (_lengths(region), _lengths(postal))
    places = [_size_of(size) for size in sizes]
    names = (_key(shape.given_name) + digest, given, _key(shape.family_name) + digest, family)
    parts = (*names, _key(shape.region_code), places[0], region, _key(shape.postal_code), places[1], postal)
    size = 2 * (_DIGEST_BYTES + 2) + 4 + sizes[0] + sizes[1]
    return _nested(_key(_IDENTIFIERS), _key(shape.address), size, *parts)


def _nested(outer: bytes, inner: bytes, sizes: Any, *parts: Any) -> Any:
    """Each row's parts, sizes bytes together, as a field of a field: written at once, since every step is a copy."""
    import numpy as np

    field = 1 + np.where(sizes > 0x7F, 2, 1) + sizes
    return _joined(outer, _size_of(field), inner, _size_of(sizes), *parts)


def _size_of(lengths: Any) -> Any:
    """Lengths as protobuf writes them: seven bits a byte, lowest first, all but the last marked."""
    import numpy as np
    import pyarrow as pa

    different, places = np.unique(lengths, return_inverse=True)
    assert not len(different) or different[-1] < 1 << 14, "ten identifiers of a member need two bytes at most"
    return pa.array([_varint(int(length)) for length in different], pa.binary()).take(pa.array(places))


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*written, number))


def _joined(*parts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pa.scalar(part, pa.binary()) if isinstance(part, bytes) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar(b"", pa.binary()))


def _position(owners: Any) -> Any:
    """The place of each value within its row; owners are sorted."""
    import numpy as np

    return np.arange(len(owners)) - np.searchsorted(owners, owners)


def _bytes_of(values: Any) -> bytes:
    """All values one after the other."""
    import numpy as np

    _, offsets, content = values.buffers()
    if content is None or not len(values):
        return b""
    bounds = np.frombuffer(offsets, np.int32)[[values.offset, values.offset + len(values)]]
    return bytes(content.slice(int(bounds[0]), int(bounds[1] - bounds[0])))
