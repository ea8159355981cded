"""What an upload says: a table of hashed members as Meta's payload of keys and rows.

DOC/marketing-api/audiences/guides/custom-audiences, checked 2026-11-29.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import quote_plus

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from activator.errors import PermanentRefusalError
from connectors.meta.version import BATCH_ROWS_MAX
from connectors.meta.wire import Quoted

# Our column names are Meta's multi-key schema.
COLUMNS = ("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD")
# Never hashed (DOC/marketing-api/audiences/guides/custom-audiences#hash): an id of the advertiser's, a device's.
PLAIN_COLUMNS = {
    "EXTERN_ID": r"^[^@]*$|^[^@]*@[^@.]*$",  # no e-mail address
    "MADID": "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$",
}
# What a member is worth, as a number; value-based audiences only.
VALUE_COLUMN = "LOOKALIKE_VALUE"
# Limited Data Use, per row. Meta works out itself who lives where it applies; whoever is known to live outside the
# United States needs none. https://developers.facebook.com/docs/marketing-apis/data-processing-options, 2026-11-29
LIMITED_COLUMN = "DATA_PROCESSING_OPTIONS"
_LIMITED, _FREE = "%5B%22LDU%22%5D", "%5B%5D"
_UNITED_STATES = hashlib.sha256(b"us").hexdigest()

# Between two texts of a row, and from the last of one row to the first of the next: form-encoded JSON.
_NEXT, _NEXT_ROW = "%22%2C%22", "%5D%2C%5B%22"
_DIGEST_BYTES = 64
_BLOCK_BYTES = 1 << 17  # looked at together, so that what is worked out of them stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Upload:
    """One checked batch, column by column: texts, and what is written into a row without quotes as `plain`."""

    texts: dict[str, pa.Array]
    plain: dict[str, pa.Array]
    rows: int

    def payload(self) -> Quoted:
        """Schema and rows in JSON, form-encoded; what is not known of a row is an empty text.

        Digests need no escape in either, so Arrow joins the rows, and its memory is sent as it is: three times as
        fast as taking the text out of Arrow (benchmarks/meta_push.py).
        """
        *texts, last = map(_escaped, self.texts.items())
        rest = [part for column in self.plain.values() for part in ("%2C", column)]
        last = pc.binary_join_element_wise(last, "%22", *rest, _NEXT_ROW, "")
        data = _content(pc.binary_join_element_wise(*texts, last, _NEXT))[: -len(_NEXT_ROW)]
        schema = quote_plus(orjson.dumps([*self.texts, *self.plain])).encode()
        start = b"%7B%22schema%22%3A" + schema + b"%2C%22data%22%3A%5B%5B%22"
        return Quoted((start, data.data, b"%5D%5D%7D"))

    def rows_that_hold(self, values: set[str]) -> tuple[int, ...]:
        """Zero-based positions of rows with one of these values in them."""
        sought = pa.array(sorted(values), pa.string())
        hit = pa.array([False] * self.rows)
        for column in self.texts.values():
            hit = pc.or_(hit, pc.is_in(column, value_set=sought))
        return tuple(pc.indices_nonzero(hit).to_pylist())


def read_upload(members: pa.Table, *, limited_data_use: bool = False, all_columns: bool = False) -> Upload:
    """Check members and take what will be sent. What leaves is a digest, an id Meta takes plain, a number, or nothing.

    limited_data_use: say for every row whether Meta may use it only in a limited way; all_columns: also those that are
    empty throughout, for sessions whose batches must all have one schema.

    Raises:
        PermanentRefusalError: too many rows, a value of the wrong form, or no identifier at all. Nothing was sent.
    """
    if members.num_rows > BATCH_ROWS_MAX:
        raise PermanentRefusalError(f"a batch of {members.num_rows:,} rows is above Meta's {BATCH_ROWS_MAX:,}")
    texts = {name: _text(members, name) for name in (*COLUMNS, *PLAIN_COLUMNS) if name in members.column_names}
    filled = {name: column for name, column in texts.items() if len(_content(column))}
    if not filled:
        raise PermanentRefusalError("a batch without any identifier; nothing was sent", "Plan again.")
    plain: dict[str, pa.Array] = {}
    if VALUE_COLUMN in members.column_names:
        plain[VALUE_COLUMN] = _values(members.column(VALUE_COLUMN))
    if limited_data_use:
        plain[LIMITED_COLUMN] = _limits(filled.get("COUNTRY"), members.num_rows)
    return Upload(texts if all_columns else filled, plain, members.num_rows)


def _text(members: pa.Table, name: str) -> pa.Array:
    """One checked column of texts, without nulls."""
    chunks = members.column(name).cast(pa.string())
    column = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # which would copy a single one
    if column.null_count:
        column = pc.fill_null(column, "")
    pattern = PLAIN_COLUMNS.get(name)
    if pattern is None:
        is_right, wanted = _all_digests(column), "SHA-256 digests"
    else:
        is_right = pc.all(pc.match_substring_regex(column, pattern)).as_py()
        wanted = "plain ids" if name == "EXTERN_ID" else "advertising ids"
    if not is_right:
        raise _defect(f"column {name} holds values that are not {wanted}")
    return column


def _all_digests(column: pa.Array) -> bool:
    lengths, content = np.diff(_offsets(column)), _content(column)
    if not ((lengths == 0) | (lengths == _DIGEST_BYTES)).all():
        return False
    blocks = (content[start : start + _BLOCK_BYTES] for start in range(0, len(content), _BLOCK_BYTES))
    # Unsigned: what is below a digit or letter wraps around.
    return all(((block - ord("0") < 10) | (block - ord("a") < 6)).all() for block in blocks)


def _values(column: pa.ChunkedArray) -> pa.Array:
    """Values of at least zero, as JSON writes them; somebody whose value is not known counts as zero."""
    values = pc.fill_null(column.cast(pa.float64()).combine_chunks(), 0.0)
    if not pc.all(pc.and_(pc.greater_equal(values, 0.0), pc.is_finite(values))).as_py():
        raise _defect(f"column {VALUE_COLUMN} holds values that are not numbers of at least 0")
    return pc.replace_substring(values.cast(pa.string()), "+", "%2B")  # of an exponent


def _limits(countries: pa.Array | None, rows: int) -> pa.Array:
    if countries is None:
        return pa.array([_LIMITED] * rows)
    may_be_american = pc.is_in(countries, value_set=pa.array(["", _UNITED_STATES]))
    return pc.if_else(may_be_american, _LIMITED, _FREE)


def _escaped(column: tuple[str, pa.Array]) -> pa.Array:
    """Digests and device ids as they are; ids of the advertiser's may hold anything."""
    name, values = column
    if name != "EXTERN_ID":
        return values
    return pa.array([quote_plus(orjson.dumps(value)[1:-1]) for value in values.to_pylist()], pa.string())


def _offsets(column: pa.Array) -> npt.NDArray[np.int32]:
    """Where in the memory of a column of texts each begins, and where the last one ends."""
    return np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]


def _content(column: pa.Array) -> npt.NDArray[np.uint8]:
    """All texts of a column one after the other, as they lie in memory."""
    content, offsets = column.buffers()[2], _offsets(column)
    return np.frombuffer(content or b"", np.uint8)[offsets[0] : offsets[-1]]


def _defect(message: str) -> PermanentRefusalError:
    return PermanentRefusalError(f"{message}; nothing was sent", "This is a defect of activator: report it.")
