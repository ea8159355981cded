"""`activator purge`: delete what is kept no longer."""

from pathlib import Path

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say


def purge(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Delete saved plans and reports whose time is over, as every apply does.

    How long things are kept is said in activator.yaml under `retention`.
    """
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.store import Ledger
    from activator.privacy.purge import purge as purged

    workspace, clock = open_workspace(project), SystemClock()
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        told = purged(workspace, ledger, clock)
    finally:
        ledger.close()
    if as_json:
        print_json(told)
    else:
        say(f"Deleted: {told.plans} plans, {told.batches} batches of plans, {told.performance_rows:,} rows of reports.")
    raise typer.Exit(0)
