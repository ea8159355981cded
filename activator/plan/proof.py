"""Which verdicts still speak of the texts a tier is told: a test proves the texts it tested, and no others (pure)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from activator.config.project import Project
from activator.model.bidding import TierVerdict
from activator.model.plan import TierMotivation
from activator.plan.texts import texts_for_tier, written_texts


def told_digests(project: Project, name: str, motivations: Mapping[str, TierMotivation]) -> dict[str, str]:
    """A digest of what each tier of a destination is told, by tier. Names of texts and their order do not count.

    Raises:
        ConfigurationError: a text cannot be used.
    """
    destination, texts = project.destinations[name], written_texts(project)
    return {
        tier: _digest(
            [
                (text.motivation, text.headlines, text.descriptions, text.message)
                for text in texts_for_tier(project, destination.connector, motivations.get(tier), tier, texts)
            ]
        )
        for tier in destination.tiers
    }


def _digest(texts: Sequence[object]) -> str:
    lines = sorted(json.dumps(text, ensure_ascii=False) for text in texts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def still_speaking(verdicts: Sequence[TierVerdict], name: str, told: Mapping[str, str]) -> tuple[TierVerdict, ...]:
    """The verdicts, outdated where a destination tells the tier other texts than were tested."""
    return tuple(
        replace(said, outdated=said.tier in told and said.texts.get(name) != told[said.tier]) for said in verdicts
    )
