"""Responsive search ad texts, checked before Google would refuse them: counts, widths, duplicates."""

import unicodedata

from activator.errors import ConfigurationError
from activator.model.ads import CopyVariant
from connectors.google.version import (
    DESCRIPTION_WIDTH_MAX,
    DESCRIPTIONS_MAX,
    DESCRIPTIONS_MIN,
    HEADLINE_WIDTH_MAX,
    HEADLINES_MAX,
    HEADLINES_MIN,
)


def width(text: str) -> int:
    """Length as Google counts it: characters of double width (Chinese, Japanese, Korean, full-width) count two.

    support.google.com/google-ads/answer/1704389 (read 2026-11-22).
    """
    return sum(2 if unicodedata.east_asian_width(character) in "FW" else 1 for character in text)


def headlines(variant: CopyVariant) -> tuple[str, ...]:
    """Its headlines without duplicates, in order. Raises ConfigurationError."""
    return _checked(variant, "headline", variant.headlines, HEADLINES_MIN, HEADLINES_MAX, HEADLINE_WIDTH_MAX)


def descriptions(variant: CopyVariant) -> tuple[str, ...]:
    """Its descriptions without duplicates, in order. Raises ConfigurationError."""
    return _checked(
        variant, "description", variant.descriptions, DESCRIPTIONS_MIN, DESCRIPTIONS_MAX, DESCRIPTION_WIDTH_MAX
    )


def _checked(
    variant: CopyVariant, kind: str, texts: tuple[str, ...], least: int, most: int, width_max: int
) -> tuple[str, ...]:
    # The same text twice is AssetError.DUPLICATE_ASSET, and buys nothing.
    kept = tuple(dict.fromkeys(" ".join(text.split()) for text in texts))
    for text in kept:
        if width(text) > width_max:
            raise ConfigurationError(
                f"copy `{variant.name}`: the {kind} {text!r} is {width(text)} wide; Google takes {width_max}",
                f"Shorten this {kind}. Double-width characters count two.",
            )
    if not least <= len(kept) <= most:
        raise ConfigurationError(
            f"copy `{variant.name}` has {len(kept)} different {kind}s; a Google search ad takes {least} to {most}",
            f"Give the variant {least} to {most} different {kind}s.",
        )
    return kept
