"""Segments and what their check found, in words and tables."""

from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from activator.cli.console import printable, say, show

if TYPE_CHECKING:  # what checks need takes long to import, and a list of segments needs none of it
    from activator.segments.audit import Audit
    from activator.segments.summary import Summary


def show_summary(told: "Summary") -> None:
    """Sizes, value and moves, overlaps, and a sentence about each."""
    say(f"{told.people:,} people as of {told.as_of}; {told.customers:,} have bought")
    show(_table(told))
    if told.last_time is None:
        say("Kept for the first time: moves are counted from now on.")
    elif told.rules_changed:
        say(f"Moves are counted from {told.last_time}; the rules have changed since, so some moves come of that.")
    else:
        say(f"Moves are counted from {told.last_time}.")
    if told.places is not None:
        it = told.places
        say(
            f"Where people are: {it.coordinates:,} by their own coordinates, {it.postcodes:,} by postcode; "
            f"of {it.unknown:,} the postcode is not in the file, of {it.nowhere:,} nothing is known."
        )
    if told.overlaps:
        say()
        say("In two segments at once:")
        for overlap in told.overlaps:
            say(f"  {overlap.first} and {overlap.second}: {overlap.people:,} ({overlap.share:.0%} of the smaller one)")
    for each in told.segments:
        say()
        say(f"{each.name}: {printable(each.title)}")
        say(f"  {printable(each.sentence)}")


def _table(told: "Summary") -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("segment", overflow="fold", min_width=12)
    columns = ["people", "of all", "reached", f"value {told.currency}", "of all", "each"]
    for column in (*columns, *(("came", "left") if told.last_time else ())):
        table.add_column(column, justify="right", no_wrap=True)
    for each in told.segments:
        table.add_row(
            escape(each.name if each.scheme is None else f"{each.scheme}: {each.name}"),
            f"{each.people:,}",
            f"{each.people_share:.0%}",
            f"{each.reachable:,}",
            f"{each.value_minor / told.money_unit:,.0f}",
            f"{each.value_share:.0%}",
            f"{each.mean_value_minor / told.money_unit:,.0f}",
            *((f"{each.came:,}", f"{each.left:,}") if told.last_time else ()),
        )
    return table


def show_audit(made: "Audit") -> None:
    """The five answers, what differs, and every finding with its fix."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("segment", overflow="fold", min_width=12)
    for column in ("measurable", "accessible", "substantial", "different", "acted on"):
        table.add_column(column)
    for one in made.checked.criteria:
        table.add_row(
            escape(one.segment),
            f"{_word(one.measurable)} {one.known_share:.0%}",
            "empty" if one.reachable_share is None else f"{_word(one.accessible)} {one.reachable_share:.0%}",
            f"{_word(one.substantial)} {one.people:,}",
            _word(one.differentiable) if one.people else "empty",
            _word(one.actionable),
        )
    show(table)
    places = {one.segment: place for place, one in enumerate(made.checked.criteria)}
    for each in sorted(made.checked.against_rest, key=lambda each: places[each.first]):
        if each.outcome == "differ":
            bounds = f"{each.low:.2f} to {each.high:.2f}"
            say(f"{each.first}: {each.measure} {each.ratio:.2f} times that of everybody else ({bounds})")
    say()
    marks = {"ok": "note   ", "warning": "warning", "error": "error  "}
    for finding in made.checked.findings:
        mark = "passed " if finding.accepted is not None else marks[finding.severity]
        about = f"{finding.segment}: " if finding.segment else ""
        say(f"{mark}  {finding.code}: {about}{printable(finding.message)}")
        next_step = f"what to do: {finding.fix}" if finding.accepted is None else f"accepted: {finding.accepted}"
        say(f"         {printable(next_step)}")
    if not made.checked.findings:
        say("Nothing to mend.")
    if made.review_on is not None:
        say(f"Review on {made.review_on}; kept since {made.first_kept}.")


def _word(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known yet"}[answer]
