"""The project file's rules about value and tiers, in the data plane's terms."""

from decimal import ROUND_HALF_UP, Decimal

from activator.config.project import Project
from activator.model.currency import minor_digits
from activator.people.costs import Costs
from activator.people.tiers import TierCut
from activator.people.valuation import ValuingPolicy


def tier_cuts(project: Project) -> tuple[TierCut, ...]:
    """The tiers, best first."""
    return tuple(
        TierCut(
            name=tier.name,
            top_share=tier.top_share,
            enter_share=tier.enter_share,
            stay_share=tier.stay_share,
            at_least_minor=_minor(tier.at_least, project.currency),
            enter_at_least_minor=_minor(tier.enter_at_least, project.currency),
            stay_at_least_minor=_minor(tier.stay_at_least, project.currency),
            rfm=tier.rfm,
            stay_rfm=tier.stay_rfm,
            people_min=tier.people_min,
            suppress=tier.suppress,
        )
        for tier in project.tiers
    )


def valuing_policy(project: Project) -> ValuingPolicy:
    """What worth means."""
    value = project.value
    given = value.costs
    costs = Costs(
        ticket_minor=_minor(given.ticket, project.currency),
        support_hour_minor=_minor(given.support_hour, project.currency),
        onboarding_hour_minor=_minor(given.onboarding_hour, project.currency),
        management_hour_minor=_minor(given.management_hour, project.currency),
    )
    return ValuingPolicy(value.basis, value.horizon_days, costs)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    """An amount in minor units of a currency; half up where it has fewer digits than were given."""
    if amount is None:
        return None
    digits = minor_digits(currency)
    return int(amount.scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))
