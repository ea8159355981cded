"""Parts of a date of birth, Meta only.

https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): YYYY from 1900,
MM and DD with a leading zero.
"""

import ibis.expr.types as ir

from activator.people.identifiers.text import clean, extracted, without_decimal_zero


def meta_year(value: ir.StringValue) -> ir.StringValue:
    """1900 to 2099; that nobody is born after today is checked where today is known."""
    return extracted(without_decimal_zero(clean(value)), r"^(?:19|20)\d\d$")


def meta_month(value: ir.StringValue) -> ir.StringValue:
    """01 to 12."""
    return extracted(without_decimal_zero(clean(value)), r"^(?:0?[1-9]|1[0-2])$").lpad(2, "0")


def meta_day(value: ir.StringValue) -> ir.StringValue:
    """01 to 31."""
    return extracted(without_decimal_zero(clean(value)), r"^(?:0?[1-9]|[12]\d|3[01])$").lpad(2, "0")
