"""What a plan bids and spends per tier where that is left to value, and how each number is made; and its notices."""

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activator.cli.console import printable
from activator.model.bidding import TierTerms
from activator.model.plan import Plan


def print_terms(console: Console, plan: Plan) -> None:
    """One line per tier whose bid is made from value, then how each number was made; nothing where none is."""
    table = Table(box=box.SIMPLE, title="From value to bids and budgets", title_justify="left")
    for column in ("destination", "tier"):
        table.add_column(column)
    for column in ("multiplier", "a day"):
        table.add_column(column, justify="right")
    for made in _made(plan):
        bid = "excluded" if made.excluded else f"{(made.multiplier_bp or 0) / 10_000:.2f}"
        budget = "" if made.daily_budget_minor is None else f"{made.daily_budget_minor / 100:,.2f}"
        table.add_row(made.destination, made.tier, bid, budget)
    if table.row_count:
        console.print()
        console.print(table)
        for line in _why_lines(plan):
            console.print(line, highlight=False, soft_wrap=True)


def _why_lines(plan: Plan) -> Iterator[str]:
    """Numbers of several destinations made the same way are said once."""
    said: dict[str, list[str]] = {}
    for made in _made(plan):
        said.setdefault(made.why_bid, []).append(made.destination)
        if made.why_budget:
            said.setdefault(f"{made.tier}: budget {made.why_budget}", []).append(made.destination)
    for words, destinations in said.items():
        yield f"  [dim]{', '.join(dict.fromkeys(destinations))}[/dim] {escape(printable(words))}"
    for made in _made(plan):
        if made.excluded:
            yield (
                f"  [yellow]kept out[/yellow] of every group on {made.destination}: tier {made.tier}. For good: "
                f"`suppress: true` on the tier in activator.yaml"
            )


def notice_lines(plan: Plan) -> Iterator[str]:
    """What is worth a look and refuses nothing."""
    for notice in plan.notices:
        yield (
            f"[yellow]notice[/yellow] {notice.notice}: {escape(printable(notice.subject))}: "
            f"{escape(printable(notice.message))}"
        )


def _made(plan: Plan) -> list[TierTerms]:
    return [made for made in plan.terms if made.why_bid]
