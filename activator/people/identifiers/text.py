"""What every identifier starts from: one spelling of the same text, whatever tool exported it."""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

import ibis
import ibis.expr.types as ir

# What exports write where there is nothing. A digest of any of these matches nobody, and hides that nothing was there.
PLACEHOLDERS = frozenset(
    {
        "nan", "null", "none", "nil", "n/a", "n.a.", "na", "n/d", "#n/a", "#na", "#n/v", "#nv", "#ref!", "#value!",
        "#div/0!", "#name?", "#num!", "#null!", "#wert!", "#bezug!", "#zahl!", "undefined", "unknown", "unspecified",
        "true", "false", "(null)", "[null]", "<null>", "(none)", "(blank)", "(empty)", "(leer)", "not available",
        "not provided", "not set", "not known", "not applicable", "not specified", "no data", "no value", "tbd", "xxx",
        "xxxx", "asdf", "qwerty", "redacted", "anonymized", "anonymised", "unbekannt", "keine angabe", "k.a.", "k. a.",
        "inconnu", "inconnue", "non renseigné", "desconocido", "sconosciuto", "onbekend", "n.v.t.", "desconhecido",
        "nieznany", "okänd", "ukendt", "ukjent", "tuntematon", "неизвестно", "不明", "未知", "없음",
        "-", "--", "---", ".", "..", "...", "?", "??", "???", "/", "_",
    }
)  # fmt: skip
# The same, where no list can hold them all: zeros, a number a spreadsheet has cut off (4.41235E+11), nothing but
# punctuation, and the merge tag of a mailing that was exported instead of its value.
_PATTERNS = (
    r"[+-]?0+(?:[.,]0+)?", r"[+-]?\d+(?:[.,]\d+)?e[+-]\d{1,3}", r"n ?[/.\\] ?a\.?", r"[!-/:-@\[-`{-~ –—…·]+",
    r"\{\{.*\}\}", r"\*\|.*\|\*", r"\$\{.*\}", r"<%.*%>", "%%.*%%", r"\[\[.*\]\]",
)  # fmt: skip
_WRAPPED = "[ \"'`´‘’“”„«»(){}\\[\\]<>|*%]*"

# For fields that are neither: an e-mail address in the wrong column.
AN_ADDRESS = r"[^@ ]+@[^@ ]+\.[^@ ]+"
# Digests the platforms do not take: MD5, SHA-1, SHA-224, SHA-384 and SHA-512 by their hex digits, SHA-256 in base64.
_HEX_OF_OTHER_LENGTH = "[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{24}|[0-9a-f]{64}|[0-9a-f]{96})?"
OTHER_DIGESTS = (_HEX_OF_OTHER_LENGTH, "[0-9a-z+/]{43}=")
ANY_DIGEST = ("[0-9a-f]{32,}", OTHER_DIGESTS[1])

# Format characters (zero-width, bidi, byte order mark, soft hyphen) and variation selectors carry no meaning in an
# identifier. Nor does NUL, at which the engine would cut the text off while composing it.
_INVISIBLE = r"[\p{Cf}\x{00}\x{FE00}-\x{FE0F}]+"
_SPACES = r"[\p{Z}\s\v\x{85}]+"
_FULL_WIDTH = r"[\x{FF01}-\x{FF5E}]"
_GREEK = r"\x{370}-\x{3FF}\x{1F00}-\x{1FFF}\x{300}-\x{36F}"
_FINAL_SIGMA = f"([{_GREEK}])σ([^{_GREEK}]|$)"
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_ASCII = "".join(chr(code) for code in range(0x21, 0x7F))


def _of_engine(name: str, result: str) -> Callable[[ir.StringValue], Any]:
    """A one-argument text function the engine brings and Ibis does not name."""

    def function(text: Any) -> Any:
        raise NotImplementedError

    return cast(
        "Callable[[ir.StringValue], Any]",
        ibis.udf.scalar.builtin(function, name=name, signature=(("string",), result)),
    )


nfc = _of_engine("nfc_normalize", "string")  # canonical composition
strip_accents = _of_engine("strip_accents", "string")  # combining marks removed
byte_length = _of_engine("strlen", "int64")  # of the UTF-8 form; equals the character count when the text is ASCII


