"""`activator report`: what a destination's advertising brought, by group, ad, text or audience."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.amounts import money
from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, show
from activator.errors import ConfigurationError
from activator.model.currency import minor_digits
from activator.model.reports import Cut, ReportRow

if TYPE_CHECKING:
    from activator.config.workspace import Workspace


def report(
    destination: Annotated[str, typer.Argument(help="As named in activator.yaml.")],
    by: Annotated[Cut, typer.Option(help="How to cut it.")] = Cut.GROUP,
    days: Annotated[int, typer.Option(min=1, max=365, help="So many days through yesterday.")] = 28,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask a platform what its ads brought, cut another way than the briefing does.

    Values are the original ones; what value rules of ours added to the platform's own figures stands beside them.
    """
    from activator.config.workspace import open_workspace

    workspace = open_workspace(project)
    rows = _asked(workspace, destination, by, days)
    if as_json:
        print_json(rows)
    elif not rows:
        say(f"Nothing was shown in the last {days} days.")
    else:
        _show(rows, by)


def _asked(workspace: "Workspace", destination: str, by: Cut, days: int) -> list[ReportRow]:
    from activator.config.clock import SystemClock
    from activator.plan.destinations import known_allowances, open_destination
    from activator.ports import ReportingDestination

    known = workspace.project.destinations
    if destination not in known:
        raise ConfigurationError(
            f"there is no destination `{destination}`", f"Choose from: {', '.join(sorted(known))}."
        )
    clock = SystemClock()
    with known_allowances(workspace, clock) as allowances:
        port = open_destination(workspace, destination, clock, allowances)
        if not isinstance(port, ReportingDestination):
            raise ConfigurationError(
                f"the connector of `{destination}` has no such reports",
                "See `activator briefing` for what its ads brought.",
            )
        until = clock.now().date() - timedelta(days=1)
        return list(port.report(by, until - timedelta(days=days - 1), until))


def _show(rows: list[ReportRow], by: Cut) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    currency = rows[0].currency
    table = Table(box=box.SIMPLE, title=f"By {by}, in {currency}", title_justify="left")
    table.add_column(str(by), overflow="fold")
    with_rules = any(row.rules_micros for row in rows)
    columns = ("shown", "clicks", "spend", "orders", "value", "return", *(["by rules"] if with_rules else []))
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(printable(row.subject.removeprefix(f"{by}/"))),
            f"{row.impressions:,}",
            f"{row.clicks:,}",
            _amount(row.spend_micros, currency),
            f"{row.conversions_milli / 1_000:,.1f}",
            _amount(row.value_micros, currency),
            f"{row.value_micros / row.spend_micros:.2f}" if row.spend_micros else "",
            *([_amount(row.rules_micros, currency)] if with_rules else []),
        )
    show(table)
    if by is Cut.TEXT:
        say("Texts are shown together: their figures overlap and do not add up.")


def _amount(micros: int, currency: str) -> str:
    return money(round(micros * 10 ** minor_digits(currency) / 1_000_000), currency)
