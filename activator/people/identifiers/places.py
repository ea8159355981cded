"""City, state, postal code and country.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): alpha-2 region code and
postal code, neither hashed. Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash
(2026-11): city a-z only; state two letters in the US, elsewhere the full name without punctuation, special characters
and spaces; ZIP lower case without spaces and dashes, five digits in the US; country alpha-2 in lower case.
"""

import ibis
import ibis.expr.types as ir

from activator.people.identifiers.countries import alpha2_codes, iso2, state_code
from activator.people.identifiers.text import (
    clean,
    extracted,
    folded,
    known,
    one_of,
    strip_accents,
    without_decimal_zero,
)

# Latin letters that decompose into nothing; transliterated one for one, or one for two.
_SINGLE = ("øłđðıħŧŋ", "oldd" + "ihtn")
_DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"}
_CITY_HEADERS = ("city", "town", "ort", "stadt", "ville", "none", "unknown")
_STATE_HEADERS = ("state", "province", "region", "bundesland", "county")
_ZIP_HEADERS = ("zip", "zipcode", "zip code", "postal code", "postcode", "plz", "0", "00000")

_ZIP_PLUS_4 = ("US", "PR", "VI", "GU", "AS", "MP")  # the countries of the United States Postal Service


def google_region_code(value: ir.StringValue) -> ir.StringValue:
    """An assigned alpha-2 code, upper case. Words are refused here: the pipeline asks `iso2` first."""
    return extracted(clean(value).upper(), one_of(alpha2_codes()))


def google_postal_code(value: ir.StringValue) -> ir.StringValue:
    """As written, trimmed."""
    text = known(without_decimal_zero(clean(value)), *_ZIP_HEADERS)
    return extracted(text, r"^[\p{L}\p{N} .-]*\p{N}[\p{L}\p{N} .-]*$")


def meta_country(value: ir.StringValue) -> ir.StringValue:
    """Alpha-2 in lower case, from a code or a name."""
    return iso2(clean(value)).lower()


def meta_city(value: ir.StringValue) -> ir.StringValue:
    """Letters a-z. Accents are transliterated; a city in another script is not sent."""
    return _latin_letters(known(folded(value), *_CITY_HEADERS))


def meta_state(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """US and Canada: two letters. Elsewhere, and where the country is unknown, the letters of the full name."""
    name = known(folded(value), *_STATE_HEADERS)
    code = ibis.literal("") if country is None else iso2(country).fill_null("")
    american = ibis.cases((code.isin(["US", "CA", ""]), state_code(name, code)), else_=ibis.null("string"))
    letters = ibis.cases((code == "US", ibis.null("string")), else_=_latin_letters(name))
    return ibis.coalesce(american, letters)


def meta_zip(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """Lower case, letters and digits only; five digits in the US.

    Elsewhere nothing is cut off: 01310-100 is a whole Brazilian code. Without a country only what looks like ZIP+4 is.
    """
    text = known(without_decimal_zero(folded(value)), *_ZIP_HEADERS)
    unlocated = text.re_replace(r"^(\d{5})(?:-|[- ]\d{4})$", r"\1")
    if country is None:
        return _postal_letters(unlocated)
    code = iso2(country).fill_null("")
    american = text.re_replace(r"^(\d{5})(?:[- ]\d{0,4}|\d{4})$", r"\1")
    return _postal_letters(ibis.cases((code.isin(_ZIP_PLUS_4), american), (code == "", unlocated), else_=text))


def _postal_letters(text: ir.StringValue) -> ir.StringValue:
    """No postal code has more than a dozen characters; what has is another column's value."""
    return extracted(extracted(text.re_replace(r"[\s.-]+", ""), r"^[a-z0-9]*[0-9][a-z0-9]*$"), r"^.{1,12}$")


def _latin_letters(text: ir.StringValue) -> ir.StringValue:
    text = text.re_replace(r"^[0-9a-f]{32,}$", "")  # a digest has letters but is no place
    plain = ibis.cases((text.re_search(f"[{_SINGLE[0]}]"), text.translate(*_SINGLE)), else_=text)
    for letter, pair in _DOUBLE.items():
        plain = plain.replace(letter, pair)
    letters = strip_accents(plain).re_replace(r"\P{L}+", "")
    return known(extracted(letters, r"^[a-z]{1,60}$"))  # "N / A" has become "na"
