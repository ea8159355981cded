"""Why a value would not be sent: one specific reason for every value `activator identifiers` answers with null.

The rules themselves only say yes or no. Reasons are found afterwards, for single values, and never repeat the value.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import ValidationResult

FILLER_DIGITS = "a placeholder: digits people type to get past a form"
DIGEST_OF_NOTHING = "the digest of nothing or of a placeholder: it matches nobody"
_LENGTH_MAX = 320  # of an e-mail address by RFC 5321, the longest identifier; the patterns below are for short texts
_DIGEST_NAMES = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 96: "SHA-384", 128: "SHA-512"}
_SCIENTIFIC = re.compile(r"[^\w+-]*[+-]?\d+(?:[.,]\d+)?e[+-]?\d{1,3}\W*", re.IGNORECASE)
_ZEROS = re.compile(r"\W*0+(?:[.,]0+)?\W*")
_MERGE_TAG = re.compile(r"\W*(?:\{\{.*\}\}|\*\|.*\|\*|\$\{.*\}|<%.*%>|%%.*%%|\[\[.*\]\])\W*", re.DOTALL)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_MACHINE = re.compile(r"(?:no-?_?reply|do-?_?not-?_?reply|mailer-daemon|postmaster)(?:\+|$)")
_NOT_IN_DOMAIN = re.compile(r"[\x00-,/:-@\[-`{-\x7f]")
_PHONE_WORDS = re.compile(
    r"tel|phone|telephone|telefon|mobile?|handy|cell|fon|tlf|whatsapp|ext.*|x\s*\d+$|#\s*\d+$|durchwahl.*|poste.*",
    re.IGNORECASE,
)
_ODD_SIGN = re.compile(r"[^\w\s()./+\-–—‐‑‒―−·:]")
_BASE64 = re.compile(r"[0-9a-z+/]{43}=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that is not sent. text: cleaned; region: alpha-2 of the country given, "" where there is none.

    placeholder, header: as the rules' own patterns say; country_given: whether a country was named at all;
    newest_year: the last year somebody can be born in.
    """

    platform: str
    field: str
    text: str
    placeholder: bool
    header: bool
    hashed: bool
    region: str
    country_given: bool
    newest_year: int


def reason(value: Refused) -> str:
    """Why the value is not sent; never empty."""
    if len(value.text) > _LENGTH_MAX:
        return f"longer than {_LENGTH_MAX} characters, and not a value of this field"
    return _of_any_field(value) or _OF_FIELD[value.field](value)


def _first(checks: Sequence[tuple[object, str]], otherwise: str = "") -> str:
    """The words of the first check that holds."""
    return next((words for holds, words in checks if holds), otherwise)


def _of_any_field(value: Refused) -> str:
    text = value.text
    return _first(
        (
            (not text, "empty"),
            (_of_digest(value), _of_digest(value)),
            (
                value.field == "MADID" and re.fullmatch("[{]?[0-]+[}]?", text),
                "only zeros: the device's owner has opted out of tracking",
            ),
            (
                _SCIENTIFIC.fullmatch(text),
                "a number that a spreadsheet has cut off (4.4E+11): format the column as text and export again",
            ),
            (_ZEROS.fullmatch(text), "a placeholder: only zeros"),
            (_MERGE_TAG.fullmatch(text), "a placeholder: the merge tag of a mailing instead of its value"),
            (value.header, "a placeholder: the header of a column, not a value"),
            (value.placeholder, "a placeholder for nothing"),
            (
                value.field not in ("email", "EMAIL") and _ADDRESS.fullmatch(text),
                "an e-mail address in another field",
            ),
        )
    )


def _of_digest(value: Refused) -> str:
    bare = value.text.strip("\"' ")
    if _BASE64.fullmatch(bare):
        return "a digest in base64: export SHA-256 as 64 hex digits"
    if not _HEX.fullmatch(bare):
        return ""
    plain_id = value.field in ("EXTERN_ID", "APPUID", "PAGEUID")
    if len(bare) == 64:
        nothing = value.hashed or plain_id
        return DIGEST_OF_NOTHING if nothing else "a SHA-256 digest: this field is sent in plain text"
    if plain_id or len(bare) not in _DIGEST_NAMES:
        return ""
    if value.field == "MADID" and len(bare) == 32:
        return "32 hex digits: an MD5 digest, or an advertising id without its hyphens"
    return f"{len(bare)} hex digits, as {_DIGEST_NAMES[len(bare)]} digests have: both platforms take SHA-256 only"


def _email(value: Refused) -> str:
    text = re.sub(r"\s", "", value.text).lower()
    local, _, domain = text.partition("@")
    return _first(
        (
            ("@" not in text, "not an e-mail address: no @"),
            (text.count("@") > 1, "not one e-mail address: more than one @"),
            (re.fullmatch(r"\.*(?:\+.*)?", local), "not an e-mail address: nothing before the @"),
            (_MACHINE.match(local), "an address of a machine, read by nobody"),
            (
                domain.endswith((".invalid", ".localhost", ".local")),
                "not an address on the internet: its domain is reserved for private use",
            ),
            ("." not in domain.strip("."), "not an e-mail address: its domain has no dot"),
            (
                re.search(r"[,;<>()\[\]\\\":]", text),
                "not one e-mail address: it holds a character that separates or quotes addresses",
            ),
            (not _plausible(domain), "not an e-mail address: its domain cannot exist"),
        ),
        "a placeholder: an address people type to get past a form",
    )


