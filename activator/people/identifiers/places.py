"""City, state, postal code and country.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): alpha-2 region code and
postal code, neither hashed. Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash
(2026-11): city a-z only; state two letters in the US, elsewhere the full name without punctuation, special characters
and spaces; ZIP lower case without spaces and dashes, five digits in the US; country alpha-2 in lower case.
"""

import ibis
import ibis.expr.types as ir

from activator.model.identity import IdentifierRules, Letters, State, ZipExtension, ZipSpaces
from activator.people.identifiers import headers
from activator.people.identifiers.countries import alpha2_codes, iso2, state_code
from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.text import (
    AN_ADDRESS,
    ANY_DIGEST,
    clean,
    cleared,
    extracted,
    folded,
    kept,
    nfc,
    one_of,
    strip_accents,
    unquoted,
    without_decimal_zero,
)

# Latin letters that decompose into nothing; transliterated one for one, or one for two.
_SINGLE = ("øłđðıħŧŋ", "oldd" + "ihtn")
_DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"}
NO_CITY = (*headers.spelt(headers.CITY), AN_ADDRESS, *ANY_DIGEST)
NO_STATE = (*headers.spelt(headers.STATE), AN_ADDRESS, *ANY_DIGEST)

_ZIP_PLUS_4 = ("US", "PR", "VI", "GU", "AS", "MP")  # the countries of the United States Postal Service


def google_region_code(value: ir.StringValue) -> ir.StringValue:
    """An assigned alpha-2 code, upper case. Words are refused here: the pipeline asks `iso2` first."""
    return extracted(clean(value).upper(), one_of(alpha2_codes()))


def google_postal_code(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """As written, trimmed; a US code that a spreadsheet has taken the leading zero of gets it back."""
    text = cleared(without_decimal_zero(unquoted(clean(value))).re_replace(" +", " "))
    if country is not None:
        text = ibis.cases((iso2(country).fill_null("").isin(_ZIP_PLUS_4), _with_lost_zero(text)), else_=text)
    shaped = kept(text, r"^[\p{L}\p{N} .-]*\p{N}[\p{L}\p{N} .-]*$")
    return extracted(shaped, f"^.{{1,{_POSTAL_LENGTH_MAX}}}$")


def meta_country(value: ir.StringValue) -> ir.StringValue:
    """Alpha-2 in lower case, from a code or a name."""
    return digest_of(value).coalesce(iso2(clean(value)).lower())


def meta_city(value: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    """Letters a-z. Accents are transliterated; a city in another script is not sent, unless the rules keep letters."""
    return digest_of(value).coalesce(_letters(cleared(folded(value), *NO_CITY), rules.meta_place_letters))


def meta_state(value: ir.StringValue, country: ir.StringValue | None, rules: IdentifierRules) -> ir.StringValue:
    """US and Canada: two letters. Elsewhere, and where the country is unknown, the letters of the full name."""
    name = cleared(folded(value), *NO_STATE)
    letters = _letters(name, rules.meta_place_letters)
    if rules.meta_state_letters is State.NOBODY:
        return digest_of(value).coalesce(letters)
    code = ibis.literal("") if country is None else iso2(country).fill_null("")
    if rules.meta_state_letters is State.US:
        abbreviated = ibis.cases(
            (code.isin(["US", ""]), state_code(name, ibis.literal("US"))), else_=ibis.null("string")
        )
    else:
        abbreviated = ibis.cases((code.isin(["US", "CA", ""]), state_code(name, code)), else_=ibis.null("string"))
    elsewhere = ibis.cases((code == "US", ibis.null("string")), else_=letters)
    return ibis.coalesce(digest_of(value), abbreviated, elsewhere)


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
    return digest_of(value).coalesce(_postal_letters(written, rules))


def _with_lost_zero(text: ir.StringValue) -> ir.StringValue:
    """No US code has four digits: 2139 is Cambridge, Massachusetts, 02139, through a spreadsheet."""
    return text.re_replace(r"^(\d{4})(-\d{0,4})?$", r"0\1\2")


_POSTAL_LENGTH_MAX = 12  # no postal code has more characters; what has is another column's value


def _postal_letters(text: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    if rules.meta_zip_spaces is ZipSpaces.KEEP:
        plain = text.re_replace(r"[.-]+", "").re_replace(r"\s+", " ").strip()
    else:
        plain = text.re_replace(r"[\s.-]+", "")
    shaped = kept(plain, r"^[a-z0-9 ]*[0-9][a-z0-9 ]*$").re_replace("^[0 ]+$", "")
    return extracted(shaped, f"^.{{1,{_POSTAL_LENGTH_MAX}}}$")


def _letters(text: ir.StringValue, position: Letters) -> ir.StringValue:
    if position is Letters.KEEP:
        letters = kept(nfc(text.re_replace(r"[^\p{L}\p{M}]+", "")), r"^\p{L}.{0,59}$")
    elif position is Letters.DROP:
        letters = kept(text.re_replace("[^a-z]+", ""), "^[a-z]{1,60}$")
    else:
        letters = kept(_transliterated(text).re_replace(r"\P{L}+", ""), "^[a-z]{1,60}$")
    return cleared(letters, *NO_CITY).nullif("")  # "N / A" has become "na"


def _transliterated(text: ir.StringValue) -> ir.StringValue:
    plain = ibis.cases((text.re_search(f"[{_SINGLE[0]}]"), text.translate(*_SINGLE)), else_=text)
    for letter, pair in _DOUBLE.items():
        plain = plain.replace(letter, pair)
    return strip_accents(plain)
