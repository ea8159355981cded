"""The briefing on a terminal, through rich. Text is never markup, and control characters never reach the screen."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from activator.briefing.inert import visible
from activator.model.briefing import Briefing, FlagCard, Mood, SegmentTable, Trend

_STYLE = {Mood.QUIET: "dim", Mood.FINE: "green", Mood.WATCH: "green", Mood.ACT: "yellow", Mood.BROKEN: "red"}
_BARS = "▁▂▃▄▅▆▇█"
_TREND_WIDTH = 14
TEXT_LENGTH_MAX = 2000


def render_terminal(briefing: Briefing) -> RenderableType:
    """Something a rich Console prints."""
    return Group(*_parts(briefing))


def _parts(briefing: Briefing) -> Iterator[RenderableType]:
    style = _STYLE[briefing.mood]
    yield Panel(
        Group(_text(briefing.headline, f"bold {style}"), _text(briefing.decision)),
        title=_text(f"{briefing.project} - {briefing.day}"),
        title_align="left",
        border_style=style,
    )
    yield from _list("Look at these too", briefing.further_problems, "red")
    for card in briefing.flags:
        yield _flag(card)
    if briefing.flags_left_out:
        yield _text(f"  and {briefing.flags_left_out} more flags with less money at stake", "dim")
    yield from _list("Ended today", [f"{card.age}: {card.sentence}" for card in briefing.closed])
    yield from _list("Watched", briefing.watched)
    for title, tables in (("Return by tier", briefing.tiers), ("Return by tier and text", briefing.variants)):
        for table in tables:
            yield _table(title, table)
    if briefing.tiers:
        yield _text(f"  {briefing.period}", "dim")
    yield from _audiences(briefing)
    yield from _list("Guards", briefing.guards, "red")
    yield from _list("Movements", briefing.movements)
    yield from _list("Sources", [f"{fact.label}: {fact.text}{'' if fact.good else '  (!)'}" for fact in briefing.facts])


def _flag(card: FlagCard) -> RenderableType:
    body = Group(_text(card.text), _text(card.suggestion, "bold"))
    return Panel(body, title=_text(f"{card.lead} - {card.age}"), title_align="left", border_style="yellow")


def _table(title: str, segments: SegmentTable) -> RenderableType:
    table = Table(title=_text(f"{title}: {segments.destination}, {segments.currency}"), title_justify="left", box=None)
    table.add_column("")
    for heading in ("ROAS", "Before", "Spend", "Revenue", "Conv."):
        table.add_column(heading, justify="right")
    trends = any(row.trend for row in segments.rows)
    if trends:
        table.add_column("Trend")
    for row in (*segments.rows, segments.total):
        name = f"{row.name} (flag)" if row.flagged else row.name
        cells = [_text(cell) for cell in (name, row.roas, row.baseline, row.spend, row.revenue, row.conversions)]
        if trends:
            cells.append(_text(sparkline(row.trend) if row.trend else ""))
        table.add_row(*cells, style="dim" if row is segments.total else None)
    return Padding(table, (1, 0, 0, 0))


def sparkline(trend: Trend) -> str:
    """The last fortnight as bars; a dot is a day without spend."""
    points = trend.points[-_TREND_WIDTH:]
    known = [point for point in points if point is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    return "".join("·" if point is None else _BARS[int((point - low) / reach * (len(_BARS) - 1))] for point in points)


def _audiences(briefing: Briefing) -> Iterator[RenderableType]:
    yield from _list("Audiences", [briefing.sync] if briefing.sync else [])
    if not briefing.audiences:
        return
    table = Table(box=None)
    for heading, justify in (("", "left"), ("Members", "right"), ("Added", "right"), ("Removed", "right")):
        table.add_column(heading, justify="left" if justify == "left" else "right")
    table.add_column("Held back", justify="right")
    for it in briefing.audiences:
        table.add_row(*(_text(cell) for cell in (it.name, it.members, it.added, it.removed, it.held_back)))
    yield table


def _list(title: str, lines: Sequence[str], style: str = "") -> Iterator[RenderableType]:
    if lines:
        yield Padding(_text(title, f"bold {style}".strip()), (1, 0, 0, 0))
        for line in lines:
            yield Padding(_text(line), (0, 0, 0, 2))


def _text(content: str, style: str = "") -> Text:
    return Text(visible(content, TEXT_LENGTH_MAX), style=style)
