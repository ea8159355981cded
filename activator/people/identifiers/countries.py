"""Country words to ISO 3166-1 alpha-2, and North American states to their postal abbreviations.

Names come from the `pycountry` tables (ISO 3166-1 and 3166-2, with the iso-codes translations), plus what people and
shops write instead. Looked up by letters alone, without accents and case, so "U.S.A." and "usa" are one word.
"""

import functools
import gettext
import unicodedata
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from activator.people.identifiers.text import PLACEHOLDERS

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "hu", "ro", "tr", "el", "ru", "ja", "zh_CN", "ko")  # fmt: skip # noqa: E501
ALIASES = {
    "US": "america|united states of america|u s of a|usa|vereinigte staaten von amerika|etats unis d amerique|eeuu",
    "GB": "uk|great britain|britain|england|scotland|wales|northern ireland|großbritannien|grande bretagne",
    "NL": "holland|the netherlands", "CZ": "czech republic|tschechien", "KR": "south korea|korea|südkorea",
    "KP": "north korea", "RU": "russia", "TW": "taiwan", "VN": "vietnam", "IR": "iran", "SY": "syria", "TR": "turkey",
    "BO": "bolivia", "VE": "venezuela", "TZ": "tanzania", "MD": "moldova", "LA": "laos", "BN": "brunei",
    "MK": "macedonia|north macedonia", "CI": "ivory coast", "CV": "cape verde", "SZ": "swaziland", "MM": "burma",
    "PS": "palestine", "VA": "vatican|vatican city", "HK": "hong kong", "MO": "macau|macao", "AE": "uae|emirates",
    "IE": "republic of ireland|eire", "CN": "prc|mainland china", "CD": "dr congo", "GR": "hellas",
    "CH": "schweiz|suisse|svizzera|switzerland", "BY": "belarus|weißrussland", "DE": "brd|federal republic of germany",
}  # fmt: skip
# What people say for short, in other languages, where the translated tables have the official name only.
SHORT_NAMES = {
    "US": "the united states|the united states of america|eua|förenta staterna|сша|アメリカ|アメリカ合衆国",
    "GB": "angleterre|inglaterra|inghilterra|engeland|iso britannia|великобритания|англия|イギリス",
    "RU": "россия|russland|russie|rusia|rusland|rosja|ryssland|rússia|rusko|venäjä", "HK": "hong kong sar",
    "MO": "macau sar|macao sar", "NL": "holanda|hollande|olanda|holandia", "TW": "台灣|台湾",
    "CZ": "república checa|repubblica ceca|république tchèque|česká republika|tschechische republik",
    "KR": "corée du sud|corea del sur|corea del sud|coreia do sul|zuid korea|korea południowa|한국|韓国|韩国",
    "BO": "bolivien|bolivie", "TZ": "tansania", "MD": "moldawien|moldau", "MK": "mazedonien|nordmazedonien",
    "SY": "syrien|syrie|siria", "CI": "elfenbeinküste", "PS": "palästina|palestina", "BY": "biélorussie|bielorrusia",
    "VA": "vatikan|vaticano", "CD": "dr kongo|democratic republic of the congo",
}  # fmt: skip
_NO_COUNTRY = pa.array(sorted(PLACEHOLDERS - {"na"}))


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if letter.isalpha())


@functools.cache
def alpha2_codes() -> tuple[str, ...]:
    """Every assigned ISO 3166-1 alpha-2 code, upper case."""
    return tuple(sorted(country.alpha_2 for country in pycountry.countries))


@functools.cache
def _country_words() -> dict[str, str]:
    """Word -> code. English and the codes win; a word two languages use for different countries is dropped."""
    words: dict[str, str] = {}
    for code, names in (*ALIASES.items(), *SHORT_NAMES.items()):
        words |= {_letters(name): code for name in names.split("|") if name}
    for country in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            for name in _both_ways(getattr(country, attribute, "")):
                words.setdefault(_letters(name), country.alpha_2)
    translated: dict[str, set[str]] = {}
    for language in LANGUAGES:
        catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            for name in _both_ways(catalogue.gettext(country.name)):
                translated.setdefault(_letters(name), set()).add(country.alpha_2)
    for word, codes in translated.items():
        if len(codes) == 1:
            words.setdefault(word, next(iter(codes)))
    words.pop("", None)
    return words


def _both_ways(name: str) -> tuple[str, ...]:
    """`Korea, Republic of` is also `Republic of Korea`."""
    head, comma, tail = name.partition(", ")
    return (name, f"{tail} {head}") if comma else (name,)


def _subdivisions(country: str) -> list[Any]:
    return [part for part in pycountry.subdivisions if part.country_code == country]


def _said_in_full(state: str) -> tuple[str, ...]:
    """State of New York, New York State."""
    name = _letters(state)
    return (f"stateof{name}", f"commonwealthof{name}", f"{name}state")


