"""`activator plan`: preview every change and save the plan."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import AcceptOption, JsonOption, ProjectOption, ReasonOption, acceptances, print_json, steps


def plan(
    project: ProjectOption = Path(),
    accept: AcceptOption = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
    refresh: Annotated[
        list[str] | None,
        typer.Option(
            "--refresh",
            metavar="AUDIENCE",
            help="Replace the whole list of this tier (TIER, or DESTINATION/TIER); may be repeated.",
        ),
    ] = None,
    detailed_exit_code: Annotated[
        bool, typer.Option("--detailed-exit-code", help="Exit 3 when the plan has changes.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write the rows that did not end in a member to this CSV file.")
    ] = None,
) -> None:
    """Show everything one apply would do, and save it.

    Reads the exports, the ledger and the platforms; changes nothing. The saved plan is what `activator apply` does,
    exactly, or refuses. A plan that a guard objects to is shown too, and exits 4. A destination that cannot be read is
    left out and named; the others are planned, and the exit code is 6 or 7.

    With --refresh an audience gets a whole new list in place of whatever is in it, instead of single adds and removals:
    where you doubt what is in it, or others have put people into it.
    """
    from activator.cli.preview import show_plan
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.sync import Runner, make_plan

    with steps(quiet=as_json) as report:
        runner = Runner(open_workspace(project), SystemClock(), report=report)
        made, folder = make_plan(runner, acceptances(accept, reason), rejects, refresh or ())
    if as_json:
        print_json({"plan": made, "folder": folder, "refused": made.refused})
    else:
        show_plan(made, folder, runner.workspace.project.currency)
    if made.refused:
        raise typer.Exit(4)
    if made.unread:
        raise typer.Exit(max(unread.exit_code for unread in made.unread))
    if detailed_exit_code and made.changes:
        raise typer.Exit(3)
