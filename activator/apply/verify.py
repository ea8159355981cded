"""Whether the world is still the one a plan was made from. Missing evidence counts as a difference."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from activator.errors import ActivatorError, DestinationError, StalePlanError, UnsafePlanError
from activator.ledger.store import Ledger
from activator.model.ads import RemoteObject
from activator.model.approval import Covered
from activator.model.plan import Bindings, Change, ChangeMembers, GuardFinding, Plan, UpdateObject, object_key
from activator.plan.approval import covered_by
from activator.plan.guards import CEILINGS, to_accept
from activator.plan.inputs import same_exports
from activator.plan.objects import ABSENT, fingerprint

CLOCK_SKEW = timedelta(minutes=5)  # between hosts that plan and apply
AGAIN = "Run `activator plan` again and look at the new preview."


def refuse_unsafe(plan: Plan) -> None:
    """Raise UnsafePlanError while guards hold back everything there is."""
    refused = objection(plan)
    if refused is not None and len(plan.withheld) == len(plan.changes):
        raise refused


def objection(plan: Plan) -> UnsafePlanError | None:
    """The first guard that objects, ceilings on money before all others."""
    objecting = [finding for finding in plan.guards if finding.accepted is None]
    if not objecting:
        return None
    return unsafe(plan, min(objecting, key=lambda finding: finding.guard not in CEILINGS))


def unsafe(plan: Plan, finding: GuardFinding) -> UnsafePlanError:
    """Why a guard holds a change back, and how it may pass."""
    options = to_accept(plan.guards)
    return UnsafePlanError(
        f"guard {finding.guard} objects to {finding.subject}: {finding.message}",
        f"{finding.fix} If it is right: activator plan {options}." if options else finding.fix,
    )


def refuse_stale(
    plan: Plan,
    current: Bindings,
    now: datetime,
    *,
    resuming: bool,
) -> None:
    """Compare every binding that concerns the plan as a whole. current: recomputed now; resuming: an interrupted apply.

    Raises:
        StalePlanError: names the first difference.
    """
    made = plan.bindings
    checks = {
        "this ledger is not the one the plan was made from": made.ledger_lineage == current.ledger_lineage,
        "an export changed since the plan was made": same_exports(made.source_digest, current.source_digest),
        "corrections, a lexicon or a copy set changed since the plan was made": (
            made.source_digest == current.source_digest
        ),
        "the project file changed since the plan was made": made.project_digest == current.project_digest,
        "activator was updated since the plan was made": made.code_version == current.code_version,
        "the rules for identifiers changed since": made.normaliser_version == current.normaliser_version,
        "a test's verdict was recorded since the plan was made": made.verdicts == current.verdicts,
        "the plan has expired": now <= made.expires_at,
        "the plan was made in the future, so the clock was wrong then or is now": now >= plan.created_at - CLOCK_SKEW,
        "the plan does not say how an object it changes looked": _touched(plan) <= set(made.remote_fingerprints),
        "another plan was applied since": resuming or made.ledger_serial == current.ledger_serial,
    }
    for difference, same in checks.items():
        if not same:
            raise StalePlanError(difference, AGAIN)


def refusals(
    plan: Plan,
    ledger: Ledger,
    observed: Mapping[str, Mapping[str, RemoteObject]],
    unread: Mapping[str, DestinationError],
    waiting: Collection[Covered],
) -> dict[int, ActivatorError]:
    """Why single changes may not be carried out, by their ordinal; the others may.

    A destination that cannot be read refuses its own changes. An object that is not as it was refuses what concerns
    it: an audience its members, anything else all that delivers there, since groups and ads hang together. waiting:
    what nobody has approved yet. Guards and approvals never hold back the removal of people who withdrew.

    Raises:
        ActivatorError: the first reason, where nothing may be done.
    """
    reasons: dict[int, ActivatorError] = {at: unsafe(plan, found) for at, found in plan.withheld.items()}
    differing = _differing(plan, ledger, observed, unread)
    for ordinal, change in enumerate(plan.changes, start=1):
        reason: ActivatorError | None = unread.get(change.destination)
        if reason is None and (subject := _concerned(change, differing)) is not None:
            reason = differing[subject]
        if reason is None and covered_by(change) in waiting and not _withdrawal(change):
            reason = _unapproved(plan)
        if reason is not None:
            reasons.setdefault(ordinal, reason)
    if not plan.changes and differing:
        raise next(iter(differing.values()))
    if reasons and len(reasons) == len(plan.changes):
        raise next(iter(reasons.values()))
    return reasons


def _differs(subject: str, planned: str, remote: RemoteObject | None) -> StalePlanError:
    if remote is None:
        return StalePlanError(f"{subject} is gone from the platform; it was there when the plan was made", AGAIN)
    how = "was made" if planned == ABSENT else "was changed"
    return StalePlanError(f"{subject} {how} on the platform since the plan was made", AGAIN)


def _withdrawal(change: Change) -> bool:
    return isinstance(change, ChangeMembers) and change.withdrawn


def _unapproved(plan: Plan) -> UnsafePlanError:
    assert plan.approval is not None, "only a plan that needs approval waits for it"
    others = [person for person in plan.approval.by if person != plan.planned_by]
    return UnsafePlanError(
        f"this waits for the approval of {' or '.join(others) or 'somebody else than who planned'}",
        f"They look at it and say yes: activator approve {plan.plan_id}.",
    )


def _differing(
    plan: Plan,
    ledger: Ledger,
    observed: Mapping[str, Mapping[str, RemoteObject]],
    unread: Mapping[str, DestinationError],
) -> dict[str, StalePlanError]:
    """destination/key of the objects that are not as they were when the plan was made, with how they differ."""
    resuming = ledger.resumable(plan.plan_id)
    found = {}
    for subject, planned in plan.bindings.remote_fingerprints.items():
        destination, _, key = subject.partition("/")
        if destination in unread:
            continue
        remote = observed.get(destination, {}).get(key)
        if fingerprint(remote) != planned and not (resuming and _ours_since(ledger, plan, destination, key, planned)):
            found[subject] = _differs(subject, planned, remote)
    return found


def _concerned(change: Change, differing: Collection[str]) -> str | None:
    """The differing object that a change has to do with, if any."""
    of_audience = covered_by(change) is Covered.AUDIENCES
    mine = f"{change.destination}/{object_key(change)}"
    for subject in differing:
        if subject == mine or (not of_audience and subject.startswith(f"{change.destination}/")):
            return subject
    return None


def _touched(plan: Plan) -> set[str]:
    """The objects a plan changes, or whose members it changes."""
    return {f"{change.destination}/{object_key(change)}" for change in plan.changes}


def _ours_since(ledger: Ledger, plan: Plan, destination: str, key: str, planned: str) -> bool:
    """While resuming: the object differs because an earlier try of this very plan created or changed it."""
    if planned == ABSENT:
        return key in ledger.owned(destination)
    return any(
        isinstance(change, UpdateObject) and (change.destination, change.spec.key) == (destination, key)
        for change in plan.changes
    )
