"""Where every row ended, in words and tables: shown with a plan, and again by status."""

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from activator.cli.console import printable
from activator.model.people import Outcome, SourceCount, SuppressionCount
from activator.people.mapping import IGNORED

OUTCOME_WORDS = {
    Outcome.MEMBER: "people in a tier, consented and reachable",
    Outcome.MERGED: "further rows of a person already counted",
    Outcome.INVALID: "set aside",
    Outcome.NO_IDENTIFIER: "no usable e-mail or phone",
    Outcome.NO_CONSENT: "no consent to advertising",
    Outcome.SUPPRESSED: "never sent",
    Outcome.HELD_OUT: "kept out to measure by",
    Outcome.BELOW_MINIMUM: "too few for an audience",
    Outcome.NOT_A_CUSTOMER: "no purchase yet",
}


def outcomes_table(counts: Sequence[SourceCount]) -> Table:
    """One line per source, outcome and reason; where destinations differ, one for each of them."""
    table = Table(box=box.SIMPLE, title="Every row accounted for", title_justify="left")
    differing = any(count.destination for count in counts)
    table.add_column("source")
    table.add_column("rows", justify="right")
    if differing:
        table.add_column("on")
    table.add_column("outcome")
    for count in counts:
        words, reason = OUTCOME_WORDS[count.outcome], count.reason
        if reason.startswith(IGNORED):
            words, reason = "not needed", reason.removeprefix(IGNORED)
        where = [_text(count.destination)] if differing else []
        told = f"{words}: {reason}" if reason else words
        table.add_row(_text(count.source), f"{count.rows:,}", *where, _text(told))
    return table


def suppressions_table(lists: Sequence[SuppressionCount]) -> Table:
    """One line per suppression list: whom it names among the people of the exports."""
    table = Table(box=box.SIMPLE, title="Suppression lists", title_justify="left")
    table.add_column("list")
    for column in ("rows", "matched", "people kept out", "not in the exports", "unusable", "left out"):
        table.add_column(column, justify="right")
    for it in lists:
        counts = (it.rows, it.matched, it.people, it.not_matched, it.unusable, it.left_out)
        table.add_row(_text(it.name), *(f"{count:,}" for count in counts))
    return table


def _text(value: str) -> str:
    return escape(printable(value))
