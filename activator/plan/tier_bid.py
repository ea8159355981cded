"""One tier's bid as a platform takes it: what it says itself, else the destination's base and a multiplier (pure)."""

from activator.config.bidding import BID_FIELDS, from_value
from activator.config.project import DestinationSection, basis_points, minor
from activator.model.ads import Bid, BidStrategy
from activator.model.currency import minor_digits

ONE_BP = 10_000


def bid_of(destination: DestinationSection, tier: str, multiplier_bp: int | None, currency: str) -> Bid:
    """A tier's bid: what it says itself, else the base and its multiplier.

    Amounts are rounded half up to the minor unit, returns to the ten-thousandth. A tier worth more is asked for less
    return on the sale in hand, which is how target_roas and min_roas bid more.
    """
    said = destination.tiers[tier].bid
    strategy = said.strategy or destination.strategy
    section = from_value(destination.bidding)
    amount = None if said.amount is None else minor(said.amount)
    roas = None if said.roas is None else basis_points(said.roas)
    modifier = None if said.modifier is None else basis_points(said.modifier)
    value = None if said.value_rule is None else basis_points(said.value_rule)
    if section is None or not multiplier_bp:
        return Bid(strategy, amount, roas, modifier, value)
    base, (needs_amount, needs_roas) = section.base, BID_FIELDS[strategy]
    if strategy is BidStrategy.MANUAL_CPC:  # the adjustment carries the multiplier; the click price is everybody's
        modifier, multiplier_bp = modifier or multiplier_bp, ONE_BP
    if needs_amount and amount is None and base.amount is not None:
        step = amount_step(currency)
        amount = _half_up(minor(base.amount) * multiplier_bp, ONE_BP * step) * step
    if needs_roas and roas is None and base.roas is not None:
        roas = _half_up(basis_points(base.roas) * ONE_BP, multiplier_bp)
    return Bid(strategy, amount, roas, modifier, value)


def amount_step(currency: str) -> int:
    """The least difference between two amounts, in hundredths of a unit: 100 where a currency has no smaller one."""
    return 100 if minor_digits(currency) == 0 else 1


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
