"""What must be known about an export before it is parsed: its digest, that it is text, its header and its delimiter.

One pass over the bytes. The csv module and DuckDB both accept things we refuse here: NUL bytes, two equal headers
(the last would win in silence), a BOM in the first header (facts: measured on csv of Python 3.11 and DuckDB 2.0.1).
"""

import codecs
import csv
import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from activator.errors import SourceError

CHUNK_BYTES = 1 << 20
CELL_CHARACTERS_MAX = 1_000_000
COLUMNS_MAX = 2_000
GZIP_RATIO_MAX = 100  # 200 MB of one byte is a gz of 194 kB, 1029 : 1; text exports stay below 30 : 1
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
RESERVED = "source_row"
EXPORT_AGAIN = "Export the file again"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A delimited text file whose bytes are sound. header: names without surrounding blanks, in file order."""

    path: Path
    digest: str
    header: tuple[str, ...]
    delimiter: str
    gzipped: bool


def fault(path: Path, message: str, fix: str, line: int | None = None) -> SourceError:
    """An error that names the file and, where known, the line. Never the content of a cell."""
    where = path.name if line is None else f"{path.name}, line {line}"
    return SourceError(f"{where}: {message}", fix)


def regular_file(path: Path) -> Path:
    """The absolute path of a regular file.

    Raises:
        SourceError: missing, a folder or device, unreadable, or a link that leads out of its own folder.
    """
    try:
        target = path.resolve(strict=True)
        kind = target.stat().st_mode
    except FileNotFoundError:
        raise fault(path, f"there is no such file in {path.parent}", "Check `path` of this source.") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "the link leads to itself"
        raise fault(path, f"cannot be read: {reason}", "Check `path` of this source and its permissions.") from None
    if path.is_symlink() and not target.is_relative_to(path.parent.resolve()):
        raise fault(
            path, "a link that leads out of its folder is refused", "Copy the file there, or name its real path."
        )
    if not stat.S_ISREG(kind):
        raise fault(path, "not a regular file", "Name one export file.")
    if target.stat().st_size == 0:
        raise fault(path, "the file is empty", f"{EXPORT_AGAIN}; even an export without rows has a header line.")
    return target


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def inspect_text(path: Path, target: Path) -> TextFile:
    """Look through a CSV file once. path is named in errors, target is read.

    Raises:
        SourceError: not UTF-8 text, NUL bytes, a damaged or explosive gz, or a header that cannot be used.
    """
    gzipped = target.suffix.lower() == ".gz"
    head = _scan(path, _unpacked(path, target) if gzipped else _chunks(target))
    delimiter, header = _header(path, head)
    return TextFile(path, file_digest(target), header, delimiter, gzipped)


def _chunks(target: Path) -> Iterator[bytes]:
    with target.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _unpacked(path: Path, target: Path) -> Iterator[bytes]:
    allowed = target.stat().st_size * GZIP_RATIO_MAX + CHUNK_BYTES
    try:
        with gzip.open(target, "rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                allowed -= len(chunk)
                if allowed < 0:
                    raise fault(path, f"unpacks to more than {GZIP_RATIO_MAX} times its size", "Unpack it yourself.")
                yield chunk
    except (OSError, EOFError, zlib.error):
        raise fault(path, "damaged or cut off: not a complete gz file", f"{EXPORT_AGAIN}.") from None


def _scan(path: Path, chunks: Iterator[bytes]) -> str:
    """The start of the text, once all of it has proved to be UTF-8 without NUL."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    head, lines = "", 1
    for number, chunk in enumerate(chunks):
        if number == 0:
            _refuse_foreign(path, chunk)
        nul = chunk.find(b"\0")
        if nul >= 0:
            line = lines + _breaks(chunk[:nul])
            raise fault(path, "a NUL byte: the file is damaged or not text", f"{EXPORT_AGAIN} as CSV (UTF-8).", line)
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            carried = len(error.object) - len(chunk)
            _not_utf8(path, lines + _breaks(chunk[: max(0, error.start - carried)]))
        lines += _breaks(chunk)
        head = text if number == 0 else head
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        _not_utf8(path, lines)
    if not head.strip("\ufeff \t\r\n"):
        raise fault(path, "the file is empty", f"{EXPORT_AGAIN}; even an export without rows has a header line.")
    return head.removeprefix("\ufeff")


def _breaks(chunk: bytes) -> int:
    """Line ends in a chunk. Old Mac files end lines in CR alone."""
    return chunk.count(b"\n") or chunk.count(b"\r")


def _not_utf8(path: Path, line: int) -> NoReturn:
    raise fault(path, "not UTF-8", f"{EXPORT_AGAIN} and choose CSV (UTF-8).", line) from None


def _refuse_foreign(path: Path, chunk: bytes) -> None:
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise fault(path, "the file is UTF-16, not UTF-8", f"{EXPORT_AGAIN} and choose CSV (UTF-8).", 1)
    if chunk.startswith(b"PK\x03\x04"):
        raise fault(path, "an Excel workbook or an archive, not text", f"{EXPORT_AGAIN} as CSV (UTF-8).")


def _header(path: Path, head: str) -> tuple[str, tuple[str, ...]]:
    first_line = head.splitlines()[0] if head else ""
    if not first_line.strip():
        raise fault(path, "the header line is blank", "Remove what stands above the column names.", 1)
    delimiter = _delimiter(first_line)
    try:
        record = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise fault(path, "a quote in the header is not closed, or more follows it", f"{EXPORT_AGAIN}.", 1) from None
    header = tuple(name.strip() for name in record)
    check_header(path, header)
    return delimiter, header


def _delimiter(first_line: str) -> str:
    """The candidate that stands most often outside quotes; a header of one column has none, and comma serves."""
    unquoted = "".join(first_line.split('"')[::2])
    return max(DELIMITERS, key=unquoted.count)


def check_header(path: Path, header: tuple[str, ...]) -> None:
    """Refuse headers under which a column could be mistaken for another.

    Raises:
        SourceError: names the column by its name or number.
    """
    fix = "Give every column a name of its own in line 1."
    if len(header) > COLUMNS_MAX:
        raise fault(path, f"{len(header):,} columns, more than {COLUMNS_MAX:,}", "Export fewer columns.", 1)
    seen: dict[str, int] = {}
    for number, name in enumerate(header, start=1):
        if not name:
            raise fault(path, f"column {number} has no name", fix, 1)
        before = seen.setdefault(name.casefold(), number)
        if before != number:
            raise fault(path, f"columns {before} and {number} are both called {name!r}", fix, 1)
    if RESERVED in seen:
        raise fault(path, f"the column name {RESERVED!r} is reserved", "Rename that column.", 1)
