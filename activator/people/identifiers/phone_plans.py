"""Numbering plans as patterns the engine can run, made from the metadata of the installed `phonenumbers`.

One pattern speaks for all regions seen in the data: every alternative begins with the region's code, and so does the
text it is held against, "DE" + "15123456789". The rules are those of phonenumberutil.parse and is_valid_number.
"""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# A number typed without "+" is read as international only from this length on: ten digits are how North America
# writes a national number, and many of those would also be somebody else's valid international one.
BARE_INTERNATIONAL_DIGITS_MIN = 11
# What may stand before a number, behind it, and before the extension after it.
LABELS = (  # longer ones first: the first that fits counts
    "telephone|téléphone|telefono|teléfono|telefone|telefon|tel|tél|phone|whatsapp|mobile|mobil|móvil|handy|cellulare|celular"
    "|cell|fon|tlf|mob|gsm|t|m|p"
)
LABELS_BEHIND = "home|private|privat|work|office|büro|arbeit|dienstlich|geschäftlich|bureau|casa|trabajo|ufficio|werk"
EXTENSIONS = "extension|extn|ext|durchwahl|poste|x|#"
_NON_GEOGRAPHIC = "001"
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip
NEVER = "a^"


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides about a national number of one region; each a pattern, "" for never.

    foreign: what dials abroad; trunk: the national prefix; rewritten: beginnings that the parser rewrites or may;
    valid and general: of a national number, both must fit; family: valid in any region of the country code; claimed:
    leading digits that another region of the code claims first.
    """

    region: str
    country_code: str
    foreign: str
    trunk: str
    rewritten: str
    valid: str
    general: str
    family: str
    claimed: str
    code_before_trunk: bool


@functools.cache
def plan(region: str) -> Plan | None:
    """The plan of a region, or None where there is none that patterns can say."""
    metadata = PhoneMetadata.metadata_for_region(region)
    prefixes = _prefixes(metadata)
    if metadata is None or prefixes is None:
        return None
    code = metadata.country_code or 0
    family = [PhoneMetadata.metadata_for_region(other) for other in COUNTRY_CODE_TO_REGION_CODE[code]]
    others = [other for other in family if other is not None and other.id != region]
    return Plan(
        region=region,
        country_code=str(code),
        foreign=metadata.international_prefix or "",
        trunk=prefixes[0],
        rewritten=prefixes[1],
        valid=_valid(metadata),
        general=_pattern(metadata.general_desc),
        family=_either(_valid(member) for member in (metadata, *others)),
        claimed=_either(other.leading_digits or "" for other in others),
        code_before_trunk=metadata.national_prefix is not None,
    )


def has_country_code(digits: str, region: str) -> bool:
    """Whether digits without trunk prefix are read with their country code first, and only then as national.

    4917612345678 in Germany is +49 176 12345678, a mobile that lost its "+", although 04917 612345678 could be dialled.
    """
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.national_prefix is None or len(digits) < BARE_INTERNATIONAL_DIGITS_MIN:
        return False
    return digits.startswith(str(metadata.country_code))


@functools.cache
def international() -> tuple[str, str]:
    """Patterns of "+" and digits: of possible numbers, and of those only the parser can decide."""
    possible, undecided = [], []
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        metadata = None if regions[0] == _NON_GEOGRAPHIC else PhoneMetadata.metadata_for_region(regions[0])
        prefixes = _prefixes(metadata)
        if metadata is None or metadata.general_desc is None or prefixes is None:
            undecided.append(str(code))
            continue
        lengths = "|".join(rf"\d{{{length}}}" for length in metadata.general_desc.possible_length)
        possible.append(f"{code}(?:{lengths})")
        undecided += [f"{code}(?:{prefix})" for prefix in prefixes if prefix]
    return rf"^\+(?:{'|'.join(possible)})$", rf"^\+(?:{'|'.join(undecided)})"


def families(plans: Iterable[Plan]) -> str:
    """A pattern of country code, ":" and a number that is valid in any region of the code."""
    codes = {known.country_code: known.family for known in plans}
    return f"^(?:{'|'.join(f'{code}:(?:{valid})' for code, valid in codes.items())})$" if codes else NEVER


def keyed(plans: Iterable[Plan], part: Callable[[Plan], str], end: str = "") -> str:
    """One pattern of a part of all plans, over text that begins with the region. end: "$" where it must fit whole."""
    alternatives = [f"{known.region}(?:{part(known)}){end}" for known in plans if part(known)]
    return f"^(?:{'|'.join(alternatives)})" if alternatives else NEVER


def _prefixes(metadata: PhoneMetadata | None) -> tuple[str, str] | None:
    """National prefix, and beginnings that are rewritten: where the metadata has a rule, what a group catches."""
    pattern = metadata.national_prefix_for_parsing or "" if metadata else ""
    if metadata is None or not metadata.national_prefix_transform_rule:
        return None if metadata is None else (pattern, "")
    trunk, rewritten = [], []
    for alternative in _alternatives(pattern):
        if not _catches(alternative):
            trunk.append(alternative)
        elif (head := _before_last_option(alternative)) is not None:
            rewritten.append(alternative[:-1])
            trunk.append(head.removesuffix("?") if re.fullmatch(head, "") else head)
        else:
            rewritten.append(alternative)
    sayable = not any(_catches(prefix) or re.match(prefix, "") for prefix in trunk)
    return (_either(trunk), _either(rewritten)) if sayable else None


def _catches(pattern: str) -> bool:
    return re.compile(pattern).groups > 0


def _alternatives(pattern: str) -> list[str]:
    """The pattern's alternatives at its top level."""
    depth, parts = 0, [""]
    for letter in pattern:
        depth += (letter in "([") - (letter in ")]")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _before_last_option(pattern: str) -> str | None:
    """What stands before an optional group at the pattern's end; None where it does not end with one."""
    if not pattern.endswith(")?"):
        return None
    depth = 0
    for at in range(len(pattern) - 2, -1, -1):
        depth += (pattern[at] in ")]") - (pattern[at] in "([")
        if depth == 0:
            return pattern[:at]
    return None


def _valid(metadata: PhoneMetadata) -> str:
    return _either(_pattern(getattr(metadata, name)) for name in _TYPES)


def _either(patterns: Iterable[str]) -> str:
    return "|".join(pattern for pattern in patterns if pattern)


def _pattern(description: object) -> str:
    return getattr(description, "national_number_pattern", None) or ""
