"""What tiers are bid and may spend: said tier by tier in the project file, or made from what their customers are worth.

What stands on a tier always wins. What it leaves out is made from `bidding.base`, the bid for a customer of mean worth,
and the tier's multiplier (activator/plan/bids.py).
"""

from collections.abc import Mapping
from decimal import Decimal

from pydantic import Field

from activator.config.sections import Amount, Ratio, Section
from activator.model.ads import BidStrategy

MULTIPLIER_MAX = Decimal(3)


class BidSection(Section):
    """What a tier is bid. The fields each strategy needs are checked here; whether the platform takes it, there."""

    strategy: BidStrategy | None = Field(default=None, description="Default: the destination's strategy")
    amount: Amount | None = Field(default=None, description="bid_cap, cost_cap, manual_cpc: in account currency")
    roas: Ratio | None = Field(default=None, description="min_roas, target_roas: 2.5 asks for 2.50 back per 1.00")
    modifier: Ratio | None = Field(default=None, description="manual_cpc: audience bid adjustment, 1.6 bids 60 % more")
    value_rule: Ratio | None = Field(
        default=None,
        description="Value rule: a sale to this tier counts this many times (Google: target_roas; Meta: its bids)",
    )


class DeliverySection(Section):
    """How one tier is delivered on one destination."""

    daily_budget: Amount | None = Field(default=None, description="Where budgets sit on groups (Meta)")
    bid: BidSection = BidSection()
    value_based: bool = Field(
        default=False,
        description="Meta: send what each member is worth, so that lookalikes are of the best of them; for new lists",
    )


class BaseBidSection(Section):
    """The bid for a customer of mean worth; each tier's is made from it with the tier's multiplier."""

    amount: Amount | None = Field(default=None, description="bid_cap, cost_cap: x multiplier; manual_cpc: click price")
    roas: Ratio | None = Field(default=None, description="min_roas, target_roas: asked return, divided by multiplier")


class BiddingSection(Section):
    """Bids and budgets made from what the tiers' customers are predicted to bring. How: docs/explanation/bidding.md."""

    from_value: bool = Field(default=True, description="false: nothing is made from value, tiers say everything")
    total_daily_budget: Amount | None = Field(
        default=None, description="Where budgets sit on groups (Meta): shared by the tiers; a tier's own counts first"
    )
    multiplier_max: Ratio = Field(default=MULTIPLIER_MAX, ge=1, le=10, description="No tier is bid more than this")
    base: BaseBidSection = BaseBidSection()


# What each strategy needs: (amount, roas); None where it may not be given. Meta's refusals 1815857
# and 1885204 (docs/reference/meta.md, checked 2026-11-22); Google: docs/reference/google.md.
BID_FIELDS: dict[BidStrategy, tuple[bool, bool]] = {
    BidStrategy.LOWEST_COST: (False, False),
    BidStrategy.BID_CAP: (True, False),
    BidStrategy.COST_CAP: (True, False),
    BidStrategy.MIN_ROAS: (False, True),
    BidStrategy.MANUAL_CPC: (True, False),
    BidStrategy.TARGET_ROAS: (False, True),
}


def from_value(bidding: BiddingSection | None) -> BiddingSection | None:
    """The section where bids and budgets are left to value, else None."""
    return bidding if bidding is not None and bidding.from_value else None


def check_bidding(
    where: str, default: BidStrategy, bidding: BiddingSection | None, tiers: Mapping[str, DeliverySection]
) -> None:
    """Check one destination's bids and budgets.

    Raises:
        ValueError: names the key and what is wrong with it; `Project` makes it an error of its line.
    """
    derived = from_value(bidding)
    base = derived.base if derived else BaseBidSection()
    for tier, delivery in tiers.items():
        _check_bid(f"{where}.tiers.{tier}.bid", delivery.bid, default, base)
    if derived is None:
        return
    needed = [BID_FIELDS[delivery.bid.strategy or default] for delivery in tiers.values()]
    for field, place in (("amount", 0), ("roas", 1)):
        if getattr(base, field) is not None and not any(needs[place] for needs in needed):
            message = f"{where}.bidding.base.{field}: no tier's strategy takes one"
            raise ValueError(message)
    _check_total(where, derived, tiers)


def _check_bid(where: str, bid: BidSection, default: BidStrategy, base: BaseBidSection) -> None:
    strategy = bid.strategy or default
    needs_amount, needs_roas = BID_FIELDS[strategy]
    fields = (("amount", needs_amount, bid.amount, base.amount), ("roas", needs_roas, bid.roas, base.roas))
    for field, needed, given, instead in fields:
        _check(not needed or given is not None or instead is not None, f"{where}: {strategy} needs `{field}`")
        _check(needed or given is None, f"{where}: {strategy} takes no `{field}`")
    _check(
        bid.modifier is None or strategy is BidStrategy.MANUAL_CPC,
        f"{where}: `modifier` is honoured under manual_cpc only; smart bidding ignores audience bid adjustments",
    )
    _check(
        bid.value_rule is None or strategy is not BidStrategy.MANUAL_CPC,
        f"{where}: `value_rule` does not speak to manual_cpc, which bids more by `modifier`",
    )
    _check(
        bid.modifier is None or bid.modifier >= 1,
        f"{where}: a `modifier` below 1 bids a tier down a little; suppress the tier or leave its bid alone instead",
    )


def _check_total(where: str, bidding: BiddingSection, tiers: Mapping[str, DeliverySection]) -> None:
    """What tiers say themselves must leave something of the total for those that say nothing."""
    own = [delivery.daily_budget for delivery in tiers.values() if delivery.daily_budget is not None]
    total = bidding.total_daily_budget
    if total is None:
        return
    _check(len(own) < len(tiers), f"{where}.bidding.total_daily_budget: every tier has a daily_budget of its own")
    _check(sum(own, Decimal()) < total, f"{where}.bidding.total_daily_budget: tiers' own daily_budget leave nothing")


def _check(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ValueError(message)