def clean(value: ir.StringValue) -> ir.StringValue:
    """Composed (NFC), full-width forms made ASCII, invisible characters gone, spaces plain and trimmed.

    Most values are ASCII and take the short way: this is where the time goes on millions of rows.
    """
    return ibis.cases((byte_length(value) == value.length(), value.strip()), else_=_clean_unicode(value))


def folded(value: ir.StringValue) -> ir.StringValue:
    """`clean`, in lower case."""
    return ibis.cases((byte_length(value) == value.length(), value.strip().lower()), else_=_fold_unicode(value))


def folded_without_spaces(value: ir.StringValue) -> ir.StringValue:
    """`folded`, without any white space, also inside."""
    lowered = ibis.cases((byte_length(value) == value.length(), value.lower()), else_=_fold_unicode(value))
    return lowered.re_replace(r"[\s\v]+", "")


def _fold_unicode(value: ir.StringValue) -> ir.StringValue:
    """Lowered as Unicode says, and so as the platforms' own libraries do: the engine's way with these two differs.

    Composed once more at the end, since lowering can take a letter apart.
    """
    lowered = _clean_unicode(value).replace("İ", "i\u0307").lower()
    return nfc(lowered.re_replace(_FINAL_SIGMA, r"\1ς\2"))


def _clean_unicode(value: ir.StringValue) -> ir.StringValue:
    visible = value.re_replace(_INVISIBLE, "")
    narrow = ibis.cases((visible.re_search(_FULL_WIDTH), visible.translate(_WIDE, _ASCII)), else_=visible)
    return nfc(narrow.re_replace(_SPACES, " ").strip())


def known(value: ir.StringValue, *more: str) -> ir.StringValue:
    """The value, or NULL where it is empty, a placeholder (quoted or bracketed too), or matches one of the patterns."""
    return cleared(value, *more).nullif("")


def cleared(value: ir.StringValue, *more: str) -> ir.StringValue:
    """`known` with "" for NULL, for use inside a rule: the engine writes the operand of every nullif twice.

    One pattern rather than a comparison with a list: the value then stands in the expression once. Expressions that
    repeat their input grow exponentially when they are stacked.
    """
    return value.re_replace(nothing_pattern(*more), "")


@functools.cache
def nothing_pattern(*more: str) -> str:
    """What `known` takes for nothing, as a pattern over the whole value, in lower or upper case."""
    words = sorted(re.escape(word) for word in PLACEHOLDERS)
    return wrapped_pattern(*words, *_PATTERNS, *more)


def wrapped_pattern(*alternatives: str) -> str:
    """Any of some patterns over the whole value, also quoted or bracketed, in lower or upper case."""
    return f"(?i)^{_WRAPPED}(?:{'|'.join(alternatives)}){_WRAPPED}$"


def one_of(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, whole and literally, in lower or upper case."""
    return "(?i)^(?:" + "|".join(sorted(re.escape(word) for word in words)) + ")$"


def extracted(value: ir.StringValue, pattern: str) -> ir.StringValue:
    """What of the value the pattern matches, or NULL where it does not match."""
    return kept(value, pattern).nullif("")


def kept(value: ir.StringValue, pattern: str) -> ir.StringValue:
    """`extracted` with "" for NULL, for use inside a rule."""
    return value.re_extract(pattern, 0)


def unquoted(value: ir.StringValue) -> ir.StringValue:
    """Without the quotes that an export in an export leaves around a value."""
    return value.re_replace("^[\"' ]+|[\"' ]+$", "")


def shown(value: ir.StringValue) -> ir.StringValue:
    """What a spreadsheet shows of a cell: ="02139" is how tools keep a spreadsheet from making a number of 02139."""
    return ibis.cases((value.startswith('="'), value.re_replace(r'^="([^"]*)"\s*$', r"\1")), else_=value)


def without_decimal_zero(value: ir.StringValue) -> ir.StringValue:
    """`60601.0` is a whole number that went through a spreadsheet or a data frame."""
    return value.re_replace(r"^(\d+)\.0+$", r"\1")
