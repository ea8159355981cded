"""What is worth a look in a plan and refuses nothing: value without a message, and a message without value (pure).

"Most common failure" of segmentation: tiers that are bid differently and told the same, or texts that speak to one
motivation and are shown to everybody.
"""

from collections.abc import Mapping, Sequence

from activator.config.project import Project
from activator.config.segment_fields import QUICK_DAYS
from activator.errors import DestinationError
from activator.model.ads import AdSpec, GroupSpec, RemoteObject
from activator.model.bidding import Notice, TierTerms
from activator.model.people import TierSummary
from activator.model.plan import Change, TierMotivation
from activator.plan.copy import GENERIC
from activator.plan.desired import Desired
from activator.plan.files import RATION
from activator.plan.texts import FIRST_VISITS_MIN, discounts_left_out, written_texts
from activator.ports import DestinationReader, MeteredDestination, RehearsingDestination

UNSEGMENTED = 0.9  # of all customers in one tier: there is no other to tell something else


def copy_notices(
    name: str, desired: Desired, terms: Mapping[str, TierTerms], tiers: Sequence[TierSummary]
) -> list[Notice]:
    """generic-copy and motivated-everybody, per delivery group."""
    people = {tier.tier: tier.people for tier in tiers}
    told = _told(desired)
    favoured = _favoured(desired.groups, terms, people)
    everybody = sum(people.values())
    notices = []
    for group in desired.groups:
        motives = told.get(group.key, set())
        if group.tier in favoured and motives == {GENERIC}:
            notices.append(Notice("generic-copy", f"{name}/{group.key}", f"{favoured[group.tier]}; {_GENERIC}"))
        share = people.get(group.tier, 0) / everybody if everybody else 0.0
        if share >= UNSEGMENTED and motives - {GENERIC}:
            spoken = " and ".join(sorted(motives - {GENERIC}))
            message = f"its texts speak to {spoken}, but {share:.0%} of all customers are in it; {_SPLIT}"
            notices.append(Notice("motivated-everybody", f"{name}/{group.key}", message))
    return notices


def discount_notices(
    project: Project, name: str, desired: Desired, motivations: Mapping[str, TierMotivation]
) -> list[Notice]:
    """discount-left-out and discount-unsure, per delivery group of a tier."""
    connector, texts = project.destinations[name].connector, written_texts(project)
    offers = {text.variant.name for text in texts if text.discount}
    notices = []
    for group in desired.groups:
        why = motivations.get(group.tier)
        if not offers or why is None:
            continue
        out = discounts_left_out(project, connector, why, group.tier, texts)
        shown = sorted(offers & {ad.variant.name for ad in desired.ads if ad.group_key == group.key})
        if out:
            notices.append(Notice("discount-left-out", f"{name}/{group.key}", left_out_words(project, why, out)))
        elif shown and why.first_visits < FIRST_VISITS_MIN:
            message = (
                f"it is shown {_listed(shown)}, though of only {why.first_visits:,} of its customers it is known how "
                f"soon they ordered: {FIRST_VISITS_MIN} would tell whether they need a discount"
            )
            notices.append(Notice("discount-unsure", f"{name}/{group.key}", message))
    return notices


def left_out_words(project: Project, why: TierMotivation, names: Sequence[str]) -> str:
    """Why a tier is not shown some texts."""
    share, limit = why.quick_buyers / why.first_visits, project.motivation.quick_buyers_share_max
    return (
        f"{_listed(names)} {'is' if len(names) == 1 else 'are'} left out: of its {why.first_visits:,} customers whose "
        f"first visit is known, {share:.0%} ordered within {QUICK_DAYS} days of it and buy without a discount "
        f"(left out from {limit:.0%} on)"
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def rehearsal_notices(
    name: str, reader: DestinationReader, changes: Sequence[Change], observed: Mapping[str, RemoteObject]
) -> list[Notice]:
    """would-be-refused, of what the platform says it would not take."""
    if not isinstance(reader, RehearsingDestination):
        return []
    try:
        refused = reader.refusals(changes, {key: remote.platform_id for key, remote in observed.items()})
    except DestinationError as error:
        return [Notice("would-be-refused", name, f"could not be asked about beforehand: {error.message}")]
    return [Notice("would-be-refused", f"{name}/{key}", why) for key, why in sorted(refused.items())]


def ration_notices(name: str, reader: DestinationReader, changes: Sequence[Change]) -> list[Notice]:
    """daily-ration, where the platform rations what may be done in a day."""
    words = reader.cost(changes) if isinstance(reader, MeteredDestination) else None
    return [Notice(RATION, name, words)] if words else []


_GENERIC = "but it is told what everybody is told. Find out why it buys: `activator profile`"
_SPLIT = "divide them by value first: `tiers` in activator.yaml"


def motivated_tiers(desired: Desired) -> set[str]:
    """Tiers that are told something of their own."""
    told = _told(desired)
    return {group.tier for group in desired.groups if told.get(group.key, set()) - {GENERIC}}


def _told(desired: Desired) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for ad in desired.ads:
        assert isinstance(ad, AdSpec)
        told.setdefault(ad.group_key, set()).add(ad.variant.motivation)
    return told


def _favoured(groups: Sequence[GroupSpec], terms: Mapping[str, TierTerms], people: Mapping[str, int]) -> dict[str, str]:
    """Tiers that get more than their share, and how much: of the budget by customers, or by their bid."""
    budgets = {group.tier: group.daily_budget_minor or 0 for group in groups}
    total, customers = sum(budgets.values()), sum(people.get(tier, 0) for tier in budgets)
    found = {}
    for group in groups:
        of_budget = budgets[group.tier] / total if total else 0.0
        of_people = people.get(group.tier, 0) / customers if customers else 0.0
        made = terms[group.tier].multiplier_bp if group.tier in terms else None
        bid = max(made or 0, group.bid.modifier_bp or 0) / 10_000
        if of_budget > of_people:
            found[group.tier] = f"it gets {of_budget:.0%} of the budget for {of_people:.0%} of the customers"
        elif bid > 1:
            found[group.tier] = f"it is bid {bid:.2f} times the base"
    return found
