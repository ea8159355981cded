"""Postal codes.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): not hashed. Meta:
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): lower case without
spaces and dashes, five digits in the US.
"""

import ibis
import ibis.expr.types as ir

from activator.model.identity import IdentifierRules, ZipExtension, ZipSpaces
from activator.people.identifiers.countries import is_code, iso2
from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.text import (
    clean,
    cleared,
    folded,
    kept,
    unquoted,
    without_decimal_zero,
)

_ZIP_PLUS_4 = ("US", "PR", "VI", "GU", "AS", "MP")  # the countries of the United States Postal Service
_LENGTH_MAX = 12  # no postal code has more characters; what has is another column's value

# Plain codes, of which no rule but that of ZIP+4 changes more than case and separators: five digits that are not zero,
# and shapes that cannot be read as American: of Great Britain, Canada, the Netherlands, Poland, or six digits.
_FIVE = r"(?:[1-9]\d{4}|0[1-9]\d{3}|00[1-9]\d\d|000[1-9]\d|0000[1-9])"
_ELSEWHERE = (
    r"[A-Za-z][A-Za-z]?\d[A-Za-z0-9]? ?\d[A-Za-z][A-Za-z]|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"
    r"|[1-9]\d{3} ?[A-Za-z][A-Za-z]|[1-9]\d-\d{3}|[1-9]\d{5,7}"
)


def google_postal_code(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """As written, trimmed; a US code that a spreadsheet has taken the leading zero of gets it back."""
    text = cleared(without_decimal_zero(unquoted(clean(value))).re_replace(" +", " "))
    if country is not None:
        text = ibis.cases((iso2(country).fill_null("").isin(_ZIP_PLUS_4), _with_lost_zero(text)), else_=text)
    shaped = kept(text, r"^[\p{L}\p{N} .-]*\p{N}[\p{L}\p{N} .-]*$")
    plain = value.re_search(rf"^(?:{_FIVE}|{_FIVE}-\d{{4}}|{_ELSEWHERE})$")
    return ibis.cases((plain, value), (_is_whole_four(value, country), value), else_=_not_too_long(shaped)).nullif("")


def meta_zip(value: ir.StringValue, country: ir.StringValue | None, rules: IdentifierRules) -> ir.StringValue:
    """Lower case, letters and digits only; five digits in the US, also where the leading zero was lost.

    Elsewhere nothing is cut off: 01310-100 is a whole Brazilian code. Without a country only what looks like ZIP+4 is.
    """
    text = cleared(without_decimal_zero(folded(value).re_replace("^[\"' .-]+|[\"' .-]+$", "")))
    code = None if country is None else iso2(country).fill_null("")
    if rules.meta_zip_extension is ZipExtension.CUT:
        unlocated = text.re_replace(r"^(\d{5})(?:-|[- ]\d{4})$", r"\1")
        american = _with_lost_zero(text).re_replace(r"^(\d{5})(?:[- ]\d{0,4}|\d{4})$", r"\1")
    else:
        unlocated, american = text, _with_lost_zero(text)
    if code is None:
        written = unlocated
    else:
        written = ibis.cases((code.isin(_ZIP_PLUS_4), american), (code == "", unlocated), else_=text)
    thorough = digest_of(value).coalesce(_not_too_long(_letters(written, rules)))
    return ibis.cases(*_plain(value, country, rules), else_=thorough).nullif("")


def _plain(
    value: ir.StringValue, country: ir.StringValue | None, rules: IdentifierRules
) -> list[tuple[ir.BooleanValue, ir.StringValue]]:
    """Conditions on a raw value, and what Meta is sent where they hold."""
    kept_spaces = rules.meta_zip_spaces is ZipSpaces.KEEP
    elsewhere = value.lower().replace("-", "") if kept_spaces else value.lower().re_replace("[ -]", "")
    plain = [(value.re_search(f"^{_FIVE}$"), value), (_is_whole_four(value, country), value)]
    if country is not None and rules.meta_zip_extension is ZipExtension.CUT:
        plain.append((country.isin(_ZIP_PLUS_4) & value.re_search(rf"^{_FIVE}-\d{{4}}$"), value.left(5)))
    return [*plain, (value.re_search(f"^(?:{_ELSEWHERE})$"), elsewhere)]


def _is_whole_four(value: ir.StringValue, country: ir.StringValue | None) -> ir.BooleanValue:
    """Whether these are four digits that are a whole code, in a country given by its code. False says nothing."""
    four = value.re_search(r"^[1-9]\d{3}$")
    return four if country is None else four & is_code(country) & country.notin(_ZIP_PLUS_4)


def _with_lost_zero(text: ir.StringValue) -> ir.StringValue:
    """No US code has fewer than five digits: 2139 is Cambridge, Massachusetts, and 601 is Adjuntas, Puerto Rico."""
    return text.re_replace(r"^(\d{3})(-\d{0,4})?$", r"0\1\2").re_replace(r"^(\d{4})(-\d{0,4})?$", r"0\1\2")


def _not_too_long(text: ir.StringValue) -> ir.StringValue:
    return kept(text, f"^.{{1,{_LENGTH_MAX}}}$")


def _letters(text: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    if rules.meta_zip_spaces is ZipSpaces.KEEP:
        plain = text.re_replace(r"[.-]+", "").re_replace(r"\s+", " ").strip()
    else:
        plain = text.re_replace(r"[\s.-]+", "")
    return kept(plain, r"^[a-z0-9 ]*[0-9][a-z0-9 ]*$").re_replace("^[0 ]+$", "")
