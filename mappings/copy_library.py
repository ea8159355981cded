"""Starter copy for every motivation, to be written into a project file and edited there.

The texts promise nothing a shop may not keep (no guarantees, prices, rankings) and speak of no personal attribute,
which advertising policies refuse; what only the advertiser can know stands in the slots {product} and {saving}.
"""

import functools
import importlib.resources
import unicodedata
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from activator.config.documents import parse_document, validate
from activator.errors import ConfigurationError
from activator.plan.copy import SLOT

# Responsive search ads take 3 to 15 headlines of 30 and 2 to 4 descriptions of 90; double-width characters count twice
# and "!" in a headline is refused (developers.google.com/google-ads/api/docs/responsive-search-ads, read 2026-11-22).
HEADLINE_MAX = 30
DESCRIPTION_MAX = 90
HEADLINES_MIN = 3
DESCRIPTIONS_MIN = 2


class CopyTexts(TypedDict):
    """One entry of a project file's `copy:` section (config.project.CopySection)."""

    name: str
    motivation: str
    headlines: tuple[str, ...]
    descriptions: tuple[str, ...]
    message: str


class StarterVariant(BaseModel):
    """One text with its slots still open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    headlines: tuple[str, ...] = Field(min_length=HEADLINES_MIN)
    descriptions: tuple[str, ...] = Field(min_length=DESCRIPTIONS_MIN)
    message: str

    def slots(self) -> set[str]:
        """The slots that must be filled before this text says something."""
        texts = (*self.headlines, *self.descriptions, self.message)
        return {slot for text in texts for slot in SLOT.findall(text)}


class StarterCopy(BaseModel):
    """The starter variants of one motivation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    motivation: str
    variants: tuple[StarterVariant, ...] = Field(min_length=2)


@functools.cache
def starter_copy() -> dict[str, StarterCopy]:
    """Everything shipped, by motivation; `generic` is one of them."""
    folder = importlib.resources.files("mappings") / "copy"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    found = (validate(parse_document(Path(name), (folder / name).read_bytes()), StarterCopy) for name in names)
    return {copy.motivation: copy for copy in found}


def copy_for(motivation: str, brand: str, product: str = "", saving: str = "") -> tuple[CopyTexts, ...]:
    """The starter variants for a motivation with their slots filled.

    Variants that name a product and a saving are among them only when both are given. Lines the brand's name makes too
    long for the platforms are left out.

    Raises:
        ConfigurationError: there is no such motivation, or a text cannot be made to fit.
    """
    shipped = starter_copy()
    if motivation not in shipped:
        raise ConfigurationError(
            f"there is no starter copy for motivation `{motivation}`", f"Choose from: {', '.join(sorted(shipped))}."
        )
    values = {name: value for name, value in (("brand", brand), ("product", product), ("saving", saving)) if value}
    variants = [each for each in shipped[motivation].variants if each.slots() - {"brand"} <= values.keys()]
    return tuple(fill(variant, motivation, values) for variant in variants)


def fill(variant: StarterVariant, motivation: str, values: dict[str, str]) -> CopyTexts:
    """One variant with its slots filled.

    Raises:
        ConfigurationError: names the variant and the slot that has no value, or the kind of line of which too few fit.
    """
    unfilled = sorted(variant.slots() - values.keys())
    if unfilled:
        raise ConfigurationError(
            f"copy variant `{variant.name}` has an unfilled slot {{{unfilled[0]}}}", f"Give a value for {unfilled[0]}."
        )
    headlines = tuple(
        line for line in _filled(variant.headlines, values) if width(line) <= HEADLINE_MAX and "!" not in line
    )
    descriptions = tuple(line for line in _filled(variant.descriptions, values) if width(line) <= DESCRIPTION_MAX)
    for kind, lines, least in (
        ("headlines", headlines, HEADLINES_MIN),
        ("descriptions", descriptions, DESCRIPTIONS_MIN),
    ):
        if len(lines) < least:
            raise ConfigurationError(
                f"copy variant `{variant.name}`: with these words fewer than {least} {kind} fit the platforms' limits",
                f"Use shorter words: {HEADLINE_MAX} characters a headline, {DESCRIPTION_MAX} a description.",
            )
    (message,) = _filled((variant.message,), values)
    return CopyTexts(
        name=variant.name, motivation=motivation, headlines=headlines, descriptions=descriptions, message=message
    )


def width(text: str) -> int:
    """Length as Google counts it: full-width characters twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _filled(lines: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    return tuple(SLOT.sub(lambda match: values[match[1]], line) for line in lines)
