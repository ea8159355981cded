"""What the ledger is to remember of a plan, for the guards of the next one (pure)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from activator.model.ledger import Evidence, SourceUse
from activator.model.people import Outcome, SourceCount, SuppressionCount
from activator.model.plan import Plan
from activator.people.mapping import IGNORED
from activator.plan.guards import NO_EVIDENCE, RESTARTING


def rows_by_source(counts: Sequence[SourceCount], suppressions: Sequence[SuppressionCount]) -> dict[str, int]:
    """Rows of each source, whatever became of them, and of each suppression list those that keep somebody out."""
    return _rows(counts, lambda _: True) | {listed.name: listed.usable for listed in suppressions}


def usable_shares(counts: Sequence[SourceCount]) -> dict[str, int]:
    """Of the rows of each source that are wanted at all, those that say whose they are, x 10,000."""
    wanted, lost = _rows(counts, _is_wanted), _rows(counts, _names_nobody)
    return {source: 10_000 * (rows - lost[source]) // rows for source, rows in wanted.items() if rows}


def _is_wanted(count: SourceCount) -> bool:
    return not count.reason.startswith(IGNORED)


def _names_nobody(count: SourceCount) -> bool:
    return _is_wanted(count) and count.outcome in (Outcome.INVALID, Outcome.NO_IDENTIFIER)


def _rows(counts: Sequence[SourceCount], among: Callable[[SourceCount], bool]) -> dict[str, int]:
    """Rows by source; where destinations differ, the most that any of them has."""
    by_destination: dict[str, dict[str, int]] = {}
    for count in counts:
        rows = by_destination.setdefault(count.source, {})
        rows[count.destination] = rows.get(count.destination, 0) + count.rows * among(count)
    found = {}
    for source, rows in by_destination.items():
        everywhere = rows.pop("", 0)
        found[source] = everywhere + max(rows.values(), default=0)
    return found


def uses_of(plan: Plan, evidence: Evidence, now: datetime) -> tuple[SourceUse, ...]:
    """What was read from each source.

    What is gone from the project file, as somebody has accepted by now, counts as empty, so it is not missed again.
    """
    looks = {look.source: look for look in plan.looks}
    shares = usable_shares(plan.sources)
    accepted = [finding for finding in plan.guards if finding.accepted]
    restarted = {finding.subject for finding in accepted if finding.guard in RESTARTING}
    anew = any(finding.guard == NO_EVIDENCE for finding in accepted)
    uses = []
    for name, rows in (dict.fromkeys(evidence.uses, 0) | rows_by_source(plan.sources, plan.suppressions)).items():
        look = looks.get(name)
        uses.append(
            SourceUse(
                source=name,
                rows=rows,
                digest=look.digest if look else "",
                used_at=now,
                columns=look.columns if look else (),
                dialect=look.dialect if look else "",
                usable_bp=shares.get(name),
                written_at=look.written_at if look else None,
                restarted=anew or name in restarted,
            )
        )
    return tuple(uses)
