"""Plans of no more than a test is about."""

from datetime import datetime
from typing import Any

from activator.model.plan import Bindings, Plan


def bare_plan(at: datetime, plan_id: str = "plan", **fields: Any) -> Plan:
    """A plan that is bound to nothing and holds nothing but these fields."""
    empty = ("changes", "audiences", "movements", "guards", "sources", "tiers", "motivations")
    bound = Bindings("", 0, "", "", "", "", {}, at)
    made: dict[str, Any] = {"project_id": "p", "bindings": bound, **dict.fromkeys(empty, ()), **fields}
    return Plan(plan_id=plan_id, created_at=at, **made)
