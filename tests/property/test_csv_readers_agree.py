"""The quick proof that a stretch of CSV is regular never believes what the csv module would refuse."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from activator.errors import SourceError
from connectors.crm.diagnosis import Place, RecordReader
from connectors.crm.dialect import Dialect
from connectors.crm.limits import Limits
from connectors.crm.scan import Checkpoint, Scan

PATH = Path("export.csv")
LIMITS = Limits(cell_characters=60, line_bytes=150)
# Stretches of many machine words are proved at once only where cells may be as long.
WIDE = Limits(cell_characters=5_000, line_bytes=10_000)
# Every byte that means something to a CSV reader, often; runs that only together mean something; and plain text.
PIECES = st.sampled_from(
    [
        *(b",", b'"', b'""', b'","', b'"a",', b',"b"', b"\n", b"\r\n", b"\r", b'"\n', b'"\r\n"', b"1,2\n"),
        *(b'"1","2"\n', b'"x,y",2\r\n', b'"x\ny",2\r\n', b'1,"a ""b"" c"\n'),
        *(b"\0", b"\xff", b"\xc3\xa9", b" ", b"a", b"long" * 20),
    ]
)
BODIES = st.lists(PIECES, max_size=30).map(b"".join)
RECORDS = st.lists(
    st.sampled_from([b'1,"a ""b"" c"', b'"x,y",2', b'"x\r\ny",2', b",", b'"",', b"long,text", b'"' + b"q" * 70 + b'",'])
)
BROKEN = st.sampled_from([b"", b"", b'a"b,', b'"a" ,', b"1", b"1,2,3", b",\r", b"\n", b'"a"b"",'])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def read_singly(dialect: Dialect, content: bytes, limits: Limits = LIMITS) -> tuple[list[int], str | None]:
    """The line of every record, as the csv module reads them one by one, and the message of the first fault."""
    lines: dict[int, int] = {}
    reader = RecordReader(PATH, dialect, limits)
    before = csv.field_size_limit(limits.cell_characters)
    try:
        for line, after, _ in reader.records(Place(), b"", iter([content] if content else [])):
            lines.setdefault(after.records, line)
    except SourceError as error:
        return list(lines.values()), str(error)
    finally:
        csv.field_size_limit(before)
    return list(lines.values()), None


@settings(max_examples=300, deadline=None)
@given(columns=st.integers(1, 3), end=ENDS, body=BODIES, size=st.integers(1, 80))
@example(columns=2, end="\r\n", body=b"a,b\rc\n", size=80)
@example(columns=2, end="\n", body=b'"a,b"\n', size=80)
@example(columns=2, end="\n", body=b'a"b","c"d,\n', size=80)
@example(columns=2, end="\r\n", body=b'\r\n"x\ny",2\r\n\r\n,,"b"\r\n', size=1)
@example(columns=1, end="\n", body=b'\n\n"x"\n\n', size=80)
def test_both_find_the_same_records_or_the_same_fault(columns: int, end: str, body: bytes, size: int) -> None:
    dialect = Dialect(",", tuple("abc"[:columns]), end)
    content = ",".join(dialect.header).encode() + end.encode() + body
    lines, fault = read_singly(dialect, content)
    found = Scan(PATH, dialect, LIMITS, window_bytes=24).run(pieces(content, size))
    assert (found.fault.message if found.fault else None) == fault
    if fault is None:
        assert found.records == len(lines) - 1


@settings(max_examples=300, deadline=None)
@given(end=ENDS, before=RECORDS, broken=BROKEN, after=RECORDS, size=st.integers(60, 1000))
def test_both_agree_about_many_records_at_once(
    end: str, before: list[bytes], broken: bytes, after: list[bytes], size: int
) -> None:
    dialect = Dialect(",", ("a", "b"), end)
    content = b"".join(record + end.encode() for record in (b"a,b", *before, *([broken] if broken else []), *after))
    lines, fault = read_singly(dialect, content, WIDE)
    found = Scan(PATH, dialect, WIDE, window_bytes=100).run(pieces(content, size))
    assert (found.fault.message if found.fault else None) == fault
    if fault is None:
        assert found.records == len(lines) - 1


@settings(max_examples=200, deadline=None)
@given(
    records=st.lists(st.lists(st.text('ab,"\n\r é', max_size=8), min_size=2, max_size=2), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=ENDS,
    size=st.integers(20, 200),
)
def test_what_a_csv_writer_writes_is_read_whole(records: list[list[str]], quoting: int, end: str, size: int) -> None:
    dialect = Dialect(",", ("a", "b"), end)
    if quoting == csv.QUOTE_MINIMAL:  # under it Python 3.11 leaves other line ends than its own unquoted
        records = [[re.sub("[\r\n]", end, cell) for cell in record] for record in records]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows([dialect.header, *records])  # type: ignore[arg-type]
    found = Scan(PATH, dialect, LIMITS, window_bytes=24).run(pieces(text.getvalue().encode(), size))
    assert found.fault is None
    assert found.records == len(records)


@settings(max_examples=200, deadline=None)
@given(
    records=st.lists(st.lists(st.text('ab," é', max_size=40), min_size=2, max_size=2), min_size=1, max_size=40),
    end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(100, 3000),
)
def test_what_is_regular_is_proved_without_the_csv_module(records: list[list[str]], end: str, size: int) -> None:
    dialect = Dialect(",", ("a", "b"), end)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([dialect.header, *records])
    found = Scan(PATH, dialect, WIDE, window_bytes=100).run(pieces(text.getvalue().encode(), size))
    assert (found.records, found.checkpoints) == (len(records), (Checkpoint(Place(), regular=True),))
