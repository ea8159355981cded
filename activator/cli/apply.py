"""`activator apply`: do exactly what a saved plan says."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, steps
from activator.cli.saved import find_plan


def apply(
    plan: Annotated[
        str | None, typer.Argument(help="Id or folder of a saved plan; default: the newest.", show_default=False)
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Do exactly what a saved plan says, or refuse it.

    Refused (exit 5) when an export, the project file, the ledger or an object on a platform changed since; an object
    that changed refuses only what concerns it. After a crash or a lost connection, apply the same plan again: it goes
    on where it stopped. Ctrl-C waits for what is under way and leaves the rest (exit 7); a second one ends at once.
    """
    from activator.cli.preview import show_result
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.schedule.stop import StopSignal, stop_on_signals
    from activator.sync import Runner, apply_plan, saved_plan

    workspace = open_workspace(project)
    stop = StopSignal()
    with steps(quiet=as_json) as report, stop_on_signals(stop):
        runner = Runner(workspace, SystemClock(), report=report, should_stop=stop.is_set)
        loaded, folder = saved_plan(runner, find_plan(workspace.plans, plan))
        result = apply_plan(runner, loaded, folder)
    if as_json:
        print_json(result)
    else:
        show_result(result)
    raise typer.Exit(result.exit_code)
