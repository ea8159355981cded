"""Guards over what a plan does to audiences and tiers (pure)."""

from collections.abc import Mapping, Sequence

from activator.config.project import GuardSection
from activator.model.ledger import Evidence
from activator.model.people import TierSummary
from activator.model.plan import AudienceState, GuardFinding

SMALL_AUDIENCE = 10  # below this a share says nothing; emptying is still guarded
SMALL_TIER = 100  # nor does the size of a tier that no platform would deliver to


def audience_guards(
    states: Sequence[AudienceState], limits: GuardSection, members_min: Mapping[str, int]
) -> list[GuardFinding]:
    """removal-share and empty-audience, per audience. members_min: the platform's own minimum, by destination."""
    findings = []
    for state in states:
        left = state.believed - state.removes + state.adds
        subject = f"{state.destination}/{state.audience_key}"
        minimum = members_min[state.destination]
        if state.believed and (left == 0 or left < minimum <= state.believed):
            findings.append(
                GuardFinding(
                    "empty-audience",
                    subject,
                    f"{state.believed:,} members would become {left:,}; the platform delivers from {minimum:,}",
                    "Check that the exports are complete.",
                )
            )
        elif state.believed >= SMALL_AUDIENCE and state.removes > limits.removal_share_max * state.believed:
            share = 100 * state.removes // state.believed
            findings.append(
                GuardFinding(
                    "removal-share",
                    subject,
                    f"{state.removes:,} of {state.believed:,} members would be removed ({share} %; "
                    f"limit {100 * limits.removal_share_max:.0f} %)",
                    "Check the exports and the tier cuts.",
                )
            )
    return findings


def tier_guards(tiers: Sequence[TierSummary], evidence: Evidence, limits: GuardSection) -> list[GuardFinding]:
    """tier-moved: a tier grew or shrank by too much since the last plan, or is no longer in the project file."""
    now = {tier.tier: tier.people for tier in tiers}
    findings = []
    for tier, before in evidence.tiers.items():
        people = now.get(tier, 0)
        if before >= SMALL_TIER and abs(people - before) > limits.tier_change_max * before:
            findings.append(
                GuardFinding(
                    "tier-moved",
                    tier,
                    f"{people:,} people, {before:,} after the last plan ({100 * (people - before) // before:+} %; "
                    f"limit {100 * limits.tier_change_max:.0f} %)",
                    "Check the exports and the tier cuts; a tier that is gone keeps its audience on the platforms.",
                )
            )
    return findings
