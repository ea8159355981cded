"""`activator experiment`: how large a test must be, and what it says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say
from activator.errors import ConfigurationError

if TYPE_CHECKING:
    from activator.experiments.verdict import Arm, Verdict

app = typer.Typer(
    help="Tests of motivated copy against the current best, on customers.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("size")
def size(
    rate: Annotated[float, typer.Option(help="Share of customers who order in the window now, e.g. 0.02.")],
    lift: Annotated[float, typer.Option(help="Relative improvement worth finding, e.g. 0.2.")] = 0.20,
    customers: Annotated[int | None, typer.Option(help="Customers you have per arm: what could they show?")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how many customers each arm needs (80 % power), or what the ones you have can show."""
    from activator.experiments.verdict import customers_per_arm, smallest_lift

    try:
        needed = customers_per_arm(rate, lift)
        shown = smallest_lift(rate, customers) if customers else None
    except ValueError as error:
        raise ConfigurationError(str(error), "See `activator experiment size -h`.") from None
    if as_json:
        print_json({"customers_per_arm": needed, "smallest_lift": shown})
        return
    say(f"{needed:,} customers in each arm show a lift of {lift:.0%} over a rate of {rate:.1%}.")
    if customers:
        say(f"{customers:,} in each arm can show +{shown:.0%} or more." if shown else "So few cannot show any lift.")


@app.command("verdict")
def verdict(
    baseline: Annotated[str, typer.Option(help="Current best: customers:responders, e.g. 9800:196.")],
    combined: Annotated[str, typer.Option(help="Motivated copy: customers:responders.")],
    planned: Annotated[int, typer.Option(help="Customers planned per arm.")],
    look: Annotated[int, typer.Option(help="Which look this is.")] = 1,
    looks: Annotated[int, typer.Option(help="How many looks were planned, at most 4.")] = 1,
    record: Annotated[
        str | None, typer.Option(metavar="TIER", help="Record the verdict for this tier; its budget goes by it.")
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say what a test shows: confirmed, worse, not improved, running, underpowered or void.

    Recorded, it decides what plans may do: a tier's budget grows after `confirmed` only, and nothing of a tier moves
    while its test is `running`.
    """
    from activator.experiments import verdict as judge

    try:
        said = judge.verdict(_arm(baseline), _arm(combined), look=look, looks=looks, planned_per_arm=planned)
    except ValueError as error:
        raise ConfigurationError(str(error), "See `activator experiment verdict -h`.") from None
    if record is not None:
        _record(project, record, said, f"baseline {baseline}, combined {combined}, look {look} of {looks}")
    if as_json:
        print_json(said)
        return
    lift = "" if said.lift is None else f", {said.lift:+.1%} orders so far"
    say(f"{said.outcome.replace('_', ' ')} (z {said.z:.2f}, bound {said.bound:.2f}{lift}). {said.advice}")
    if record is not None:
        say(f"Recorded for tier {record}.")


def _record(project: Path, tier: str, said: "Verdict", figures: str) -> None:
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.experiments.records import record_verdict
    from activator.ledger.lease import this_process

    record_verdict(open_workspace(project), SystemClock(), this_process(), tier, said, figures)


def _arm(text: str) -> "Arm":
    from activator.experiments.verdict import Arm

    customers, _, responders = text.partition(":")
    if not (customers.isdigit() and responders.isdigit()):
        message = f"{text!r} is not customers:responders"
        raise ValueError(message)
    return Arm(int(customers), int(responders))
