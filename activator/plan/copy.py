"""Which texts a tier is shown: those for why it buys, or generic ones where nothing is known (pure)."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from activator.errors import ConfigurationError
from activator.model.ads import CopyVariant
from activator.model.plan import TierMotivation

GENERIC = "generic"
SLOT = re.compile(r"\{([a-z_]+)\}")


def variants_for_tier(
    tier_motivation: TierMotivation | None, override: str | None, variants: Sequence[CopyVariant]
) -> tuple[CopyVariant, ...]:
    """The variants for a tier's dominant motivation or motivations, in the order given.

    With two motivations they take turns, the stronger first: a platform that takes only so many ads gets both.

    override: the tier's `motivation` in the project file, which counts instead of what was heard. Where no motivation
    dominates, or nothing was written for it, the generic variants are used.

    Raises:
        ConfigurationError: nothing was written for the override, or a text still has an unfilled {slot}.
    """
    wanted = (override,) if override else tier_motivation.motivations if tier_motivation else ()
    spoken_to = [[variant for variant in variants if variant.motivation == motivation] for motivation in wanted]
    chosen = tuple(variant for turn in zip_longest(*spoken_to) for variant in turn if variant is not None)
    if override and not chosen:
        written = ", ".join(sorted({variant.motivation for variant in variants}))
        raise ConfigurationError(
            f"a tier asks for motivation `{override}`, but no copy variant speaks to it",
            f"Write one under `copy`, or choose from: {written}.",
        )
    chosen = chosen or tuple(variant for variant in variants if variant.motivation == GENERIC)
    for variant in chosen:
        refuse_unfilled(variant)
    return chosen


def refuse_unfilled(variant: CopyVariant) -> None:
    """Raise ConfigurationError when a text still has a slot such as {saving}: it must never be published so."""
    slots = sorted({slot for text in texts(variant) for slot in SLOT.findall(text)})
    if slots:
        raise ConfigurationError(
            f"copy variant `{variant.name}` has an unfilled slot {{{slots[0]}}}",
            "Write the words you mean in its place in activator.yaml.",
        )


def texts(variant: CopyVariant) -> Iterator[str]:
    """Every text of a variant."""
    yield from variant.headlines
    yield from variant.descriptions
    yield variant.message
