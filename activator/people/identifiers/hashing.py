"""SHA-256 over UTF-8 as lower-case hex, what both platforms take. Nothing is never hashed, nor is a hash."""

import hashlib

import ibis
import ibis.expr.types as ir

from activator.people.identifiers.text import byte_length, one_of

DIGEST = r"^[0-9a-f]{64}$"
# Exports hashed elsewhere may hold digests of nothing; e3b0c442... (the empty string) is the best known of them, and
# zeros are what some tools write instead. Few on purpose: the pattern made of them stands in every rule, and is
# compiled each time a query is planned.
_NOTHING = ("", " ", "null", "NULL", "none", "None", "nan", "NaN", "n/a", "N/A", "undefined")
EMPTY_DIGESTS = frozenset({"0" * 64, *(hashlib.sha256(word.encode()).hexdigest() for word in _NOTHING)})


def is_digest(value: ir.StringValue) -> ir.BooleanValue:
    """Whether a normalised value is a SHA-256 digest that came with the export. The length test spares the pattern."""
    return (byte_length(value) == 64) & value.re_search(DIGEST)


def hashed_once(value: ir.StringValue) -> ir.StringValue:
    """The digest to send for a normalised value: its own, or the one it already is. NULL stays NULL."""
    return ibis.cases((is_digest(value), value), else_=value.hexdigest("sha256"))


def without_empty_digest(value: ir.StringValue) -> ir.StringValue:
    """The value, or "" where it is the digest of nothing."""
    return value.re_replace(one_of(EMPTY_DIGESTS), "")


def digest_of(value: ir.StringValue) -> ir.StringValue:
    """The SHA-256 digest a raw value already is, in lower case; NULL for anything else and for digests of nothing.

    Quotes and invisible characters around it do not matter. Only values long enough are looked at: most are not.
    """
    hexadecimal = value.re_extract(r"^[^0-9A-Za-z]*([0-9a-fA-F]{64})[^0-9A-Za-z]*$", 1).lower()
    return ibis.cases(
        (byte_length(value) >= 64, without_empty_digest(hexadecimal).nullif("")), else_=ibis.null("string")
    )
