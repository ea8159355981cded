"""Whether the world is still the one a plan was made from. Missing evidence counts as a difference."""

from collections.abc import Mapping
from datetime import datetime

from activator.errors import StalePlanError, UnsafePlanError
from activator.ledger.store import Ledger
from activator.model.ads import RemoteObject
from activator.model.plan import Bindings, Plan, UpdateObject
from activator.plan.guards import CEILINGS, to_accept
from activator.plan.inputs import same_exports
from activator.plan.objects import ABSENT, fingerprint

AGAIN = "Run `activator plan` again and look at the new preview."


def refuse_unsafe(plan: Plan) -> None:
    """Raise UnsafePlanError while a guard objects."""
    open_findings = [finding for finding in plan.guards if finding.accepted is None or finding.guard in CEILINGS]
    if open_findings:
        first = min(open_findings, key=lambda finding: finding.guard not in CEILINGS)
        options = to_accept(open_findings)
        raise UnsafePlanError(
            f"guard {first.guard} objects to {first.subject}: {first.message}",
            f"{first.fix} If it is right: activator plan {options}." if options else first.fix,
        )


def refuse_stale(
    plan: Plan,
    current: Bindings,
    now: datetime,
    ledger: Ledger,
    observed: Mapping[str, Mapping[str, RemoteObject]],
) -> None:
    """Compare every binding. current: recomputed now; remote fingerprints are taken from observed.

    Raises:
        StalePlanError: names the first difference.
    """
    made = plan.bindings
    resuming = ledger.resumable(plan.plan_id)
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
        "another plan was applied since": resuming or made.ledger_serial == current.ledger_serial,
    }
    for difference, same in checks.items():
        if not same:
            raise StalePlanError(difference, AGAIN)
    for subject, planned in made.remote_fingerprints.items():
        destination, _, key = subject.partition("/")
        remote = observed.get(destination, {}).get(key)
        if fingerprint(remote) != planned and not (resuming and _ours_since(ledger, plan, destination, key, planned)):
            raise StalePlanError(f"{subject} was changed on the platform since the plan was made", AGAIN)


def _ours_since(ledger: Ledger, plan: Plan, destination: str, key: str, planned: str) -> bool:
    """While resuming: the object differs because an earlier try of this very plan created or changed it."""
    if planned == ABSENT:
        return key in ledger.owned(destination)
    return any(
        isinstance(change, UpdateObject) and (change.destination, change.spec.key) == (destination, key)
        for change in plan.changes
    )
