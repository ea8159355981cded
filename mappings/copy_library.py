"""The copy library: texts for every motivation and channel, to be used as they are or written into a project file.

The texts promise nothing a shop may not keep (no guarantees, prices, rankings) and speak of no personal attribute,
which advertising policies refuse; what only the advertiser can know stands in slots such as {product} and {saving}, and
a text that claims something says so under `claims`, so that somebody reviews it first.
"""

import functools
import importlib.resources
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from activator.config.documents import parse_document, validate
from activator.errors import ConfigurationError
from activator.plan.copy import SLOT
from mappings.copy_limits import (
    DESCRIPTION_MAX,
    DESCRIPTIONS_MIN,
    HEADLINE_MAX,
    HEADLINES_MIN,
    width,
)


class CopyTexts(TypedDict):
    """One entry of a project file's `copy:` section (config.copy.CopySection)."""

    name: str
    motivation: str
    headlines: tuple[str, ...]
    descriptions: tuple[str, ...]
    message: str


Template = Annotated[str, Field(min_length=1, max_length=255)]
TemplateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Template(BaseModel):
    """What every text of the library has. claims: what somebody must confirm before it is used; '' where nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: TemplateName
    claims: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text with its slots open."""
        raise NotImplementedError

    def slots(self) -> set[str]:
        """The slots that must be filled before this text says something."""
        return {slot for text in self.texts for slot in SLOT.findall(text)}


class StarterVariant(_Template):
    """One text for ads."""

    headlines: tuple[str, ...] = Field(min_length=HEADLINES_MIN)
    descriptions: tuple[str, ...] = Field(min_length=DESCRIPTIONS_MIN)
    message: str

    @property
    def texts(self) -> tuple[str, ...]:
        """Headlines, descriptions and Meta's primary text."""
        return (*self.headlines, *self.descriptions, self.message)


class EmailTemplate(_Template):
    """The two lines of an e-mail seen before it is opened."""

    subject: Template
    preheader: Template

    @property
    def texts(self) -> tuple[str, ...]:
        """Subject and preheader."""
        return (self.subject, self.preheader)


class SmsTemplate(_Template):
    """One text message."""

    text: Template

    @property
    def texts(self) -> tuple[str, ...]:
        """The message."""
        return (self.text,)


class StarterCopy(BaseModel):
    """Everything written for one motivation. reactivation: for a tier most of whose customers have stopped buying."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    motivation: str
    variants: tuple[StarterVariant, ...] = Field(min_length=2)
    reactivation: tuple[StarterVariant, ...] = Field(min_length=1)
    email: tuple[EmailTemplate, ...] = Field(min_length=1)
    sms: tuple[SmsTemplate, ...] = Field(min_length=1)


@functools.cache
def starter_copy() -> dict[str, StarterCopy]:
    """Everything shipped, by motivation; `generic` is one of them."""
    folder = importlib.resources.files("mappings") / "copy"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    found = (validate(parse_document(Path(name), (folder / name).read_bytes()), StarterCopy) for name in names)
    return {copy.motivation: copy for copy in found}


def copy_set(motivation: str) -> StarterCopy:
    """What is written for one motivation.

    Raises:
        ConfigurationError: there is no such motivation.
    """
    shipped = starter_copy()
    if motivation not in shipped:
        raise ConfigurationError(
            f"there is no starter copy for motivation `{motivation}`", f"Choose from: {', '.join(sorted(shipped))}."
        )
    return shipped[motivation]


def copy_for(motivation: str, brand: str, product: str = "", saving: str = "") -> tuple[CopyTexts, ...]:
    """The starter variants for a motivation with their slots filled.

    Variants that name a product and a saving are among them only when both are given. Lines the brand's name makes too
    long for the platforms are left out.

    Raises:
        ConfigurationError: there is no such motivation, or a text cannot be made to fit.
    """
    values = {name: value for name, value in (("brand", brand), ("product", product), ("saving", saving)) if value}
    variants = [each for each in copy_set(motivation).variants if each.slots() - {"brand"} <= values.keys()]
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
        line for line in filled(variant.headlines, values) if width(line) <= HEADLINE_MAX and "!" not in line
    )
    descriptions = tuple(line for line in filled(variant.descriptions, values) if width(line) <= DESCRIPTION_MAX)
    for kind, lines, least in (
        ("headlines", headlines, HEADLINES_MIN),
        ("descriptions", descriptions, DESCRIPTIONS_MIN),
    ):
        if len(lines) < least:
            raise ConfigurationError(
                f"copy variant `{variant.name}`: with these words fewer than {least} {kind} fit the platforms' limits",
                f"Use shorter words: {HEADLINE_MAX} characters a headline, {DESCRIPTION_MAX} a description.",
            )
    (message,) = filled((variant.message,), values)
    return CopyTexts(
        name=variant.name, motivation=motivation, headlines=headlines, descriptions=descriptions, message=message
    )


def filled(lines: tuple[str, ...], values: dict[str, str]) -> tuple[str, ...]:
    """Lines with the slots filled that have a value; the others stay as they are."""
    return tuple(SLOT.sub(lambda match: values.get(match[1], match[0]), line) for line in lines)
