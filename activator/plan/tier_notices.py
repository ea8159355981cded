"""What deserves a look about the tiers themselves: their size, and how many there are for so many customers (pure).

The limits and where they come from: docs/explanation/value-and-tiers.md.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from activator.config.project import Project
from activator.model.bidding import Notice
from activator.model.people import TierSummary
from activator.model.valuing import Valuing

HIGH_SHARES = (Decimal("0.20"), Decimal("0.30"))  # of customers in the best tier
CUSTOMERS_MIN = 300  # for more than two tiers
TIE_SHARE = Decimal("0.05")  # of customers, beyond what was asked for: worth saying


def tier_notices(project: Project, tiers: Sequence[TierSummary], valuing: Valuing) -> Iterator[Notice]:
    """Notices about the tiers of a plan, best first."""
    customers = sum(tier.people for tier in tiers)
    if not customers:
        return
    filled = sum(tier.people > 0 for tier in tiers)
    if customers < CUSTOMERS_MIN and filled > 2:
        yield Notice(
            "few-customers",
            f"{filled} tiers",
            f"{customers:,} customers: below {CUSTOMERS_MIN} keep to two tiers and the same texts for both, since what "
            "differs between smaller groups is mostly chance (`activator init --preset small-team` shows how)",
        )
    low, high = HIGH_SHARES
    share = Decimal(tiers[0].people) / customers
    wanted = project.tiers[0].top_share
    if wanted is not None and not low <= wanted <= high:
        yield Notice(
            "high-tier-share",
            f"tier {tiers[0].tier}",
            f"top_share {wanted:.0%} is outside {low:.0%} to {high:.0%}, where most of what customers bring is",
        )
    elif wanted is None and share > high:
        yield Notice(
            "high-tier-share",
            f"tier {tiers[0].tier}",
            f"{share:.0%} of customers are in it; above {high:.0%} it says little about who is worth more",
        )
    yield from _ties(project, tiers, valuing)
    for rule in valuing.rules:
        if rule.closed:
            yield Notice("tier-closed", f"tier {rule.tier}", f"too few customers: they are in tier {rule.closed}")


def _ties(project: Project, tiers: Sequence[TierSummary], valuing: Valuing) -> Iterator[Notice]:
    """tier-tie and tier-worthless: customers worth the same share a tier, whatever its share was to be."""
    customers, above = sum(tier.people for tier in tiers), 0
    closed = any(rule.closed for rule in valuing.rules)
    for section, tier, rule in zip(project.tiers[:-1], tiers, valuing.rules, strict=False):
        above += tier.people
        if section.top_share is None or rule.least_minor is None or not tier.people:
            continue
        widest = max(section.top_share, section.stay_share or section.top_share)
        share = Decimal(above) / customers
        if rule.least_minor <= 0:
            message = "whoever is worth nothing is in it too, since too few are worth more"
            yield Notice("tier-worthless", f"tier {tier.tier}", f"{message}; see `activator value`")
        elif not closed and share > widest + TIE_SHARE:
            message = f"{share:.0%} of customers are in it or a better one instead of {section.top_share:.0%}"
            yield Notice("tier-tie", f"tier {tier.tier}", f"{message}, since so many are worth the same")
