"""What most cells hold, told by one look: words of letters that need no thorough cleaning.

The thorough rules compose Unicode and take quotes, titles and much else into account. What is not surely plain is left
to them. A property test holds the short way against the thorough one.
"""

import unicodedata

import ibis.expr.types as ir

from activator.people.identifiers.text import byte_length

# Letters that lower case and composition treat one by one: no marks, no İ, no ſ (an "s" to patterns that ignore case),
# no Greek (a final sigma is another letter).
LETTERS = "A-Za-zÀ-ÖØ-öø-įıĲ-ňŊ-žЀ-ҁҊ-ӿぁ-ゖァ-ヺ一-鿿가-힣"
_BYTES_MAX = 60  # longer ones may be digests, or too long for a rule
_APART = "[ '.-]+"


def _roman() -> str:
    accented = (chr(code) for code in range(0xC0, 0x17F) if chr(code) != "İ")
    parts = ((letter, unicodedata.normalize("NFD", letter)) for letter in accented)
    return "A-Za-z" + "".join(letter for letter, apart in parts if len(apart) > 1 and apart[0].isascii())


ROMAN = _roman()  # letters that are a-z when their marks are taken away


def is_word(value: ir.StringValue, letters: str) -> ir.BooleanValue:
    """Whether a raw value is one word of the letters (a character class). False says nothing."""
    return _shaped(value, f"^[{letters}]+$")


def are_words(value: ir.StringValue, letters: str) -> ir.BooleanValue:
    """Whether a raw value is words of the letters, with blanks, dots, hyphens or apostrophes between them."""
    return _shaped(value, f"^[{letters}]+(?:{_APART}[{letters}]+)*$")


def joined(words: ir.StringValue) -> ir.StringValue:
    """Words written together."""
    return words.re_replace(_APART, "")


def _shaped(value: ir.StringValue, pattern: str) -> ir.BooleanValue:
    return (byte_length(value) < _BYTES_MAX) & value.re_search(pattern)
