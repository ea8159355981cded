"""What each tier of a destination is bid and given: as the project file says, or from what it is worth (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from activator.config.bidding import BiddingSection, DeliverySection, from_value
from activator.config.project import Project, minor
from activator.errors import ConfigurationError
from activator.model.bidding import AppliedTerms, BiddingFacts, TierSpend, TierTerms, Worths
from activator.model.currency import minor_digits
from activator.plan.bids import SLOPE_DEFAULT, TierBid, TierValue, bids, credibility_of
from activator.plan.budgets import divided
from activator.plan.tier_bid import ONE_BP, amount_step

MILLION = 1_000_000
ORDERS_MIN = 20  # below this many, what an order costs is luck


@dataclass(frozen=True, slots=True)
class Budgets:
    """What is known of a destination's budgets. in_place: by tier, minor units; may_grow: without a confirmed verdict.

    level: "group" or "campaign", see ports.DestinationReader.
    """

    level: str
    in_place: Mapping[str, int]
    may_grow: bool = False


def tier_terms(
    project: Project, name: str, worths: Worths, facts: BiddingFacts, budgets: Budgets, small: Collection[str] = ()
) -> dict[str, TierTerms]:
    """One entry per tier the destination delivers to, in the project's order. small: tiers without an audience.

    Raises:
        ConfigurationError: the total budget is too small to leave every tier something.
    """
    destination = project.destinations[name]
    tiers = [tier.name for tier in project.tiers if tier.name in destination.tiers and tier.name not in small]
    section = from_value(destination.bidding)
    if section is None:
        return {tier: as_said(name, tier, destination.tiers[tier], budgets.level) for tier in tiers}
    made = _Made(project, name, section, worths, facts, tiers)
    judged = {tier: bid for tier, bid in made.bids().items() if tier in tiers}
    amounts = made.amounts(judged, budgets)
    return {
        tier: TierTerms(
            destination=name,
            tier=tier,
            multiplier_bp=round(bid.multiplier * ONE_BP),
            base_share_ppm=made.base_shares[tier],
            daily_budget_minor=amounts.get(tier, (None, ""))[0],
            excluded=bid.excluded,
            why_bid=bid.why,
            why_budget=amounts.get(tier, (None, ""))[1],
        )
        for tier, bid in judged.items()
    }


def as_said(name: str, tier: str, delivery: DeliverySection, level: str) -> TierTerms:
    """A tier's terms where the project file says them all."""
    budget = delivery.daily_budget if level == "group" else None
    return TierTerms(name, tier, None, None, None if budget is None else minor(budget))


