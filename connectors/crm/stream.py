"""The text of a file as UTF-8 in blocks: unpacked, transcoded and digested on the way, in bounded memory.

The encoding is never guessed: a byte order mark says it, or the project file does, or it is UTF-8.
"""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import numpy as np

from connectors.crm.faults import EXPORT_AGAIN, changed, fault
from connectors.crm.limits import Limits
from connectors.crm.parts import Part

BLOCK_BYTES = 1 << 18  # fits the processor's cache several times; measured best of 64 kB to 512 kB
FEED, RETURN = b"\n\r"
SOME_BYTES = 1 << 20  # a very small gz may unpack to this much, whatever its ratio
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252"}
MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 BE"),
)
CODECS = {"UTF-16 LE": "utf-16-le", "UTF-16 BE": "utf-16-be", "Windows-1252": "cp1252"}
SAY_WINDOWS = "If it is Windows-1252, say so: `encoding: windows-1252` in the source's section; else export as UTF-8."
SAY_NOTHING = "Correct `encoding` in the source's section, or leave it out: a byte order mark speaks for itself."


class _Digesting:
    """A file that is digested as it is read."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._sha256 = hashlib.sha256()

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """The next bytes."""
        block = self._inner.read(size)
        self._sha256.update(block)
        return block

    def hexdigest(self) -> str:
        """SHA-256 of the whole file, also of what nobody asked for."""
        while self.read():
            pass
        return self._sha256.hexdigest()


class TextStream(AbstractContextManager["TextStream"]):
    """One file being read. encoding: how it is written, in words."""

    def __init__(self, part: Part, limits: Limits, encoding: str | None = None) -> None:
        """Open the file. encoding: a key of ENCODINGS, if the project file says one.

        Raises:
            SourceError: the mark at its start contradicts encoding, or it is no text.
        """
        self._part, self._limits = part, limits
        try:
            self._file = part.target.open("rb", buffering=0)
        except OSError:
            raise changed(part.path) from None
        self._digesting = _Digesting(self._file)
        self._bytes = gzip.GzipFile(fileobj=cast("BinaryIO", self._digesting)) if part.gzipped else self._digesting
        self._allowed = min(limits.file_bytes, part.identity[1] * limits.gzip_ratio + SOME_BYTES)
        try:
            self._first = self._block()
            self.encoding = _encoding(part.path, self._first, encoding)
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def transcoded(self) -> bool:
        """Whether the file's bytes are not already UTF-8."""
        return self.encoding in CODECS

    def blocks(self) -> Iterator[bytes]:
        """The text, UTF-8 without a mark. Bytes that were UTF-8 before are passed on unchecked.

        Raises:
            SourceError: a damaged or explosive gz, or bytes that the encoding does not know.
        """
        raw = self._raw_blocks()
        yield from _transcoded(self._part.path, raw, self.encoding) if self.transcoded else raw

    def hexdigest(self) -> str:
        """SHA-256 of the file as it lies on disk; call it after the last block."""
        return self._digesting.hexdigest()

    def _raw_blocks(self) -> Iterator[bytes]:
        mark = next((mark for mark, _, _ in MARKS if self._first.startswith(mark)), b"")
        block = self._first[len(mark) :] or self._block()
        while block:
            yield block
            block = self._block()

    def _block(self) -> bytes:
        try:
            block = self._bytes.read(BLOCK_BYTES)
        except (OSError, EOFError, zlib.error):
            what = "damaged or cut off: not a complete gz file" if self._part.gzipped else "the file cannot be read on"
            raise fault(self._part.path, what, f"{EXPORT_AGAIN}.") from None
        if self._part.gzipped:
            self._allowed -= len(block)
            if self._allowed < 0:
                raise _explodes(self._part.path, self._limits)
        return block


def _explodes(path: Path, limits: Limits) -> Exception:
    return fault(
        path,
        f"unpacks to more than {limits.gzip_ratio} times its size, or {limits.file_bytes:,} bytes",
        "Unpack it yourself, and look at it.",
    )


def _encoding(path: Path, first: bytes, said: str | None) -> str:
    if first.startswith(b"PK\x03\x04"):
        raise fault(path, "an Excel workbook or an archive, not text", f"{EXPORT_AGAIN} as CSV (UTF-8).")
    if first.startswith(b"\x1f\x8b"):
        raise fault(path, "packed with gzip, which its name does not say", "Give it a name that ends in .gz.")
    for mark, name, words in MARKS:
        if first.startswith(mark):
            if said not in (None, name):
                raise fault(path, f"begins with the mark of {words}, but `encoding` says {said}", SAY_NOTHING, 1)
            if name not in ENCODINGS:
                raise fault(path, f"the file is {words}", f"{EXPORT_AGAIN} and choose CSV (UTF-8).", 1)
            return words
    if said == "utf-16":
        raise fault(path, "no byte order mark, but `encoding` says utf-16", f"{SAY_NOTHING} Or {EXPORT_AGAIN}.", 1)
    return ENCODINGS[said or "utf-8"]


def _transcoded(path: Path, blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(CODECS[encoding])()
    line, tail = 1, ""
    for block in _and_the_end(blocks):
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = tail + error.object[: error.start].decode(CODECS[encoding])
            line += line_ends(before.encode())
            column = len(_last_line(before).encode(CODECS[encoding])) + 1
            raise fault(path, f"a character that {encoding} does not know", SAY_NOTHING, line, column) from None
        if text:
            # The last line stays behind to be counted: its end may stand in the next block.
            seen = tail + text
            tail = _last_line(seen)[-SOME_BYTES:]
            line += line_ends(seen.encode()) - line_ends(tail.encode())
            yield text.encode()


def _and_the_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""


def _last_line(text: str) -> str:
    """What follows the last line end that is certain; a CR at the very end may still become CR LF."""
    body = text[:-1] if text.endswith("\r") else text
    return text[max(body.rfind("\n"), body.rfind("\r")) + 1 :]


def line_ends(block: bytes) -> int:
    """Line ends of every kind in a block: LF, CR LF, and CR alone."""
    array = np.frombuffer(block, np.uint8)  # counts several times faster than bytes.count
    feeds = int(np.count_nonzero(array == FEED))
    if b"\r" not in block:
        return feeds
    returns = array == RETURN
    return feeds + int(np.count_nonzero(returns)) - int(np.count_nonzero(returns[:-1] & (array[1:] == FEED)))
