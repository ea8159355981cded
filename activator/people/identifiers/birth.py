"""Parts of a date of birth, Meta only.

https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): YYYY from 1900,
MM and DD with a leading zero.
"""

import ibis
import ibis.expr.types as ir

from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.text import clean, kept, unquoted, without_decimal_zero

_YEAR = r"^(?:19|20)\d\d$"


def meta_year(value: ir.StringValue) -> ir.StringValue:
    """1900 to 2099; that nobody is born after today is checked where today is known."""
    plain = value.re_search(_YEAR)
    return ibis.cases((plain, value), else_=digest_of(value).coalesce(kept(_whole(value), _YEAR))).nullif("")


def until(year: ir.StringValue, newest_year: int) -> ir.StringValue:
    """The year, or NULL where it is still to come. A digest is taken as it is."""
    return ibis.cases(((year.length() == 4) & (year > str(newest_year)), ibis.null("string")), else_=year)


def meta_month(value: ir.StringValue) -> ir.StringValue:
    """01 to 12."""
    return digest_of(value).coalesce(_two_digits(value, r"^(?:0?[1-9]|1[0-2])$"))


def meta_day(value: ir.StringValue) -> ir.StringValue:
    """01 to 31."""
    return digest_of(value).coalesce(_two_digits(value, r"^(?:0?[1-9]|[12]\d|3[01])$"))


def _two_digits(value: ir.StringValue, pattern: str) -> ir.StringValue:
    return kept(_whole(value), pattern).re_replace(r"^(\d)$", r"0\1").nullif("")


def _whole(value: ir.StringValue) -> ir.StringValue:
    return without_decimal_zero(unquoted(clean(value)))
