"""The guards by name, and how they are accepted (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from activator.model.plan import GuardFinding

GUARDS: Mapping[str, str] = {
    "removal-share": "A plan removes too large a share of an audience.",
    "empty-audience": "An audience would fall below what the platform delivers to, or to nobody.",
    "full-refresh": "A whole new list is too small, or takes the place of one whose members the ledger does not know.",
    "source-shrunk": "An export has far fewer rows than is usual, or is no longer in the project file.",
    "suppression-shrunk": "A suppression list names far fewer people than is usual.",
    "stale-export": "An export that the project wants fresh is old, or the same as before.",
    "layout-changed": "A column in use came or went, or an export is written another way than the one used last.",
    "identifiers-fell": "Of an export's rows, far fewer than is usual say whose they are.",
    "tier-moved": "A tier has far more or far fewer people than after the last plan.",
    "no-evidence": "The ledger does not say what the last plan was made from, so nothing can be compared with it.",
    "daily-budget": "The daily budgets together exceed the ceiling of the project file.",
    "tier-budget": "A tier's daily budgets together exceed its ceiling in the project file.",
    "bid-cap": "A bid exceeds the highest that the project file allows.",
    "unproven-budget": "A budget grows before a test has confirmed the tier's copy.",
    "unknown-audience": "An audience of ours exists whose members this ledger does not know.",
    "unknown-object": "A campaign, group or ad carries our marker, and this ledger did not make it.",
    "lost-audience": "An audience of ours is gone from the platform and would be made anew.",
}

NO_EVIDENCE = "no-evidence"
UNKNOWN_OBJECT = "unknown-object"  # adopted by its id in the project file, never by the guard's name

# Ceilings on money are not accepted on the command line: whoever may spend more says so in the project file.
CEILINGS: Mapping[str, str] = {
    "daily-budget": "guards.daily_budget_max",
    "tier-budget": "guards.tier_daily_budgets_max",
    "bid-cap": "guards.bid_max",
}

# Accepting one of these says that an export is right as it is: what came before is no yardstick any more.
RESTARTING = frozenset({"source-shrunk", "suppression-shrunk", "identifiers-fell"})


def accept(findings: Sequence[GuardFinding], accepted: Mapping[str, str]) -> tuple[GuardFinding, ...]:
    """Mark the guards accepted by name; the reason given is part of the plan and of the audit log."""
    return tuple(
        finding
        if finding.guard in (*CEILINGS, UNKNOWN_OBJECT)
        else replace(finding, accepted=accepted.get(finding.guard))
        for finding in findings
    )


def to_accept(findings: Sequence[GuardFinding]) -> str:
    """The options that let every guard pass that objects; empty where one does that no option lets pass."""
    names = sorted({finding.guard for finding in findings if finding.accepted is None})
    if not names or {*CEILINGS, UNKNOWN_OBJECT} & set(names):
        return ""
    return " ".join(f"--accept {name}" for name in names) + ' --reason "..."'
