"""Given and family names, and gender.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): trim, lower case, no
prefixes (Mrs.), no suffixes (Jr.); google-ads v26 common/types/offline_user_data.py adds: no extra inner spaces (first
name), no punctuation (last name).
Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): lower case,
no punctuation, UTF-8 kept. That inner spaces go too is how Meta's own capi-param-builder does it.
"""

import ibis
import ibis.expr.types as ir

from activator.model.identity import IdentifierRules, Punctuation, Separators
from activator.people.identifiers import headers
from activator.people.identifiers.hashing import digest_of, without_empty_digest
from activator.people.identifiers.plain import LETTERS, is_word
from activator.people.identifiers.text import AN_ADDRESS, OTHER_DIGESTS, cleared, extracted, folded, kept, nfc, one_of

_TITLES = "mr|mrs|ms|miss|mx|dr|prof|rev|sir|herr|frau|mme|mlle|sr|sra|srta|sig"
_PREFIX = rf"^(?:(?:{_TITLES})(?:\. ?| ))+([^ .])"
_SUFFIX = r"(?: (?:jr|sr|ii|iii|iv|phd|md|esq))+$"
_AROUND = " \"'`´‘’“”„«»,;:"
_GIVEN_PREFIX = rf"^(?:[{_AROUND}.]*(?:{_TITLES})(?:\. ?| ))*[{_AROUND}.]*"
_GIVEN_SUFFIX = rf"(?:[{_AROUND}]+(?:jr|sr|ii|iii|iv|ph\.?d|esq)\.?)*[{_AROUND}]*$"
_ONLY_TITLE = r"(?:mr|mrs|ms|mx|dr|prof|mme|mlle|jr|phd)\.?"
_APART = r"[,;/\s\x00-\x1f\x7f]+"
_SPACES = r"[\s\x00-\x1f\x7f\p{So}]+"
_PUNCTUATION = r"[\p{P}\p{S}]+"
_DASHES = r"[\x{2010}-\x{2015}]"
_HAS_LETTER = r"^.*\p{L}.*$|^[0-9a-f]{64}$"
_NOBODY = ("guest", "anonymous", "anonym", "anonymus", "no name", "noname", "first last", "test test", "gast", "invité")
NO_NAME = (*headers.spelt(headers.NAME), *headers.spelt(_NOBODY), _ONLY_TITLE, AN_ADDRESS, *OTHER_DIGESTS)
_FEMALE = (
    "f", "fem", "female", "w", "woman", "girl", "mrs", "ms", "weiblich", "frau", "femme", "féminin", "madame", "mme",
    "mujer", "femenino", "femminile", "donna", "femmina", "vrouw", "vrouwelijk", "kvinna", "kvinde", "kvinne", "mulher",
    "feminino", "kobieta", "nainen", "žena", "nő", "femeie", "feminin", "kadın", "женский", "женщина", "女", "女性",
    "여", "여성", "여자", "γυναίκα",
)  # fmt: skip
_MALE = (
    "m", "masc", "male", "man", "boy", "mr", "männlich", "maennlich", "herr", "mann", "homme", "masculin", "monsieur",
    "hombre", "masculino", "maschile", "uomo", "maschio", "mannelijk", "mand", "homem", "mężczyzna", "mies", "muž",
    "férfi", "bărbat", "erkek", "мужской", "мужчина", "男", "男性", "남", "남성", "남자", "άνδρας",
)  # fmt: skip


def google_given_name(value: ir.StringValue) -> ir.StringValue:
    """Lower case, single inner spaces, no leading title, no trailing Jr., III or PhD."""
    text = cleared(folded(value), *NO_NAME).re_replace(_SPACES, " ")
    text = text.re_replace(_GIVEN_PREFIX, "").re_replace(_GIVEN_SUFFIX, "")
    return _named(value, kept(text, _HAS_LETTER))


def google_family_name(value: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    """Lower case, no punctuation, single inner spaces, no leading title, no trailing Jr., III or PhD."""
    text = cleared(folded(value), *NO_NAME).re_replace(_APART, " ")
    if rules.google_family_name_punctuation is Punctuation.KEEP:
        text = text.re_replace(_GIVEN_PREFIX, "").re_replace(_GIVEN_SUFFIX, "")
    else:
        text = text.re_replace(_PUNCTUATION, "").re_replace(r"\s+", " ").strip()
        text = text.re_replace(_PREFIX, r"\1").re_replace(_SUFFIX, "")
    return _named(value, kept(text, _HAS_LETTER))


def meta_name(value: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    """Letters, marks and digits in lower case and nothing else; accents and every script are kept."""
    text = cleared(folded(value), *NO_NAME)
    if rules.meta_name_separators is Separators.KEEP:
        text = text.re_replace(_DASHES, "-").re_replace(r"[^\p{L}\p{M}\p{N} -]+", "").re_replace(r" +", " ")
        text = text.re_replace("^[ -]+|[ -]+$", "")
    else:
        text = text.re_replace(r"[^\p{L}\p{M}\p{N}]+", "")
    return _named(value, kept(text, _HAS_LETTER))


def meta_initial(value: ir.StringValue, rules: IdentifierRules) -> ir.StringValue:
    """First letter of the first name, or the digest of it that came with the export."""
    return extracted(meta_name(value, rules), r"^[0-9a-f]{64}$|\p{L}\p{M}*")


def meta_gender(value: ir.StringValue) -> ir.StringValue:
    """`m` or `f`; anything else is not sent rather than guessed."""
    word = folded(value).re_replace("^[ \"'().]+|[ \"'().]+$", "")
    letter = kept(word.re_replace(one_of(_FEMALE), "f").re_replace(one_of(_MALE), "m"), "^[fm]$")
    told = value.re_search("^(?i:f|m|female|male)$")
    return ibis.cases((told, value.left(1).lower()), else_=digest_of(value).coalesce(letter)).nullif("")


def _named(value: ir.StringValue, name: ir.StringValue) -> ir.StringValue:
    """The name composed once more: where a sign is gone, a letter and a mark may have met.

    One plain word is its own name, unless it says that there is none.
    """
    word = cleared(value.lower(), *NO_NAME)
    whole = without_empty_digest(cleared(nfc(name), *NO_NAME))
    return ibis.cases((is_word(value, LETTERS), word), else_=whole).nullif("")
