"""How fresh and complete each source is, and whether conversions have stopped being recorded."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from activator.briefing.inert import visible
from activator.briefing.words import count, label, moment, short_day
from activator.model.briefing import BriefingInput, Fact
from activator.model.erasure import Erasure
from activator.model.people import Outcome, SourceCount, SuppressionCount
from activator.model.performance import AdDay

SYNC_AGE_MAX = timedelta(hours=36)
ERASURE_LEFT_MIN = timedelta(days=7)
SILENT_DAYS = 2
HISTORY_DAYS = 14
# Conversions expected in silence before it counts as a break: the chance of none among 15 is 3 in 10 million.
SILENT_EXPECTED_MIN = 15

# Rows a mapping leaves out on purpose come as invalid with a reason that begins so.
LEFT_OUT = "ignored"
INVALID_SHARE_MAX = 0.05

OUTCOME_WORDS = {
    Outcome.MEMBER: "people used",
    Outcome.MERGED: "joined to people already counted",
    Outcome.NO_IDENTIFIER: "without a usable identifier",
    Outcome.NO_CONSENT: "without consent",
    Outcome.SUPPRESSED: "on a suppression list",
    Outcome.HELD_OUT: "held out",
    Outcome.BELOW_MINIMUM: "in a tier too small for an audience",
    Outcome.NOT_A_CUSTOMER: "not a customer",
}


def facts_of(given: BriefingInput) -> tuple[Fact, ...]:
    """Performance by destination, then exports, then the last sync; nothing while nothing has happened."""
    if not given.ad_days and not given.sources and given.last_sync_at is None:
        return ()
    exports = (*_exports(given.sources), *_lists(given.suppressions))
    return (*_performance(given), *exports, *_erasures(given.erasures), _sync(given))


def tracking_breaks(given: BriefingInput) -> tuple[str, ...]:
    """Sentences on destinations that spend as before but have stopped reporting conversions altogether."""
    broken = []
    for destination, rows in _by_destination(given).items():
        silent_from = given.as_of - timedelta(days=SILENT_DAYS - 1)
        recent = [row for row in rows if silent_from <= row.day <= given.as_of]
        history = [row for row in rows if silent_from - timedelta(days=HISTORY_DAYS) <= row.day < silent_from]
        spend, before = sum(row.spend_micros for row in recent), sum(row.spend_micros for row in history)
        if not spend or not before or any(row.conversions_milli for row in recent):
            continue
        expected = sum(row.conversions_milli for row in history) * spend / before / 1000
        if expected >= SILENT_EXPECTED_MIN:
            broken.append(
                f"{label(destination)} reports no conversion since {short_day(silent_from)}, where about "
                f"{expected:,.0f} were expected: check that tracking still works before judging any ad."
            )
    return tuple(broken)


def _by_destination(given: BriefingInput) -> dict[str, list[AdDay]]:
    rows: dict[str, list[AdDay]] = defaultdict(list)
    for row in given.ad_days:
        rows[row.destination].append(row)
    return dict(sorted(rows.items()))


def _performance(given: BriefingInput) -> list[Fact]:
    facts = []
    for destination, rows in _by_destination(given).items():
        days = {row.day for row in rows if row.day <= given.as_of}
        last = max(days, default=None)
        behind = given.lookback_days if last is None else (given.as_of - last).days
        missing = _gaps(days, given)
        if last is None or behind:
            text = f"performance ends {short_day(last)}" if last else "no performance yet"
            facts.append(Fact(label(destination), f"{text}, {count(behind, 'day', 'days')} missing", good=False))
        else:
            gaps = f", {count(missing, 'day', 'days')} without a report" if missing else ""
            facts.append(Fact(label(destination), f"performance through {short_day(last)}{gaps}", good=not missing))
    return facts or [Fact("Performance", "none yet", good=True)]


def _gaps(days: set[date], given: BriefingInput) -> int:
    """Days of the period, since the first report, on which nothing at all was reported."""
    first = max(min(days, default=given.as_of), given.as_of - timedelta(days=given.lookback_days - 1))
    return sum(first + timedelta(days=offset) not in days for offset in range((given.as_of - first).days + 1))


def _exports(sources: Sequence[SourceCount]) -> list[Fact]:
    """What became of each export's rows; more than one invalid row in twenty asks for a look."""
    exports: dict[str, list[SourceCount]] = defaultdict(list)
    for it in sources:
        exports[it.source].append(it)
    return [_export(source, counts) for source, counts in exports.items()]


