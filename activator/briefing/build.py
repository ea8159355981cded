"""BriefingInput to Briefing: what is said, in which order, with the decision first. Pure; no medium is known here."""

from datetime import timedelta

from activator.briefing.facts import facts_of, stuck_erasures, stuck_removals, tracking_breaks
from activator.briefing.flag_words import decision, flag_card, watched_line
from activator.briefing.inert import visible
from activator.briefing.movements import movement_lines
from activator.briefing.tables import tier_tables, variant_tables
from activator.briefing.words import count, label, long_day, moment, short_day, tier_label
from activator.model.briefing import AudienceLine, Briefing, BriefingInput, Mood
from activator.model.performance import AttentionFlag, FlagState
from activator.model.plan import AudienceState, GuardFinding

FLAGS_MAX = 5
INCOMPLETE_DAYS = 3
SENTENCE_MAX = 1000

DEFINITIONS = (
    ("ROAS", "return on ad spend: revenue attributed to the ads over their cost, sums over sums"),
    ("Before", "the same figure over as many days before the period; shown from 14 days of data"),
    ("Flag", "a text or tier that very likely brings less than 90 % of its tier, and whose loss is worth a decision"),
    ("Likely", "nine times in ten the true difference lies in this range"),
    ("Expected", "conversions the same spend would have brought at the tier's own rate on the same days"),
    ("Watched", "looks low, but there are too few conversions to tell"),
    ("Held back", "people waiting until an earlier send without an answer can no longer take effect"),
    ("Revenue", "what the platforms attribute; customers who would have bought anyway are in it: not incremental"),
)


def build_briefing(given: BriefingInput) -> Briefing:
    """The briefing of one morning."""
    today = given.generated_at.date()
    worst_first = sorted(given.flags, key=lambda flag: (flag.currency != given.currency, -flag.lost_micros))
    still_open = [flag for flag in worst_first if flag.state in {FlagState.NEW, FlagState.ONGOING}]
    closed = [flag for flag in worst_first if flag.state in {FlagState.RECOVERED, FlagState.STOPPED}]
    stuck = (*stuck_erasures(given), *stuck_removals(given))
    problems = tuple(visible(problem, SENTENCE_MAX) for problem in (*stuck, *tracking_breaks(given), *given.problems))
    mood = _mood(given, still_open, problems)
    return Briefing(
        project=visible(given.project_name),
        day=long_day(today),
        written_at=f"{given.generated_at:%H:%M}",
        mood=mood,
        headline=_headline(given, mood, still_open, problems),
        decision=_decision(given, mood, still_open, problems),
        problems=problems,
        facts=facts_of(given),
        flags=tuple(flag_card(flag, today) for flag in still_open[:FLAGS_MAX]),
        flags_left_out=max(0, len(still_open) - FLAGS_MAX),
        closed=tuple(flag_card(flag, today) for flag in closed),
        watched=tuple(watched_line(cell) for cell in given.watched),
        period=_period(given),
        tiers=tier_tables(given),
        variants=variant_tables(given),
        sync=_sync(given),
        audiences=tuple(_audience(state) for state in given.audiences),
        guards=tuple(_guard(finding) for finding in given.guards),
        movements=movement_lines(given.movements),
        definitions=DEFINITIONS if given.ad_days else (),
    )


def _mood(given: BriefingInput, flags: list[AttentionFlag], problems: tuple[str, ...]) -> Mood:
    if problems or any(finding.accepted is None for finding in given.guards):
        return Mood.BROKEN
    if flags:
        return Mood.ACT
    if given.watched:
        return Mood.WATCH
    return Mood.FINE if given.ad_days else Mood.QUIET


def _headline(given: BriefingInput, mood: Mood, flags: list[AttentionFlag], problems: tuple[str, ...]) -> str:
    watched = f", {len(given.watched)} watched" if given.watched else ""
    counts = f"{count(len(flags), 'flag', 'flags')}{watched}"
    counts = counts[:1].upper() + counts[1:]
    if mood is Mood.BROKEN:
        refused = sum(finding.accepted is None for finding in given.guards)
        first = [count(len(problems), "problem", "problems")] if problems else []
        first += [count(refused, "guard objects", "guards object")] if refused else []
        return f"{' and '.join(first)} to look at first; {counts[:1].lower()}{counts[1:]}"
    if mood is Mood.QUIET:
        return "No performance yet"
    if mood in {Mood.FINE, Mood.WATCH}:
        return f"{counts}: budgets can run as planned"
    return counts


def _decision(given: BriefingInput, mood: Mood, flags: list[AttentionFlag], problems: tuple[str, ...]) -> str:
    """One sentence: what to do this morning."""
    if mood is Mood.BROKEN:
        return problems[0] if problems else _guard(next(it for it in given.guards if it.accepted is None))
    if mood is Mood.ACT:
        more = f"; decide on {len(flags) - 1} more below" if len(flags) > 1 else ""
        words = decision(flags[0])
        return f"{words[:1].upper()}{words[1:]}{more}; every other budget can run as planned."
    if mood is Mood.WATCH:
        return "Nothing to decide today."
    if mood is Mood.FINE:
        return "Nothing to decide today: every tier and text returns about what it should."
    return "Nothing to decide: figures appear the day after the first ads have run."


def _period(given: BriefingInput) -> str:
    first = given.as_of - timedelta(days=given.lookback_days - 1)
    incomplete = given.as_of - timedelta(days=INCOMPLETE_DAYS - 1)
    return (
        f"{short_day(first)} to {short_day(given.as_of)} ({given.lookback_days} days); conversions since "
        f"{short_day(incomplete)} are not complete yet"
    )


def _sync(given: BriefingInput) -> str:
    when = "Nothing synced yet."
    if given.last_sync_at is not None:
        when = f"Last sync {moment(given.last_sync_at, given.generated_at)}."
    if not given.audiences:
        return "" if given.last_sync_at is None else when
    added, removed = sum(it.adds for it in given.audiences), sum(it.removes for it in given.audiences)
    held = sum(it.held_back for it in given.audiences)
    change = f"{added:,} added, {removed:,} removed" if added or removed else "no change"
    if not given.all_done:
        change = f"{added:,} to add, {removed:,} to remove, not all of it done yet"
    return f"{when} {count(len(given.audiences), 'audience', 'audiences')}, {change}, {held:,} held back."


def _audience(state: AudienceState) -> AudienceLine:
    return AudienceLine(
        name=f"{tier_label(state.tier)} ({label(state.destination)})",
        members=f"{state.desired:,}",
        added=f"{state.adds:,}",
        removed=f"{state.removes:,}",
        held_back=f"{state.held_back:,}",
    )


def _guard(finding: GuardFinding) -> str:
    words = f"{label(finding.guard)}: {visible(finding.message, SENTENCE_MAX)}"
    if finding.accepted is not None:
        return f"{words} (accepted: {visible(finding.accepted)})"
    return f"{words} {visible(finding.fix, SENTENCE_MAX)}".strip()
