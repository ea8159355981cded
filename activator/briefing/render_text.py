"""The briefing as plain text, for e-mail: short lines, no layout that a proportional font would break."""

from collections.abc import Iterator

from activator.model.briefing import Briefing, SegmentTable


def render_text(briefing: Briefing) -> str:
    """The whole page, headline first."""
    return "\n".join(_lines(briefing)) + "\n"


def subject(briefing: Briefing) -> str:
    """One line for the subject of an e-mail."""
    return f"{briefing.project}: {briefing.headline}"


def _lines(briefing: Briefing) -> Iterator[str]:
    yield f"{briefing.project} - {briefing.day}"
    yield f"{briefing.headline}."
    yield briefing.decision
    yield from _section("Look at these too", [f"! {problem}" for problem in briefing.further_problems])
    yield from _section("Attention flags", _flag_lines(briefing))
    yield from _section("Ended today", [f"- {card.sentence}" for card in briefing.closed])
    yield from _section("Watched", [f"- {line}" for line in briefing.watched])
    for title, tables in (("Return by tier", briefing.tiers), ("Return by tier and text", briefing.variants)):
        yield from _section(f"{title}, {briefing.period}", [line for table in tables for line in _table(table)])
    yield from _section("Audiences", _audience_lines(briefing))
    yield from _section("Movements", [f"- {line}" for line in briefing.movements])
    yield from _section(
        "Sources", [f"- {fact.label}: {fact.text}{'' if fact.good else ' (!)'}" for fact in briefing.facts]
    )
    yield from _section("Words", [f"- {term}: {meaning}" for term, meaning in briefing.definitions])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title.upper()
        yield from lines


def _flag_lines(briefing: Briefing) -> list[str]:
    lines = [f"{number}. [{card.age}] {card.sentence}" for number, card in enumerate(briefing.flags, 1)]
    if briefing.flags_left_out:
        lines.append(f"and {briefing.flags_left_out} more with less money at stake")
    return lines


def _table(table: SegmentTable) -> Iterator[str]:
    yield f"{table.destination}, {table.currency}"
    for row in (*table.rows, table.total):
        before = "" if row.baseline == "-" else f" (before: {row.baseline})"
        name = f"{row.name} (flag)" if row.flagged else row.name
        yield f"- {name}: ROAS {row.roas}{before}, spent {row.spend}, revenue {row.revenue}"


def _audience_lines(briefing: Briefing) -> list[str]:
    lines = [briefing.sync] if briefing.sync else []
    for it in briefing.audiences:
        held = "" if it.held_back == "0" else f", {it.held_back} held back"
        lines.append(f"- {it.name}: {it.members} members, +{it.added} -{it.removed}{held}")
    return lines + [f"! {guard}" for guard in briefing.guards]
