"""City, state and country.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): alpha-2 region code,
not hashed. Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash
(2026-11): city a-z only; state two letters in the US, elsewhere the full name without punctuation, special characters
and spaces; country alpha-2 in lower case.
"""

import ibis
import ibis.expr.types as ir

from activator.model.identity import IdentifierRules, Letters, State
from activator.people.identifiers import headers
from activator.people.identifiers.countries import alpha2_codes, is_code, iso2, state_code, state_codes
from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.plain import ROMAN, are_words, joined
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
)

# Latin letters that decompose into nothing; transliterated one for one, or one for two.
_SINGLE = ("øłđðıħŧŋ", "oldd" + "ihtn")
_DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"}
NO_CITY = (*headers.spelt(headers.CITY), AN_ADDRESS, *ANY_DIGEST)
NO_STATE = (*headers.spelt(headers.STATE), AN_ADDRESS, *ANY_DIGEST)

# Whose states are abbreviated. Where the country is not known, a name that only one of them has is.
_ABBREVIATED = {State.US_AND_CANADA: ("US", "CA"), State.US: ("US",), State.NOBODY: ()}


def google_region_code(value: ir.StringValue) -> ir.StringValue:
    """An assigned alpha-2 code, upper case. Words are refused here: the pipeline asks `iso2` first."""
    return extracted(clean(value).upper(), one_of(alpha2_codes()))


def meta_country(value: ir.StringValue) -> ir.StringValue:
    """Alpha-2 in lower case, from a code or a name."""
    return ibis.cases((is_code(value), value.lower()), else_=digest_of(value).coalesce(iso2(clean(value)).lower()))


def meta_city(value: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    """Letters a-z. Accents are transliterated; a city in another script is not sent, unless the rules keep letters."""
    letters = _letters(cleared(folded(value), *NO_CITY), rules.meta_place_letters)
    plain = [(are_words(value, ROMAN), _plain_letters(value, *NO_CITY))] if _transliterates(rules) else []
    return _first(*plain, else_=digest_of(value).coalesce(letters))


def meta_state(value: ir.StringValue, country: ir.StringValue | None, rules: IdentifierRules) -> ir.StringValue:
    """US and Canada: two letters. Elsewhere, and where the country is unknown, the letters of the full name."""
    name = cleared(folded(value), *NO_STATE)
    letters = _letters(name, rules.meta_place_letters)
    abbreviating = _ABBREVIATED[rules.meta_state_letters]
    if not abbreviating:
        written = letters
    else:
        code = ibis.literal("") if country is None else iso2(country).fill_null("")
        said = code if "CA" in abbreviating else ibis.literal("US")
        known = state_code(name, said, ibis.cases((code == "US", ""), else_=letters))
        written = ibis.cases((code.isin((*abbreviating, "")), known), else_=letters)
    plain = [(value.fill_null("") == "", ibis.literal(""))]
    if country is not None:
        plain += [((country == code) & value.re_search(state_codes(code)), value.lower()) for code in abbreviating]
        if _transliterates(rules):
            elsewhere = is_code(country) & country.notin(abbreviating) & are_words(value, ROMAN)
            plain.append((elsewhere, _plain_letters(value, *NO_STATE)))
    return _first(*plain, else_=digest_of(value).coalesce(written))


def _first(*plain: tuple[ir.BooleanValue, ir.StringValue], else_: ir.StringValue) -> ir.StringValue:
    """What the first condition that holds says of a plain value, else what the thorough rule says; NULL for ""."""
    return (ibis.cases(*plain, else_=else_) if plain else else_).nullif("")


def _transliterates(rules: IdentifierRules) -> bool:
    return rules.meta_place_letters is Letters.TRANSLITERATE


def _plain_letters(words: ir.StringValue, *nothing: str) -> ir.StringValue:
    """The letters of plain words, "" where they say that there is nothing, also once they are written together."""
    return cleared(joined(strip_accents(cleared(words.lower(), *nothing))), *NO_CITY)


def _letters(text: ir.StringValue, position: Letters) -> ir.StringValue:
    if position is Letters.KEEP:
        letters = kept(nfc(text.re_replace(r"[^\p{L}\p{M}]+", "")), r"^\p{L}.{0,59}$")
    elif position is Letters.DROP:
        letters = kept(text.re_replace("[^a-z]+", ""), "^[a-z]{1,60}$")
    else:
        letters = kept(_transliterated(text).re_replace(r"\P{L}+", ""), "^[a-z]{1,60}$")
    return cleared(letters, *NO_CITY)  # "N / A" has become "na"


def _transliterated(text: ir.StringValue) -> ir.StringValue:
    plain = ibis.cases((text.re_search(f"[{_SINGLE[0]}]"), text.translate(*_SINGLE)), else_=text)
    for letter, pair in _DOUBLE.items():
        plain = plain.replace(letter, pair)
    return strip_accents(plain)
