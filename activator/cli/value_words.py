"""What tiers go by and what it takes to be in one, in words."""

from collections.abc import Iterator

from activator.cli.amounts import money
from activator.model.people import TierSummary
from activator.model.valuing import Basis, TierRule, Valuing

_BASES = {
    Basis.PAST: "what customers have brought so far, net of returns",
    Basis.PREDICTED: "what customers are expected to bring within {days} days",
    Basis.BLENDED: "what customers have brought so far and are expected to bring within {days} days, together",
}
METHODS = {
    "model": "purchase and spend models",
    "robust": "a robust rate per customer",
    "past_spend": "past spend going on at its pace",
}


def basis_lines(valuing: Valuing, tiers: tuple[TierSummary, ...]) -> Iterator[str]:
    """What the tiers go by, and how that is estimated."""
    names = any(rule.rfm for rule in valuing.rules)
    basis = "RFM names" if names else _BASES[valuing.basis].format(days=valuing.horizon_days)
    yield f"Tiers go by {basis}{', less the cost to serve' if valuing.costs and not names else ''}."
    if valuing.basis is not Basis.PAST:
        yield f"{method_line(valuing)}."
    held = sum(tier.stayed for tier in tiers)
    if held:
        yield f"{held:,} customers keep the tier they had, where a newcomer of the same value would be in another."


def method_line(valuing: Valuing) -> str:
    """The estimate that is used, why, and how far off it was."""
    off = "what came was" if valuing.tried else "not tried, so we assume that what comes is"
    return (
        f"Estimated by {METHODS[valuing.method]} ({valuing.reason}); {off} {valuing.low:.2f} to "
        f"{valuing.high:.2f} of what was predicted"
    )


def rule_words(rule: TierRule, currency: str) -> str:
    """What it took to be in a tier or a better one."""
    if rule.closed:
        return f"closed: too few, so they are in {rule.closed}"
    if rule.rfm:
        stays = f"; who is in stays as {', '.join(rule.stay_rfm)} too" if rule.stay_rfm else ""
        return f"RFM {', '.join(rule.rfm)}{stays}"
    if rule.least_minor is None:
        return "its share of customers reaches nobody"
    words = f"{money(rule.least_minor, currency)} {currency} or more"
    if rule.enter_minor is not None and rule.enter_minor != rule.least_minor:
        words += f"; from a lesser tier {money(rule.enter_minor, currency)}"
    if rule.stay_minor is not None and rule.stay_minor != rule.least_minor:
        words += f"; who is in stays down to {money(rule.stay_minor, currency)}"
    return words