def _plausible(domain: str) -> bool:
    labels = domain.split(".")
    top = labels[-1]
    return all(labels) and not _NOT_IN_DOMAIN.search(domain) and len(top) > 1 and not any(map(str.isdigit, top))


def _phone(value: Refused) -> str:
    text = value.text
    digits = "".join(letter for letter in text if letter.isdigit())
    wordless = _PHONE_WORDS.sub("", text)
    refused = _first(
        (
            (not digits, "not a phone number: no digits"),
            (_is_filler(digits), FILLER_DIGITS),
            (len(digits) < 6, "not a phone number: too few digits"),
            (any(letter.isalpha() for letter in wordless), "not a phone number: it holds letters"),
            (
                len(digits) > 15 or text.count("+") > 1 or _ODD_SIGN.search(wordless),
                "not one phone number: too many digits, signs no number has, or two numbers in one field",
            ),
        )
    )
    if refused:
        return refused
    if "+" in text or digits.startswith("00"):
        return _international(digits.lstrip("0"))
    return _first(
        (
            (value.region, f"not a valid phone number of {value.region}"),
            (
                value.country_given,
                "a national number, and its country is not one that is known: write it with + and country code",
            ),
        ),
        "a national number without a country: write it with + and country code, or give its country",
    )


def _is_filler(digits: str) -> bool:
    return len(digits) > 5 and (len(set(digits)) == 1 or digits in "01234567890" + "9876543210")


def _international(digits: str) -> str:
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return "not a phone number: there is no such country code"
    if _is_filler(str(number.national_number)):
        return FILLER_DIGITS
    short = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.TOO_SHORT
    length = "too short" if short else "of a length its country code does not have, or not written as one"
    return f"not a phone number: {length}"


def _name(value: Refused) -> str:
    if any(letter.isalpha() for letter in value.text):
        return "only a title or a word for nobody in particular"
    return "not a name: no letter in it"


def _gender(_value: Refused) -> str:
    return "neither male nor female in a language that is known: Meta takes nothing else"


def _year(value: Refused) -> str:
    text = re.sub(r"\.0+$", "", value.text)
    if re.fullmatch(r"\d{1,2}", text):
        return "two digits do not say the century: write YYYY"
    if re.fullmatch(r"\d{4}", text):
        return "in the future" if int(text) > value.newest_year else "before 1900"
    if re.search(r"\d\D\d", text):
        return "a whole date: give the year alone, as YYYY"
    return "not a year: write YYYY"


def _month(_value: Refused) -> str:
    return "not a month from 1 to 12"


def _day(_value: Refused) -> str:
    return "not a day from 1 to 31"


def _city(value: Refused) -> str:
    if not any(letter.isalpha() for letter in value.text):
        return "not a city: no letter in it"
    if len(value.text) > 60:
        return "not a city: longer than 60 letters"
    return "a city in a script other than Latin: Meta documents a-z (identity.meta_place_letters: keep sends it)"


def _state(value: Refused) -> str:
    if not any(letter.isalpha() for letter in value.text):
        return "not a state: no letter in it"
    if value.region == "US":
        return "not a state of the United States"
    if len(value.text) > 60:
        return "not a state: longer than 60 letters"
    return "a state in a script other than Latin: Meta documents a-z (identity.meta_place_letters: keep sends it)"


def _postal_code(value: Refused) -> str:
    if not any(letter.isdigit() for letter in value.text):
        return "not a postal code: no digit in it"
    if len(value.text) > 12:
        return "not a postal code: longer than 12 characters"
    return "not a postal code: it holds characters none has"


def _country(_value: Refused) -> str:
    return "not a country: no ISO 3166-1 code, and no country's name in a language that is known"


def _region_code(_value: Refused) -> str:
    return (
        "not an ISO 3166-1 alpha-2 code: a sync finds the code of a country's name first, this field takes codes only"
    )


def _device(_value: Refused) -> str:
    return "not an advertising id: 32 hex digits with hyphens, 8-4-4-4-12"


def _plain_id(_value: Refused) -> str:
    return "not an id"


_OF_FIELD: dict[str, Callable[[Refused], str]] = {
    "email": _email, "EMAIL": _email, "phone": _phone, "PHONE": _phone, "given_name": _name, "family_name": _name,
    "FN": _name, "LN": _name, "FI": _name, "GEN": _gender, "DOBY": _year, "DOBM": _month, "DOBD": _day, "CT": _city,
    "ST": _state, "ZIP": _postal_code, "postal_code": _postal_code, "COUNTRY": _country, "region_code": _region_code,
    "MADID": _device, "EXTERN_ID": _plain_id, "APPUID": _plain_id, "PAGEUID": _plain_id,
}  # fmt: skip