@functools.cache
def _states() -> dict[str, str]:
    """`US:texas` -> `tx`; likewise for Canada. Without a country the key is `:texas`; no name is in both."""
    states: dict[str, str] = {}
    for country in ("US", "CA"):
        for part in _subdivisions(country):
            code = part.code.removeprefix(f"{country}-").lower()
            for word in (_letters(part.name), code, country.lower() + code):
                states[f"{country}:{word}"] = code
            states[f":{_letters(part.name)}"] = code
            states |= {f"US:{word}": code for word in _said_in_full(part.name) if country == "US"}
    states |= {f"US:{code}": code for code in ("aa", "ae", "ap")}  # armed forces: United States Postal Service
    states |= {f"{country}:{word}": "dc" for country in ("US", "") for word in ("washingtondc", "dc")}
    return states


@functools.cache
def _arrow_table(which: str) -> tuple[pa.Array, pa.Array]:
    words = _country_words() if which == "countries" else _states()
    return pa.array(words.keys(), pa.string()), pa.array(words.values(), pa.string())


def _looked_up(words: pa.Array, which: str) -> pa.Array:
    """The codes, "" where there is none: the engine takes no NULL from a function."""
    keys, codes = _arrow_table(which)
    return pc.fill_null(pc.take(codes, pc.index_in(words, value_set=keys)), "")


def _arrow_letters(text: pa.Array) -> pa.Array:
    """Letters alone, without accents, of each distinct text once."""
    distinct = pc.dictionary_encode(text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text)
    return pc.take(_letters_of_each(distinct.dictionary), distinct.indices)


def _letters_of_each(texts: pa.Array) -> pa.Array:
    """Most texts are ASCII, for which one pattern is enough."""
    lowered = pc.utf8_lower(texts)
    letters = pc.replace_substring_regex(lowered, pattern="[^a-z]+", replacement="")
    accented = pc.invert(pc.fill_null(pc.string_is_ascii(lowered), True))
    others = [_letters_of_any_script(other) for other in pc.filter(lowered, accented).to_pylist()]
    return pc.replace_with_mask(letters, accented, pa.array(others, pa.string())) if others else letters


@functools.lru_cache(maxsize=1 << 14)
def _letters_of_any_script(lowered: str) -> str:
    """In Python: the engine would build the tables of all scripts' letters anew for every few rows."""
    marked = "".join(letter for letter in lowered if unicodedata.category(letter)[0] in "LM")
    return "".join(letter for letter in unicodedata.normalize("NFKD", marked) if letter.isalpha())


def _country_codes(words: pa.Array) -> pa.Array:
    bare = pc.replace_substring_regex(pc.utf8_lower(words), pattern="[\\s\"'()<>\\[\\]]+", replacement="")
    letters = _arrow_letters(words)
    not_namibia = pc.and_(pc.equal(letters, "na"), pc.not_equal(bare, "na"))  # by letters alone, "n/a" would be
    nothing = pc.or_(pc.is_in(bare, value_set=_NO_COUNTRY), not_namibia)
    return pc.if_else(nothing, "", _looked_up(letters, "countries"))


def _state_codes(states: pa.Array, countries: pa.Array, otherwise: pa.Array) -> pa.Array:
    codes = _looked_up(pc.binary_join_element_wise(countries, _arrow_letters(states), ":"), "states")
    return pc.if_else(pc.equal(codes, ""), otherwise, codes)


_country_of_word = ibis.udf.scalar.pyarrow(_country_codes, signature=(("string",), "string"))
_state_code = ibis.udf.scalar.pyarrow(_state_codes, signature=(("string", "string", "string"), "string"))


def is_code(country: ir.StringValue) -> ir.BooleanValue:
    """Whether a text is an assigned ISO 3166-1 alpha-2 code in upper case. Spares most rows the look-up."""
    return country.re_search("^(?:" + "|".join(alpha2_codes()) + ")$")


def iso2(country: ir.StringValue) -> ir.StringValue:
    """ISO 3166-1 alpha-2 in upper case for a code or a name in any of LANGUAGES, else NULL. One vectorised look-up."""
    return ibis.cases((is_code(country), country), else_=_country_of_word(country)).nullif("")


def state_code(state: ir.StringValue, country: ir.StringValue, otherwise: ir.StringValue) -> ir.StringValue:
    """Postal abbreviation of a US or Canadian state, else otherwise; country is US, CA, or "" where it is not known."""
    return _state_code(state, country, otherwise)


def state_codes(country: str) -> str:
    """A pattern of the abbreviations of a country, US or CA, all in upper or all in lower case."""
    codes = sorted({code for key, code in _states().items() if key == f"{country}:{code}"})
    return f"^(?:{'|'.join(spelt for code in codes for spelt in (code.upper(), code))})$"
