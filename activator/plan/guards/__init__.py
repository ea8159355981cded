"""Guards: what a plan may not do unless somebody accepts it by name, with a reason (pure).

They look at the plan itself, so the preview shows what apply would refuse.
"""

from collections.abc import Collection, Mapping, Sequence

from activator.config.project import GuardSection, minor
from activator.model.ads import CampaignSpec, GroupSpec, ObjectSpec, RemoteObject
from activator.model.bidding import AppliedTerms, TierVerdict
from activator.model.ledger import SourceUse
from activator.model.plan import AudienceState, GuardFinding

SMALL_AUDIENCE = 10  # below this a share says nothing; emptying is still guarded

GUARDS: Mapping[str, str] = {
    "removal-share": "A plan removes too large a share of an audience.",
    "empty-audience": "An audience would fall below what the platform delivers to, or to nobody.",
    "source-shrunk": "An export has far fewer rows than the one used last, or is no longer in the project file.",
    "suppression-shrunk": "A suppression list names far fewer people than the one used last.",
    "daily-budget": "The daily budgets together exceed the ceiling of the project file.",
    "unproven-budget": "A budget grows before a test has confirmed the tier's copy.",
    "unknown-audience": "An audience of ours exists whose members this ledger does not know.",
    "lost-audience": "An audience of ours is gone from the platform and would be made anew.",
}


def audience_guards(
    states: Sequence[AudienceState], limits: GuardSection, members_min: Mapping[str, int]
) -> list[GuardFinding]:
    """removal-share and empty-audience, per audience. members_min: the platform's own minimum, by destination."""
    findings = []
    for state in states:
        left = state.believed - state.removes + state.adds
        subject = f"{state.destination}/{state.audience_key}"
        minimum = members_min[state.destination]
        if state.believed and (left == 0 or left < minimum <= state.believed):
            findings.append(
                GuardFinding(
                    "empty-audience",
                    subject,
                    f"{state.believed:,} members would become {left:,}; the platform delivers from {minimum:,}",
                    "Check that the exports are complete.",
                )
            )
        elif state.believed >= SMALL_AUDIENCE and state.removes > limits.removal_share_max * state.believed:
            share = 100 * state.removes // state.believed
            findings.append(
                GuardFinding(
                    "removal-share",
                    subject,
                    f"{state.removes:,} of {state.believed:,} members would be removed ({share} %; "
                    f"limit {100 * limits.removal_share_max:.0f} %)",
                    "Check the exports and the tier cuts.",
                )
            )
    return findings


def source_guards(rows: Mapping[str, int], last: Mapping[str, SourceUse], limits: GuardSection) -> list[GuardFinding]:
    """source-shrunk: a cut file parses perfectly, so only its size can give it away."""
    return [
        GuardFinding(
            "source-shrunk",
            name,
            f"{count:,} rows, {last[name].rows:,} when last used (limit {100 * limits.source_rows_share_min:.0f} %)",
            "Export it again, and check that it is complete.",
        )
        for name, count in rows.items()
        if name in last and count < limits.source_rows_share_min * last[name].rows
    ]


def missing_guards(named: Collection[str], last: Mapping[str, SourceUse]) -> list[GuardFinding]:
    """source-shrunk: an entry taken out of the project file takes its people, or its objections, with it."""
    return [
        GuardFinding(
            "source-shrunk",
            name,
            f"no longer in the project file; {use.rows:,} rows when last used",
            "Put it back. If it was a suppression list, whoever it named may be sent again without it.",
        )
        for name, use in sorted(last.items())
        if name not in named and use.rows
    ]


def suppression_guards(
    rows: Mapping[str, int], last: Mapping[str, SourceUse], limits: GuardSection
) -> list[GuardFinding]:
    """suppression-shrunk: a list that lost its rows would let people back in, and only its size gives it away."""
    return [
        GuardFinding(
            "suppression-shrunk",
            found.subject,
            found.message.replace("rows,", "usable rows,", 1),
            "Export the list again, and check that it is complete: whoever it no longer names may be sent again.",
        )
        for found in source_guards(rows, last, limits)
    ]


def budget_guards(specs: Mapping[str, Sequence[ObjectSpec]], limits: GuardSection) -> list[GuardFinding]:
    """daily-budget: over all destinations, in the project's currency."""
    if limits.daily_budget_max is None:
        return []
    ceiling = minor(limits.daily_budget_max)
    total = sum(
        spec.daily_budget_minor or 0
        for destination in specs.values()
        for spec in destination
        if isinstance(spec, GroupSpec | CampaignSpec)
    )
    if total <= ceiling:
        return []
    return [
        GuardFinding(
            "daily-budget",
            "all destinations",
            f"budgets of {total / 100:,.2f} a day exceed the ceiling of {ceiling / 100:,.2f}",
            "Lower the budgets, or raise guards.daily_budget_max.",
        )
    ]


def unproven_budget_guards(
    name: str,
    specs: Sequence[ObjectSpec],
    observed: Mapping[str, RemoteObject],
    applied: Sequence[AppliedTerms],
    verdicts: Sequence[TierVerdict],
    gated: Collection[str],
) -> list[GuardFinding]:
    """unproven-budget: of the gated tiers a budget pays for, all must have a confirmed verdict before it grows.

    gated: tiers that are told something of their own, or whose budget is made from value; what everybody is told is
    what tests are held against. A budget that somebody has lowered on the platform may go back to what the last plan
    gave.
    """
    proven = {verdict.tier for verdict in verdicts if verdict.confirmed}
    delivered = [spec.tier for spec in specs if isinstance(spec, GroupSpec)]
    given = {row.tier: row.daily_budget_minor or 0 for row in applied if row.destination == name}
    findings = []
    for spec in specs:
        if not isinstance(spec, GroupSpec | CampaignSpec) or spec.key not in observed or not spec.daily_budget_minor:
            continue
        tiers = [spec.tier] if isinstance(spec, GroupSpec) else delivered
        before = max(budget_shown(observed[spec.key]), given.get(tiers[0], 0) if isinstance(spec, GroupSpec) else 0)
        unproven = [tier for tier in tiers if tier in gated and tier not in proven]
        if before and unproven and spec.daily_budget_minor > before:
            findings.append(
                GuardFinding(
                    "unproven-budget",
                    f"{name}/{spec.key}",
                    f"the budget would grow from {before / 100:,.2f} to {spec.daily_budget_minor / 100:,.2f} a day; "
                    f"no test has confirmed the copy of {', '.join(unproven)}",
                    "Test it and record the verdict (`activator experiment verdict --record TIER`), or accept it.",
                )
            )
    return findings


def budget_shown(remote: RemoteObject) -> int:
    """The daily budget an object shows, in minor units; 0 where it shows none."""
    shown = remote.fields.get("daily_budget_minor")
    return shown if isinstance(shown, int) else 0


def accept(findings: Sequence[GuardFinding], accepted: Mapping[str, str]) -> tuple[GuardFinding, ...]:
    """Mark the guards accepted by name; the reason given is part of the plan and of the audit log."""
    return tuple(GuardFinding(f.guard, f.subject, f.message, f.fix, accepted.get(f.guard)) for f in findings)