class _Made:
    """One destination whose bids and budgets come from value."""

    def __init__(
        self,
        project: Project,
        name: str,
        section: BiddingSection,
        worths: Worths,
        facts: BiddingFacts,
        tiers: Sequence[str],
    ) -> None:
        self.project, self.name, self.section = project, name, section
        self.destination = project.destinations[name]
        self.currency = self.destination.currency or project.currency
        self.worths, self.facts, self.tiers = worths, facts, tiers
        self.applied = {row.tier: row for row in facts.applied if row.destination == name}
        self.spend = {row.tier: row for row in facts.spend if row.destination == name}
        self.verdicts = {row.tier: row for row in facts.verdicts}
        self.base_shares = self._base_shares()

    def bids(self) -> dict[str, TierBid]:
        """The multiplier of every tier; one that says anything itself is never left out."""
        filled = [tier for tier in self.worths.tiers if tier.customers]
        people = sum(tier.customers for tier in filled)
        mean = sum(tier.total_minor for tier in filled) / people if people else 0.0
        found = bids(
            [self._value(tier) for tier in self.tiers],
            k=credibility_of(filled),
            weeks_running=self._weeks_running(),
            slope=SLOPE_DEFAULT if self.worths.slope is None else self.worths.slope,
            multiplier_max=float(self.section.multiplier_max),
            mean_minor=mean * self._hundredths,
        )
        return {bid.tier: self._kept(bid) for bid in found}

    def amounts(self, judged: Mapping[str, TierBid], budgets: Budgets) -> dict[str, tuple[int, str]]:
        """The daily budget of each tier and where it comes from; nothing where the budget is the campaign's."""
        if budgets.level != "group":
            return {}
        said = {tier: self.destination.tiers[tier].daily_budget for tier in self.tiers}
        own = {tier: minor(budget) for tier, budget in said.items() if budget is not None}
        found = {tier: (amount, "") for tier, amount in own.items()}
        if self.section.total_daily_budget is None:
            return found
        left = minor(self.section.total_daily_budget) - sum(own.values())
        still = self._standing_still(budgets, left, [tier for tier in self.tiers if tier not in own])
        weights = {
            tier: Fraction(self.base_shares[tier] * round(bid.multiplier * ONE_BP))
            for tier, bid in judged.items()
            if tier not in own and tier not in still
        }
        left -= sum(still.values())
        step = amount_step(self.currency)
        wanted = divided(left, weights, step=step)
        limits = {} if budgets.may_grow else {t: b for t, b in budgets.in_place.items() if not self._proven(t)}
        given = divided(left, weights, limits, step)
        found |= {tier: (amount, "its copy is being tested, so it stays") for tier, amount in still.items()}
        everything = sum(weights.values(), Fraction())
        for tier, amount in given.items():
            share = float(weights[tier] / everything) if everything else 0.0
            if not amount and weights[tier]:
                raise ConfigurationError(
                    f"activator.yaml: destinations.{self.name}.bidding.total_daily_budget: nothing is left for {tier}",
                    "Raise it, or exclude the tier: take it out of the destination's `tiers`.",
                )
            found[tier] = (amount, self._budget_words(tier, judged[tier], share, left, wanted[tier], amount))
        return found

    def _budget_words(self, tier: str, bid: TierBid, share: float, left: int, wanted: int, given: int) -> str:
        if bid.excluded:
            return "nothing, since the tier is excluded"
        base = self.base_shares[tier] / MILLION
        words = f"{share:.2%} of {left / 100:,.2f} = {base:.0%} before multipliers x {bid.multiplier:.2f}"
        if given < wanted:
            words += f"; held at {given / 100:,.2f} of {wanted / 100:,.2f}: {self._unproven(tier)}"
        if given > wanted:
            words += f"; {given / 100:,.2f} with what others may not take"
        return words

    def _standing_still(self, budgets: Budgets, left: int, tiers: Sequence[str]) -> dict[str, int]:
        """Budgets of tiers under test, as they are, as far as the total reaches."""
        still: dict[str, int] = {}
        for tier in tiers:
            if self._testing(tier) and tier in budgets.in_place:
                still[tier] = min(budgets.in_place[tier], left - sum(still.values()))
        return still

    def _value(self, tier: str) -> TierValue:
        worth = next((worth for worth in self.worths.tiers if worth.tier == tier), None)
        applied = self.applied.get(tier)
        in_place = None if applied is None or applied.multiplier_bp is None else applied.multiplier_bp / ONE_BP
        return TierValue(
            tier=tier,
            customers=worth.customers if worth else 0,
            value_minor=(worth.mean_minor if worth else 0.0) * self._hundredths,
            value_high_minor=(worth.mean_high_minor if worth else 0.0) * self._hundredths,
            spend_share=self.base_shares[tier] / MILLION,
            cost_per_order_minor=self._cost_per_order(self.spend.get(tier)),
            bid=in_place,
            bid_days=(self.facts.today - applied.changed_at.date()) // timedelta(days=1) if applied else 0,
            testing=self._testing(tier),
        )

    def _kept(self, bid: TierBid) -> TierBid:
        delivery = self.destination.tiers[bid.tier]
        says = delivery.daily_budget is not None or any(
            given is not None for given in (delivery.bid.amount, delivery.bid.roas, delivery.bid.modifier)
        )
        if not bid.excluded or not says:
            return bid
        return TierBid(bid.tier, 1.0, False, 0.0, f"{bid.why}; kept at 1.00, since the project file says what it gets")

    def _base_shares(self) -> dict[str, int]:
        """Shares before multipliers, in millionths: as first applied, else of what is spent now, else equal.

        Kept from the first plan on: shares of today's spend already hold the multipliers, and would compound.
        """
        spent = {tier: row.spend_micros for tier, row in self.spend.items() if tier in self.tiers}
        total, equal = sum(spent.values()), MILLION // max(len(self.tiers), 1)
        shares = {}
        for tier in self.tiers:
            applied = self.applied.get(tier)
            now = MILLION * spent.get(tier, 0) // total if total else 0
            shares[tier] = applied.base_share_ppm if applied and applied.base_share_ppm else now or equal
        return shares

    def _weeks_running(self) -> int:
        begun = [row.since.date() for row in self.applied.values() if row.multiplier_bp is not None]
        return (self.facts.today - min(begun)).days // 7 + 1 if begun else 1

    def _cost_per_order(self, spend: TierSpend | None) -> float:
        """Hundredths of the project's currency; 0 where orders are few or there is no rate."""
        if spend is None or spend.conversions_milli < ORDERS_MIN * 1_000:
            return 0.0
        home = spend.currency == self.project.currency
        rate: float = 1.0 if home else float(self.project.value.rates.get(spend.currency, 0))
        return rate * spend.spend_micros / spend.conversions_milli / 10

    def _testing(self, tier: str) -> bool:
        return tier in self.verdicts and self.verdicts[tier].outcome == "running"

    def _proven(self, tier: str) -> bool:
        return tier in self.verdicts and self.verdicts[tier].confirmed

    def _unproven(self, tier: str) -> str:
        if tier in self.verdicts and self.verdicts[tier].outdated:
            return "its texts have changed since they were tested"
        return "no confirmed verdict on its copy yet"

    @property
    def _hundredths(self) -> float:
        """Hundredths of a unit, in which amounts of the project file are counted, for one minor unit of values."""
        return 100.0 / float(10 ** minor_digits(self.project.currency))


def in_place_of(observed: Mapping[str, int], applied: Sequence[AppliedTerms]) -> dict[str, int]:
    """The budget each tier has: what the platform shows, or what we last gave it where somebody has lowered it."""
    given = {row.tier: row.daily_budget_minor for row in applied if row.daily_budget_minor is not None}
    return {tier: max(amount, given.get(tier, 0)) for tier, amount in observed.items() if amount}