def _export(source: str, counts: list[SourceCount]) -> Fact:
    places = sorted({it.destination for it in counts if it.destination})
    told = [_counted(counts, place) for place in places or [""]]
    total = sum(told[0].values())
    if not total:
        return Fact(label(source), "empty", good=False)
    invalid = [it for it in counts if it.outcome is Outcome.INVALID and it.rows]
    faulty = [it for it in invalid if not it.reason.startswith(LEFT_OUT)]
    left_out, wrong = sum(it.rows for it in invalid) - sum(it.rows for it in faulty), sum(it.rows for it in faulty)
    parts = [
        f"{_rows([rows[outcome] for rows in told], places)} {words}"
        for outcome, words in OUTCOME_WORDS.items()
        if any(rows[outcome] for rows in told)
    ]
    parts += [f"{left_out:,} left out on purpose"] if left_out else []
    if wrong:
        worst = max(faulty, key=lambda it: it.rows).reason
        parts.append(f"{wrong:,} invalid ({visible(worst)})" if worst else f"{wrong:,} invalid")
    return Fact(label(source), f"{total:,} rows: {', '.join(parts)}", good=wrong <= INVALID_SHARE_MAX * total)


def _counted(counts: Sequence[SourceCount], destination: str) -> dict[Outcome, int]:
    """Rows by outcome as they are on one destination."""
    rows = dict.fromkeys(Outcome, 0)
    for it in counts:
        if it.destination in ("", destination):
            rows[it.outcome] += it.rows
    return rows


def _rows(rows: Sequence[int], destinations: Sequence[str]) -> str:
    """One number where all destinations agree, else each with its name."""
    if len(set(rows)) == 1:
        return f"{rows[0]:,}"
    return " / ".join(f"{n:,} ({label(place)})" for n, place in zip(rows, destinations, strict=True))


def _lists(suppressions: Sequence[SuppressionCount]) -> list[Fact]:
    """What suppression lists do; one with rows that cannot be used asks for a look."""
    return [
        Fact(
            label(it.name),
            f"{it.people:,} people kept out by {it.matched:,} of {count(it.rows, 'row', 'rows')}"
            + (f", {it.unusable:,} unusable" if it.unusable else ""),
            good=it.unusable <= INVALID_SHARE_MAX * it.rows,
        )
        for it in suppressions
    ]


def stuck_erasures(given: BriefingInput) -> tuple[str, ...]:
    """Sentences on people to be forgotten where a platform needs somebody, or the month is nearly over."""
    stuck = []
    for erasure in given.erasures:
        due = f"it has to be done by {short_day(erasure.due_at.date())}; `activator status` says more"
        waiting = next((place for place in erasure.places if place.needs_human), None)
        if waiting is not None:
            where = waiting.audience_key.removeprefix("audience/") or "the account"
            why = f" ({visible(waiting.detail)})" if waiting.detail else ""
            stuck.append(
                f"A person to be forgotten cannot be taken out of {where} on {label(waiting.destination)}{why}: {due}."
            )
        elif erasure.due_at - given.generated_at < ERASURE_LEFT_MIN:
            stuck.append(f"A person asked {short_day(erasure.requested_at.date())} is not forgotten yet: {due}.")
    return tuple(stuck)


def stuck_removals(given: BriefingInput) -> tuple[str, ...]:
    """Sentences on people a platform would not take out of an audience: they are shown ads that are not for them."""
    return tuple(
        f"{count(owed.people, 'person', 'people')} who should be out of {owed.audience_key.removeprefix('audience/')} "
        f"on {label(owed.destination)} since {short_day(owed.since.date())} cannot be taken out: {visible(owed.detail)}"
        for owed in given.refused_removals
    )


def _erasures(erasures: Sequence[Erasure]) -> list[Fact]:
    if not erasures:
        return []
    first = min(erasure.due_at for erasure in erasures)
    good = not any(place.needs_human for erasure in erasures for place in erasure.places)
    people = count(len(erasures), "person", "people")
    return [Fact("Forgetting", f"{people} being removed, to be done by {short_day(first.date())}", good=good)]


def _sync(given: BriefingInput) -> Fact:
    if given.last_sync_at is None:
        return Fact("Sync", "never", good=True)
    fresh = given.generated_at - given.last_sync_at <= SYNC_AGE_MAX
    return Fact("Sync", f"last {moment(given.last_sync_at, given.generated_at)}", good=fresh)
