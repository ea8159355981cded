"""Where the marks of a CSV text stand, one bit for each byte, so that the processor looks at 64 bytes in one step."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from connectors.crm.stream import FEED, RETURN

QUOTE = ord('"')
WORD_BITS = 64
_WORD = np.dtype("<u8")  # so that bit 0 of the first word is the first byte on every machine
_ONE, _LAST = np.uint64(1), np.uint64(WORD_BITS - 1)

Bits = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a text that begins between two records.

    quotes, feeds, returns: every one of them; opened: from each quote that opens to the byte before the one that closes
    it; delimiters: those outside of quotes.
    """

    quotes: Bits
    opened: Bits
    delimiters: Bits
    feeds: Bits
    returns: Bits

    def up_to(self, size: int) -> "Marks":
        """Those of the first bytes."""
        return Marks(*(_cut(getattr(self, field.name), size) for field in fields(self)))

    def fill_their_fields(self) -> bool:
        """Whether quotes open after a delimiter or line end and close before one, or are doubled."""
        if not self.quotes.any():
            return True
        marks = self.quotes | self.delimiters | self.feeds | self.returns
        before = one_later(marks)
        before[:1] |= _ONE  # a record ends before the first byte
        opening, closing = self.quotes & self.opened, self.quotes & ~self.opened
        return not (opening & ~before).any() and not (closing & ~_one_earlier(marks)).any()

    def lines(self) -> int:
        """Line ends of every kind, also in cells: LF, CR LF, and CR alone."""
        return _count(self.feeds) + _count(self.returns & ~_one_earlier(self.feeds))


def marks_of(text: bytes, delimiter: int) -> Marks:
    """The marks of a text. delimiter: its code."""
    array = np.frombuffer(text, np.uint8)
    quotes, feeds = _bits(array == QUOTE), _bits(array == FEED)
    opened = _from_odd_to_even(quotes) if quotes.any() else quotes
    returns = _bits(array == RETURN) if b"\r" in text else np.zeros_like(feeds)
    return Marks(quotes, opened, _bits(array == delimiter) & ~opened, feeds, returns)


def places(bits: Bits) -> Places:
    """The bytes whose bit is set."""
    words = np.flatnonzero(bits)  # of a text most words have none
    found = np.flatnonzero(np.unpackbits(bits[words].view(np.uint8), bitorder="little").view(np.bool_))
    return words[found // WORD_BITS] * WORD_BITS + found % WORD_BITS


def counts_before(bits: Bits, at: Places) -> npt.NDArray[np.int64]:
    """How many bits are set before each of some bytes."""
    word, bit = at // WORD_BITS, (at % WORD_BITS).astype(np.uint64)
    each = np.bitwise_count(bits).astype(np.int64)
    whole = np.cumsum(each) - each
    counted: npt.NDArray[np.int64] = whole[word] + np.bitwise_count(bits[word] & ((_ONE << bit) - _ONE))
    return counted


def one_later(bits: Bits) -> Bits:
    """Each bit at the byte after its own."""
    moved = bits << _ONE
    moved[1:] |= bits[:-1] >> _LAST
    return moved


def _one_earlier(bits: Bits) -> Bits:
    moved = bits >> _ONE
    moved[:-1] |= bits[1:] << _LAST
    return moved


def _count(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def _bits(found: npt.NDArray[np.bool_]) -> Bits:
    packed = np.packbits(found, bitorder="little")
    words = np.zeros(-(-len(found) // WORD_BITS), _WORD)
    words.view(np.uint8)[: len(packed)] = packed
    return words


def _from_odd_to_even(bits: Bits) -> Bits:
    """From the first, the third and every further odd bit that is set to the one before the next."""
    for step in (1, 2, 4, 8, 16, 32):
        bits = bits ^ (bits << np.uint64(step))
    carried = np.bitwise_xor.accumulate(bits >> _LAST)[:-1]
    bits[1:] ^= np.uint64(0) - carried
    return bits


def _cut(bits: Bits, size: int) -> Bits:
    kept = bits[: -(-size // WORD_BITS)].copy()
    if size % WORD_BITS:
        kept[-1] &= np.uint64((1 << size % WORD_BITS) - 1)
    return kept
