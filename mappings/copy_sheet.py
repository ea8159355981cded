"""One text of the copy library as it stands on one channel: lines, lengths, open slots and claims."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from activator.errors import ConfigurationError
from activator.plan.copy import SLOT
from mappings.copy_library import StarterCopy, StarterVariant, filled
from mappings.copy_limits import CHANNELS, length

FILLED_BY_TOOLS = frozenset({"link"})  # e-mail and SMS tools put their own link in


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line: which part it is, its words, and its length as the channel counts."""

    part: str
    text: str
    used: int
    limit: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One text on one channel. open_slots: without words yet; claims: what to confirm before it is used."""

    channel: str
    name: str
    lapsed: bool
    lines: tuple[SheetLine, ...]
    open_slots: tuple[str, ...]
    claims: str


def sheets(
    library: Mapping[str, StarterCopy], motivation: str, channel: str | None, values: Mapping[str, str]
) -> tuple[Sheet, ...]:
    """Every text of a motivation on the channel, or on all of them.

    Raises:
        ConfigurationError: there is no such motivation or channel.
    """
    found = library.get(motivation)
    if found is None:
        raise ConfigurationError(
            f"the copy library has nothing for motivation `{motivation}`", f"Choose from: {', '.join(sorted(library))}."
        )
    if channel not in (None, *CHANNELS):
        raise ConfigurationError(f"there is no channel `{channel}`", f"Choose from: {', '.join(CHANNELS)}.")
    wanted = CHANNELS if channel is None else (channel,)
    return tuple(sheet for each in wanted for sheet in _sheets(found, each, dict(values)))


def _sheets(copy: StarterCopy, channel: str, values: dict[str, str]) -> Iterator[Sheet]:
    if channel in ("meta", "google"):
        for lapsed, variants in ((False, copy.variants), (True, copy.reactivation)):
            for variant in variants:
                parts = _google(variant) if channel == "google" else _meta(variant)
                yield _sheet(channel, variant.name, variant.claims, parts, values, lapsed=lapsed)
    elif channel == "email":
        for mail in copy.email:
            parts = [("subject", mail.subject), ("preheader", mail.preheader)]
            yield _sheet(channel, mail.name, mail.claims, parts, values)
    else:
        for sms in copy.sms:
            yield _sheet(channel, sms.name, sms.claims, [("text", sms.text)], values)


def _google(variant: StarterVariant) -> list[tuple[str, str]]:
    return [("headline", line) for line in variant.headlines] + [("description", line) for line in variant.descriptions]


def _meta(variant: StarterVariant) -> list[tuple[str, str]]:
    """Meta shows the first headline and the first description."""
    return [("message", variant.message), ("headline", variant.headlines[0]), ("description", variant.descriptions[0])]


def _sheet(
    channel: str, name: str, claims: str, parts: list[tuple[str, str]], values: dict[str, str], *, lapsed: bool = False
) -> Sheet:
    lines = []
    for part, text in parts:
        (words,) = filled((text,), values)
        measured = length(channel, part, words)
        lines.append(SheetLine(part, words, measured.used, measured.limit, measured.fits))
    slots = {slot for line in lines for slot in SLOT.findall(line.text)} - FILLED_BY_TOOLS
    return Sheet(channel, name, lapsed, tuple(lines), tuple(sorted(slots)), claims)
