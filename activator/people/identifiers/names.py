"""Given and family names, and gender.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): trim, lower case, no
prefixes (Mrs.), no suffixes (Jr.); google-ads v26 common/types/offline_user_data.py adds: no extra inner spaces (first
name), no punctuation (last name).
Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): lower case,
no punctuation, UTF-8 kept. That inner spaces go too is how Meta's own capi-param-builder does it.
"""

import ibis.expr.types as ir

from activator.people.identifiers.hashing import not_empty_digest
from activator.people.identifiers.text import extracted, folded, known, one_of

_PREFIX = r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|rev|sir|herr|frau|mme|mlle|sra|srta|sig)(?:\. ?| ))+([^ .])"
_SUFFIX = r"(?: (?:jr|sr|ii|iii|iv|phd|md|esq))+$"
_APART = r"[,;/\s]+"
_PUNCTUATION = r"[\p{P}\p{S}]+"
_HAS_LETTER = r"^.*\p{L}.*$|^[0-9a-f]{64}$"
_HEADERS = (
    "first name", "firstname", "first_name", "given name", "last name", "lastname", "last_name", "family name",
    "surname", "name", "vorname", "nachname", "guest", "anonymous", "anonym",
)  # fmt: skip
_FEMALE = ("f", "female", "w", "woman", "weiblich", "frau", "femme", "mujer", "femenino", "femminile", "donna")
_MALE = ("m", "male", "man", "männlich", "maennlich", "herr", "mann", "homme", "hombre", "masculino", "maschile")


def google_given_name(value: ir.StringValue) -> ir.StringValue:
    """Lower case, single inner spaces, no leading title."""
    text = folded(value).re_replace(r"\s+", " ").re_replace(_PREFIX, r"\1")
    return _named(extracted(text, _HAS_LETTER))


def google_family_name(value: ir.StringValue) -> ir.StringValue:
    """Lower case, no punctuation, single inner spaces, no trailing Jr., III or PhD."""
    text = known(folded(value)).re_replace(_APART, " ").re_replace(_PUNCTUATION, "").re_replace(r"\s+", " ").strip()
    return _named(extracted(text.re_replace(_SUFFIX, ""), _HAS_LETTER))


def meta_name(value: ir.StringValue) -> ir.StringValue:
    """Letters, marks and digits in lower case and nothing else; accents and every script are kept."""
    text = known(folded(value), *_HEADERS).re_replace(r"[^\p{L}\p{M}\p{N}]+", "")
    return _named(extracted(text, _HAS_LETTER))


def meta_initial(value: ir.StringValue) -> ir.StringValue:
    """First letter of the first name."""
    return extracted(meta_name(value), r"\p{L}\p{M}*")


def meta_gender(value: ir.StringValue) -> ir.StringValue:
    """`m` or `f`; anything else is not sent rather than guessed."""
    letter = folded(value).re_replace(one_of(_FEMALE), "f").re_replace(one_of(_MALE), "m")
    return extracted(letter, "^[fm]$")


def _named(name: ir.StringValue) -> ir.StringValue:
    return not_empty_digest(known(name, *_HEADERS))
