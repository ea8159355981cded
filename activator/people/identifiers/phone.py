"""Phone numbers to E.164, by `phonenumbers` (Google's libphonenumber), never by guessing a country.

Both platforms want the country code (https://developers.google.com/data-manager/api/devguides/concepts/formatting and
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash, 2026-11); Meta without "+".
"""

import re
import unicodedata
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir
import phonenumbers
import pyarrow as pa
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

from activator.people.identifiers.countries import iso2
from activator.people.identifiers.hashing import EMPTY_DIGESTS
from activator.people.identifiers.phone_fast import Stage, decided
from activator.people.identifiers.phone_plans import (
    BARE_INTERNATIONAL_DIGITS_MIN,
    EXTENSIONS,
    LABELS,
    LABELS_BEHIND,
    has_country_code,
)

_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_WHOLE = re.compile(r"(\+?\d{6,})[.,]0+")
_LABEL = re.compile(rf"^(?:{LABELS})\s*\.?:?\s*", re.IGNORECASE)
_LABEL_BEHIND = re.compile(rf"\s*\(?\b(?:{LABELS}|{LABELS_BEHIND})\.?\)?$", re.IGNORECASE)
_EXTENSION = re.compile(rf"\s*(?:;ext=|,?\s*(?:{EXTENSIONS})\s*[.:]?)\s*\d{{1,7}}$", re.IGNORECASE)
_ODD = re.compile(r"[^\d\s()./+\-–—‐‑‒―−·\u2009]")  # letters, separators of two numbers, anything else
_INTERNATIONAL_DIGITS_MIN = 8
_QUOTES = "\"'=` "  # a spreadsheet's way of keeping a number text: '+4915123456789, ="+4915123456789"
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
# Typed to get past a form: 1234567890 and its kin; one repeated digit is caught by counting.
_FILLERS = frozenset({"1234567890", "0123456789", "123456789", "12345678", "1234567", "9876543210", "0987654321"})
FILLER_PATTERNS = (*(f"{digit}+" for digit in "0123456789"), *sorted(_FILLERS))


def e164(text: str, country: str) -> str | None:
    """`+` and digits, or None where no number can be known for certain.

    Args:
        text: as exported.
        country: ISO 3166-1 alpha-2 of the row or of the project, or "" where neither says one.
    """
    text = unicodedata.normalize("NFKC", text).strip().strip(_QUOTES)
    if _DIGEST.fullmatch(text):
        return None if text.lower() in EMPTY_DIGESTS else text.lower()
    plain = _plain(text)
    if plain is None:
        return None
    digits, international = plain
    if _is_filler(digits):
        return None
    number = _international(digits) if international else _national(digits, country)
    if number is None and text.startswith("00"):
        number = _dialled(text, country)
    if number is None or _is_typed_filler(number, digits):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _plain(text: str) -> tuple[str, bool] | None:
    """Digits, and whether they were written with their country code; None where the text is not one number."""
    if _SCIENTIFIC.fullmatch(text):
        return None  # a spreadsheet has cut the digits off
    if not text.isascii():
        visible = (letter for letter in text if unicodedata.category(letter) != "Cf")
        text = "".join(str(unicodedata.decimal(letter, letter)) for letter in visible)
    whole = _WHOLE.fullmatch(text)
    text = whole.group(1) if whole else _EXTENSION.sub("", _LABEL_BEHIND.sub("", _LABEL.sub("", text)))
    if _ODD.search(text) or text.find("+", 1) > 1 or text.count("+") > 1:
        return None
    digits = re.sub(r"\D", "", text)
    international = "+" in text or digits.startswith("00")
    if international:
        digits = re.sub(r"\D", "", _TRUNK_ZERO.sub("", text)).lstrip("0")
    return (digits, international) if 6 <= len(digits) <= 20 else None


def _is_filler(digits: str) -> bool:
    return len(set(digits)) == 1 or digits in _FILLERS


