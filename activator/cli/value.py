"""`activator value`: what tiers are worth and will bring, and how predictions did on the past."""

from pathlib import Path
from typing import TYPE_CHECKING

from activator.cli.amounts import whole
from activator.cli.console import JsonOption, ProjectOption, print_json, show, steps

if TYPE_CHECKING:
    from rich.table import Table

    from activator.plan.value_report import ValueReport


def value(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show what each tier is worth and will bring, and the back-test that decides which estimate is used.

    Every estimate is tried on three days of the project's own past; where none beats past spend, past spend is used.
    Reads the exports only; asks no platform and changes nothing.
    """
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.plan.value_report import read_values

    workspace = open_workspace(project)
    with steps(quiet=as_json) as report:
        report("reading exports and trying predictions", 0)
        found = read_values(workspace, SystemClock().now().date())
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: "ValueReport") -> None:
    from rich.console import Console

    from activator.cli.value_words import basis_lines, method_line, rule_words

    console = Console()
    show(_tiers(found))
    for rule in found.valuing.rules[:-1]:
        console.print(f"  {rule.tier}: {rule_words(rule, found.currency)}", highlight=False, soft_wrap=True)
    lines = [*basis_lines(found.valuing, ()), f"{method_line(found.valuing)}."]
    lines += [f"Worth a look: {notice.subject}: {notice.message}." for notice in found.notices]
    for line in dict.fromkeys(lines):
        console.print(line, highlight=False, soft_wrap=True)
    if found.backtest.trials:
        show(_trials(found))
        console.print(
            "best 20 %: share of what came that the best fifth brought; total: predicted by\n"
            "what came, none where nothing came; AUC: how well buyers were told from others;\n"
            "bought, expected: shares of customers who bought.",
            highlight=False,
            soft_wrap=True,
        )
    if found.contracts:
        console.print(
            f"{found.contracts:,} people have or had contracts: those are predicted by renewals, not by purchases.",
            highlight=False,
            soft_wrap=True,
        )
    if found.seasonal:
        console.print(_season(found), highlight=False, soft_wrap=True)


def _season(found: "ValueReport") -> str:
    if found.backtest.season is None:
        return f"Not adjusted for seasons: {found.history_days:,} days of orders do not show two of each well enough."
    days = found.valuing.horizon_days
    return (
        f"Adjusted for seasons: {days} days from {found.as_of} on bring {found.backtest.season:.2f} times what as many "
        "mean days do."
    )


def _table(title: str) -> "Table":
    """Narrow enough for a terminal of 80 columns."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE, title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)


def _tiers(found: "ValueReport") -> "Table":
    days = found.valuing.horizon_days
    table = _table(f"Tiers on {found.as_of}, in {found.currency}; expected within {days} days")
    table.add_column("tier", overflow="fold")
    costs = any(row.cost_to_serve_minor for row in found.tiers)
    for column in ("customers", "so far", *(["cost"] if costs else []), "expected", "likely", "no order"):
        # A range may go over two lines: an amount cut short would be none.
        table.add_column(column, justify="right", no_wrap=column != "likely")
    for row in found.tiers:
        table.add_row(
            row.tier,
            f"{row.customers:,}",
            whole(row.value_minor, found.currency),
            *([whole(row.cost_to_serve_minor, found.currency)] if costs else []),
            whole(row.predicted_minor, found.currency),
            f"{whole(row.predicted_low_minor, found.currency)} to {whole(row.predicted_high_minor, found.currency)}",
            "" if row.churn_risk is None or not found.valuing.tried else f"{row.churn_risk:.0%}",
        )
    return table


def _trials(found: "ValueReport") -> "Table":
    days = found.backtest.trials[0].horizon_days
    table = _table(f"Tried on the past, {days} days each (* is used)")
    for column in ("from", "estimate"):
        table.add_column(column, no_wrap=True)
    for column in ("customers", "best 20 %", "total", "AUC", "bought", "expected"):
        table.add_column(column, justify="right", no_wrap=True)
    for trial in found.backtest.trials:
        mark = " *" if trial.method is found.backtest.method else ""
        table.add_row(
            str(trial.origin),
            f"{trial.method.value.replace('_', ' ')}{mark}",
            f"{trial.customers:,}",
            f"{trial.capture:.1%}",
            f"{trial.total_ratio:.2f}" if trial.total_ratio else "none",
            f"{trial.ranks_buyers:.3f}",
            f"{trial.buyers:.1%}",
            f"{trial.buyers_expected:.1%}",
        )
    return table
