"""A named second person says yes to a plan, and the ledger remembers it."""

from activator.apply.verify import refuse_unsafe
from activator.errors import ConfigurationError
from activator.ledger import approvals, plans
from activator.ledger.store import Ledger
from activator.model.approval import Approval
from activator.model.plan import Plan


def check_approver(plan: Plan, person: str) -> None:
    """Whether this person may approve this plan.

    Raises:
        ConfigurationError: it needs no approval, or not theirs. UnsafePlanError: a guard objects, which comes first.
    """
    if plan.approval is None:
        raise ConfigurationError("this plan needs no approval", f"Apply it: activator apply {plan.plan_id}.")
    refuse_unsafe(plan)
    if person not in plan.approval.by:
        raise ConfigurationError(
            f"{person} may not approve: activator.yaml names {', '.join(plan.approval.by)}",
            "Set ACTIVATOR_PERSON to who you are, or ask one of them.",
        )
    if person == plan.planned_by:
        raise ConfigurationError(f"{person} has made this plan", "Ask somebody else who may approve.")


def approve(ledger: Ledger, plan: Plan, person: str, actor: str, reason: str) -> Approval:
    """Write the approval down, with what it covers. actor: person and process, for the audit log.

    Raises:
        ConfigurationError, UnsafePlanError: see check_approver.
    """
    check_approver(plan, person)
    given = Approval(plan.plan_id, person, actor, ledger.clock.now(), reason)
    covers = " and ".join(plan.approval.covers) if plan.approval else ""
    with ledger.writing() as connection:
        approvals.approve(connection, given)
        plans.note(connection, ledger.clock, actor, "approve", plan.plan_id, f"{covers}: {reason}")
    return given
