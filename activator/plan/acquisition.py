"""The group for people who are no customers yet: the platform's own segments, bid below every customer tier (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from activator.config.acquisition import GROUP
from activator.config.bidding import BID_FIELDS
from activator.config.project import DestinationSection
from activator.errors import ConfigurationError
from activator.model.ads import Bid, GroupSpec
from activator.plan.tier_bid import ONE_BP, amount_step


@dataclass(frozen=True, slots=True)
class Strangers:
    """What the group is made from. groups: of the customer tiers; audience_keys: every list of customers."""

    destination: DestinationSection
    groups: Sequence[GroupSpec]
    audience_keys: Sequence[str]
    currency: str


def acquisition_group(strangers: Strangers, name: str) -> GroupSpec:
    """The group's spec. Raises ConfigurationError where no bid is below the tiers'."""
    section = strangers.destination.acquisition
    assert section is not None, "only asked for where the project file has the section"
    return GroupSpec(
        key=f"group/{GROUP}",
        name=name,
        campaign_key="campaign",
        tier=GROUP,
        audience_key="",
        excluded_audience_keys=tuple(sorted(strangers.audience_keys)),
        daily_budget_minor=None,
        bid=acquisition_bid([group.bid for group in strangers.groups], section.bid_share, strangers.currency),
        countries=strangers.destination.countries,
        in_market=section.in_market,
    )


def acquisition_bid(tiers: Sequence[Bid], share: Decimal, currency: str) -> Bid:
    """A share of the lowest bid of a customer tier; where a return is asked for, more than any tier is asked.

    Raises:
        ConfigurationError: the strategy has no bid, or the lowest bid is the least there is.
    """
    strategy = tiers[0].strategy
    needs_amount, needs_roas = BID_FIELDS[strategy]
    if needs_amount:
        step = amount_step(currency)
        lowest = min(_offered(bid) for bid in tiers)
        amount = int((lowest * share / step).to_integral_value(ROUND_FLOOR)) * step
        if amount < step:
            raise ConfigurationError(
                "acquisition: no bid is below the lowest tier's", "Raise the tiers' `bid.amount`, or the `bid_share`."
            )
        return Bid(strategy, amount_minor=amount)
    if needs_roas:
        highest = max(bid.roas_bp or 0 for bid in tiers)
        return Bid(strategy, roas_bp=int((highest / share).to_integral_value(ROUND_CEILING)))
    raise ConfigurationError(
        f"acquisition: {strategy} has no bid that could be lower than the tiers'",
        "Choose a strategy with bids for this destination, or remove `acquisition`.",
    )


def _offered(bid: Bid) -> Decimal:
    """What a tier's people are bid, its adjustment included."""
    return Decimal(bid.amount_minor or 0) * min(bid.modifier_bp or ONE_BP, ONE_BP) / ONE_BP
