"""Bids and their two faces: ad set parameters, and the text the planner compares.

DOC/marketing-api/bidding/overview/bid-strategy, checked 2026-11-22.
"""

from collections.abc import Mapping
from typing import Any

from activator.errors import ConfigurationError
from activator.model.ads import Bid, BidStrategy
from connectors.meta.version import ROAS_FLOOR_MAX, ROAS_FLOOR_MIN, amount_for, amount_from

STRATEGIES: dict[BidStrategy, str] = {
    BidStrategy.LOWEST_COST: "LOWEST_COST_WITHOUT_CAP",
    BidStrategy.BID_CAP: "LOWEST_COST_WITH_BID_CAP",
    BidStrategy.COST_CAP: "COST_CAP",
    BidStrategy.MIN_ROAS: "LOWEST_COST_WITH_MIN_ROAS",
}
_BY_NAME = {name: strategy for strategy, name in STRATEGIES.items()}
# A return floor is a promise about value, so Meta takes it with this goal only.
GOAL_OF_MIN_ROAS = "VALUE"


def bid_text(bid: Bid, currency: str) -> str:
    """E.g. "min_roas 20000" (ratio x 10,000), "bid_cap 150" (minor units), "lowest_cost".

    Raises:
        ConfigurationError: Meta does not have the strategy, or not with this value.
    """
    if bid.strategy not in STRATEGIES:
        offered = ", ".join(STRATEGIES)
        raise ConfigurationError(f"Meta has no bid strategy {bid.strategy}", f"Use one of {offered}.")
    if bid.strategy is BidStrategy.LOWEST_COST:
        return str(bid.strategy)
    if bid.strategy is BidStrategy.MIN_ROAS:
        if bid.roas_bp is None or not ROAS_FLOOR_MIN <= bid.roas_bp <= ROAS_FLOOR_MAX:
            raise ConfigurationError("min_roas needs a `roas` from 0.01 to 1000", "Correct the tier's bid.")
        return f"{bid.strategy} {bid.roas_bp}"
    if bid.amount_minor is None or amount_for(bid.amount_minor, currency) <= 0:
        raise ConfigurationError(f"{bid.strategy} needs an `amount` above zero", "Correct the tier's bid.")
    return f"{bid.strategy} {bid.amount_minor}"


def goal_of(bid: Bid, goal: str) -> str:
    """What an ad set with this bid optimises for: goal, unless its strategy needs another."""
    return GOAL_OF_MIN_ROAS if bid.strategy is BidStrategy.MIN_ROAS else goal


def bid_params(bid: Bid, currency: str, goal: str) -> dict[str, Any]:
    """Strategy, the one value it needs, and the optimisation goal it needs. Raises ConfigurationError as bid_text."""
    bid_text(bid, currency)
    params: dict[str, Any] = {
        "bid_strategy": STRATEGIES[bid.strategy],
        "optimization_goal": goal_of(bid, goal),
    }
    if bid.strategy is BidStrategy.MIN_ROAS:
        params["bid_constraints"] = {"roas_average_floor": bid.roas_bp}
    elif bid.amount_minor is not None:
        params["bid_amount"] = amount_for(bid.amount_minor, currency)
    return params


def bid_text_of(ad_set: Mapping[str, Any], currency: str) -> str:
    """The same text, read back. An ad set without a strategy bids lowest cost, or a cap if it has an amount."""
    amount = int(ad_set.get("bid_amount") or 0)
    name = ad_set.get("bid_strategy") or STRATEGIES[BidStrategy.BID_CAP if amount else BidStrategy.LOWEST_COST]
    strategy = _BY_NAME.get(str(name))
    if strategy is None:
        return str(name)
    if strategy is BidStrategy.LOWEST_COST:
        return str(strategy)
    if strategy is BidStrategy.MIN_ROAS:
        return f"{strategy} {(ad_set.get('bid_constraints') or {}).get('roas_average_floor')}"
    return f"{strategy} {amount_from(amount, currency)}"
