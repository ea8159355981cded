"""Phone numbers of every region in every usual spelling, and nearly right ones: what the short way is proved on."""

import random
from collections.abc import Iterator

from phonenumbers import (
    SUPPORTED_REGIONS,
    PhoneMetadata,
    PhoneNumberFormat,
    PhoneNumberType,
    example_number_for_type,
    format_number,
    national_significant_number,
)

_SEPARATORS = (
    "", " ", "-", ".", "/", " (0) ", "(", ")", "+", "  ", "\u2011", "\u2013", "\u2212", "\u00b7", "\u00a0", "\u2009",
    "\u200e",
)  # fmt: skip
_FILLERS = ("1111111111", "00000000", "1234567890", "123456789", "+491111111111", "+4912345678", "+4912345678.0")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def phone_numbers(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """About count (text, region), every region as often, region after region; "" where a row names no country."""
    chance = random.Random(seed)
    regions = sorted(SUPPORTED_REGIONS)
    for region in regions:
        examples = [example_number_for_type(region, kind) for kind in PhoneNumberType.values()]
        valid = [example for example in examples if example is not None]
        metadata = PhoneMetadata.metadata_for_region(region)
        if not valid or metadata is None:
            continue
        code, trunk = str(metadata.country_code), metadata.national_prefix or ""
        for _ in range(-(-count // len(regions))):
            example = chance.choice(valid)
            if chance.random() < 0.1:
                layout = chance.choice((PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL))
                text = format_number(example, layout)
            else:
                number = _changed(national_significant_number(example), chance)
                text = _separated(_spelt(number, code, trunk or chance.choice(("", "0", "1", "8")), chance), chance)
            row_region = region if chance.random() < 0.85 else chance.choice(("", chance.choice(regions)))
            yield text, row_region


def _changed(number: str, chance: random.Random) -> str:
    """A valid number with some digits changed, mostly at its end, one more or one less, or only its length kept."""
    digits = list(number)
    if chance.random() < 0.1:
        return "".join(chance.choice("0123456789") for _ in range(chance.randrange(3, 16)))
    for _ in range(chance.choice((0, 1, 2, 4, 8))):
        at = chance.randrange(len(digits)) if chance.random() < 0.3 else -1 - chance.randrange(min(6, len(digits)))
        digits[at] = chance.choice("0123456789")
    if chance.random() < 0.12:
        digits.insert(chance.randrange(len(digits) + 1), chance.choice("0123456789"))
    if chance.random() < 0.12:
        digits.pop(chance.randrange(len(digits)))
    return "".join(digits)


def _spelt(number: str, code: str, trunk: str, chance: random.Random) -> str:
    """The number as exports spell it: national, international, and what typists and spreadsheets make of it."""
    spellings = {
        trunk + number: 25, number: 20, f"+{code}{number}": 15, f"00{code}{number}": 7, f"{code}{number}": 10,
        f"011{code}{number}": 3, f"+{code}(0){number}": 3, f"+{code}{trunk}{number}": 3, f"00{code} (0) {number}": 2,
        f"{trunk}{number}.0": 1, f"{code}{number}.0": 1, f"{code}{trunk}{number}": 2,
        f"({trunk}{number[:3]}) {number[3:]}": 3, f"(+{code}) {number}": 1, f"+ {code}{number}": 1,
        f"{trunk}{number} ext. 12": 1, f"tel: {number}x3": 1, f"0{code}{number}": 1, f"Mobil {trunk}{number};ext=4": 1,
        f"Telephone +{code} {number}": 1, f"handy.{number}.0": 1, f"{code}{number}.0 x12": 1,
        f"{trunk}{number}#7 x8": 1,
    }  # fmt: skip
    return chance.choices(list(spellings), weights=list(spellings.values()))[0]


def _separated(text: str, chance: random.Random) -> str:
    """Separators strewn in, sometimes other digits, sometimes a filler instead."""
    odd = chance.random()
    if odd < 0.01:
        return chance.choice(_FILLERS)
    if odd < 0.02:
        return text.translate(_ARABIC)
    for _ in range(chance.choice((0, 0, 0, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(_SEPARATORS) + text[at:]
    return text
