"""Guards: what a plan may not do unless somebody accepts it by name, with a reason (pure).

They look at the plan itself, so the preview shows what apply would refuse.
"""

from activator.plan.guards.audiences import SMALL_AUDIENCE, audience_guards, tier_guards
from activator.plan.guards.exports import (
    evidence_guards,
    freshness_guards,
    identifier_guards,
    layout_guards,
    missing_guards,
    source_guards,
    suppression_guards,
)
from activator.plan.guards.names import CEILINGS, GUARDS, NO_EVIDENCE, RESTARTING, UNKNOWN_OBJECT, accept, to_accept
from activator.plan.guards.spend import (
    bid_guards,
    budget_guards,
    budget_shown,
    currencies_of,
    unproven_budget_guards,
)

__all__ = [
    "CEILINGS", "GUARDS", "NO_EVIDENCE", "RESTARTING", "SMALL_AUDIENCE", "UNKNOWN_OBJECT",
    "accept", "audience_guards", "bid_guards", "budget_guards", "budget_shown", "currencies_of", "evidence_guards",
    "freshness_guards", "identifier_guards", "layout_guards", "missing_guards", "source_guards", "suppression_guards",
    "tier_guards", "to_accept", "unproven_budget_guards",
]  # fmt: skip
