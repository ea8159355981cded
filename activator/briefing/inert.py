"""Foreign text made visible and harmless: names come from files, people and platforms.

A control character could drive a terminal, a bidirectional mark could make a name read backwards, a lone surrogate
could not be written at all. Escaping for a medium (HTML, Slack) is that medium's business.
"""

import unicodedata

# Bidirectional controls (Unicode 16, UAX #9): marks, embeddings, overrides and isolates.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LENGTH_MAX = 300


def visible(text: str, length_max: int = LENGTH_MAX) -> str:
    r"""The text on one line: bidi marks dropped, control and invisible characters shown as \xNN, cut if too long."""
    shown = "".join(_shown(character) for character in text[: length_max + 1] if character not in BIDI)
    return shown if len(text) <= length_max else shown[: length_max - 1] + "…"


def _shown(character: str) -> str:
    # Cc control, Cf format (zero width, tags), Cs surrogate, Zl and Zp separators; the joiners of emoji stay.
    if character == "\u200d" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