def _is_typed_filler(number: PhoneNumber, digits: str) -> bool:
    """Whether the national number is a filler. +33 1 23 45 67 89 exists, and nobody invents a country code."""
    national = phonenumbers.national_significant_number(number)
    coded = digits.endswith(f"{number.country_code}{national}") and phonenumbers.is_valid_number(number)
    return len(set(national)) == 1 or (national in _FILLERS and not coded)


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _international(digits: str) -> PhoneNumber | None:
    """A number written with "+" or "00": taken when its length is possible, since numbering plans lag behind."""
    number = _parsed(f"+{digits}", None)
    if number is None or len(digits) < _INTERNATIONAL_DIGITS_MIN:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible else None


def _dialled(text: str, country: str) -> PhoneNumber | None:
    """A number behind another prefix for abroad than 00 that begins with 00, as Australia's 0011 and Brazil's 0015."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country) if country else None
    if metadata is None or metadata.international_prefix == "00":
        return None
    number = _parsed(_TRUNK_ZERO.sub("", text), country)
    return number if number and phonenumbers.is_valid_number(number) else None


def _national(digits: str, country: str) -> PhoneNumber | None:
    if country:
        coded = has_country_code(digits, country)
        number = _parsed(f"+{digits}", None) if coded else None
        if number and phonenumbers.is_valid_number(number):
            return number
        number = _parsed(digits, country)
        if number and phonenumbers.is_valid_number(number):
            return number
    long_enough = len(digits) >= BARE_INTERNATIONAL_DIGITS_MIN and digits[0] != "0"
    bare = _parsed(f"+{digits}", None) if long_enough else None
    if bare and phonenumbers.is_valid_number(bare):
        return bare
    return _north_american(digits, country)


def _north_american(digits: str, country: str) -> PhoneNumber | None:
    """1 and ten digits in a country whose code is 1: written with its country code, so only its length must fit.

    Meta's published examples 01(650)123-4567 and 15559876543 are such numbers: unassigned, and accepted. The second
    is published without a country; area code 555 is the only one taken so, since it is nobody's.
    """
    digits = digits.lstrip("0")
    if not country:
        return _international(digits) if re.fullmatch(r"1555[2-9]\d{6}", digits) else None
    with_code = phonenumbers.country_code_for_region(country) == 1 and re.fullmatch(r"1[2-9]\d{9}", digits)
    return _international(digits) if with_code else None


def _e164_column(texts: pa.Array, countries: pa.Array) -> pa.Array:
    """`e164` over a column, "" for None: the engine takes no NULL. The pipeline calls it on distinct pairs only."""
    pairs = zip(texts.to_pylist(), countries.to_pylist(), strict=True)
    return pa.array([e164(number, region) or "" for number, region in pairs], pa.string())


_TWO_DIGITS = r"\p{Nd}.*\p{Nd}"  # values with fewer never reach the parser
_e164 = ibis.udf.scalar.pyarrow(_e164_column, signature=(("string", "string"), "string"))


def settled(stage: Stage, numbers: ir.Table, regions: Iterable[str]) -> ir.Table:
    """`numbers` with e164, "" for none: what patterns cannot decide goes to the parser.

    numbers has phone, region and code; see `phone_fast.decided`.
    """
    known = decided(stage, numbers, regions, FILLER_PATTERNS)
    unclear = known.quick.isnull() & known.phone.re_search(_TWO_DIGITS)
    return known.select(
        *numbers.columns, e164=ibis.cases((unclear, _e164(known.phone, known.region)), else_=known.quick)
    )


def google_phone(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """E.164; also the identity of a phone."""
    region = ibis.literal("") if country is None else iso2(country).fill_null("")
    number = ibis.cases((value.re_search(_TWO_DIGITS), _e164(value, region)), else_="")
    return number.nullif("")


def meta_phone(value: ir.StringValue, country: ir.StringValue | None) -> ir.StringValue:
    """E.164 without the plus sign."""
    return google_phone(value, country).replace("+", "")
