"""What should exist on one destination: audiences, one campaign, one delivery group per tier, its ads (pure)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from activator.config.acquisition import GROUP
from activator.config.project import DestinationSection, Project, minor
from activator.config.valuing import TierSection
from activator.model.ads import AdSpec, AudienceSpec, CampaignSpec, CopyVariant, GroupSpec, ObjectSpec
from activator.model.bidding import TierTerms
from activator.model.naming import marked_name, marker
from activator.model.plan import TierMotivation
from activator.plan.acquisition import Strangers, acquisition_group
from activator.plan.terms import as_said
from activator.plan.texts import text_names, texts_for_strangers, texts_for_tier, written_texts
from activator.plan.tier_bid import bid_of


@dataclass(frozen=True, slots=True)
class Desired:
    """Specs in the order they must be created in, and the tiers that have an audience."""

    audiences: tuple[AudienceSpec, ...]
    campaign: CampaignSpec
    groups: tuple[GroupSpec, ...]
    ads: tuple[AdSpec, ...]

    @property
    def specs(self) -> tuple[ObjectSpec, ...]:
        """Everything, parents first."""
        return (*self.audiences, self.campaign, *self.groups, *self.ads)


def audience_key(tier: str) -> str:
    """The spec key of a tier's audience."""
    return f"audience/{tier}"


def delivered_tiers(project: Project, destination: DestinationSection) -> tuple[TierSection, ...]:
    """Tiers that need an audience: those with a delivery group, and the suppressed ones to keep out of all of them."""
    return tuple(tier for tier in project.tiers if tier.suppress or tier.name in destination.tiers)


def small_tiers(
    project: Project, name: str, people: Mapping[str, int], members_min: int, existing: Collection[str]
) -> dict[str, str]:
    """Tiers too small to start an audience for, with the reason: the platform would not deliver to it.

    people: members by tier; existing: spec keys of what is there. An audience that exists is kept in step whatever its
    size, so nobody stays in it by mistake; and keeping people out (a suppressed tier) has no minimum.
    """
    destination = project.destinations[name]
    minimum = destination.audience_people_min or members_min
    return {
        tier.name: f"tier {tier.name} has {people.get(tier.name, 0):,} people, fewer than {minimum:,}"
        for tier in delivered_tiers(project, destination)
        if not tier.suppress and audience_key(tier.name) not in existing and people.get(tier.name, 0) < minimum
    }


def desired_objects(
    project: Project,
    name: str,
    budget_level: str,
    motivations: Mapping[str, TierMotivation],
    small: Collection[str] = (),
    terms: Mapping[str, TierTerms] | None = None,
) -> Desired:
    """The whole delivery tree of one destination.

    budget_level: "group" (Meta: a budget per tier, never shared) or "campaign" (Google). small: tiers left out; terms:
    what each tier is bid and given; default: what the project file says. A tier that is excluded for what it is worth
    is kept out like a suppressed one.
    """
    destination = project.destinations[name]
    tiers = [tier for tier in delivered_tiers(project, destination) if tier.name not in small]
    named = _Namer(project, name)
    terms = terms or {t: as_said(name, t, delivery, budget_level) for t, delivery in destination.tiers.items()}
    excluded = {tier for tier, made in terms.items() if made.excluded}
    valued = {tier for tier, delivery in destination.tiers.items() if delivery.value_based}
    audiences = tuple(_audience(named, tier, excluded, value_based=tier.name in valued) for tier in tiers)
    budget, first_sale = destination.daily_budget, destination.new_customer_value
    campaign = CampaignSpec(
        key="campaign",
        name=named("campaign", "value tiers"),
        daily_budget_minor=minor(budget) if budget is not None and budget_level == "campaign" else None,
        strategy=destination.strategy,
        new_customer_value_minor=minor(first_sale) if first_sale is not None else None,
    )
    keys = [audience.key for audience in audiences]
    groups = tuple(
        _group(named, destination, terms[tier.name], keys)
        for tier in tiers
        if tier.name in destination.tiers and tier.name not in excluded
    )
    texts = written_texts(project)
    ads = tuple(
        _ad(named, destination, group, variant)
        for group in groups
        for variant in texts_for_tier(project, destination.connector, motivations.get(group.tier), group.tier, texts)
    )
    if destination.acquisition is not None and groups:
        strangers = Strangers(destination, groups, keys, destination.currency or named.currency)
        group = acquisition_group(strangers, named(f"group/{GROUP}", GROUP))
        groups += (group,)
        ads += tuple(
            _ad(named, destination, group, variant)
            for variant in texts_for_strangers(destination.connector, texts, destination.acquisition.texts)
        )
    return Desired(audiences, campaign, groups, ads)


def markers(project: Project, name: str) -> dict[str, str]:
    """Marker -> spec key of everything the project could own on a destination, whatever the motivations are now."""
    keys = ["campaign"]
    names = text_names(project)
    keys += [audience_key(tier.name) for tier in project.tiers]
    for group in [*(tier.name for tier in project.tiers), GROUP]:
        keys += [f"group/{group}", *(f"ad/{group}/{name}" for name in names)]
    return {marker(project.project.id, name, key): key for key in keys}


class _Namer:
    """Names of one destination: readable, neutral, ending in the marker."""

    def __init__(self, project: Project, destination: str) -> None:
        self.project = project.project
        self.currency = project.currency
        self.destination = destination

    def __call__(self, key: str, label: str) -> str:
        return marked_name(f"{self.project.name} · {label}", self.project.id, self.destination, key)


def _audience(named: _Namer, tier: TierSection, excluded: Collection[str], *, value_based: bool) -> AudienceSpec:
    key = audience_key(tier.name)
    return AudienceSpec(
        key=key,
        name=named(key, f"{tier.name} customers"),
        description=f"Kept by activator: customers of tier {tier.name}. Do not edit by hand.",
        tier=tier.name,
        suppress=tier.suppress or tier.name in excluded,
        value_based=value_based,
    )


def _group(named: _Namer, destination: DestinationSection, terms: TierTerms, audience_keys: list[str]) -> GroupSpec:
    own = audience_key(terms.tier)
    return GroupSpec(
        key=f"group/{terms.tier}",
        name=named(f"group/{terms.tier}", terms.tier),
        campaign_key="campaign",
        tier=terms.tier,
        audience_key=own,
        excluded_audience_keys=tuple(sorted(key for key in audience_keys if key != own)),
        daily_budget_minor=terms.daily_budget_minor,
        bid=bid_of(destination, terms.tier, terms.multiplier_bp, destination.currency or named.currency),
        countries=destination.countries,
    )


def _ad(named: _Namer, destination: DestinationSection, group: GroupSpec, variant: CopyVariant) -> AdSpec:
    key = f"ad/{group.tier}/{variant.name}"
    tags = {
        "utm_source": named.destination,
        "utm_medium": "paid",
        "utm_campaign": named.project.id,
        "utm_content": f"{group.tier}-{variant.name}",
    }
    return AdSpec(
        key=key,
        name=named(key, f"{group.tier} · {variant.name}"),
        group_key=group.key,
        variant=variant,
        landing_url=destination.landing_url,
        url_tags="&".join(f"{name}={quote(value, safe='')}" for name, value in tags.items()),
    )
