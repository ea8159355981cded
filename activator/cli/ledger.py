"""`activator ledger`: where the ledger lies."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps

app = typer.Typer(help="Where the ledger lies.", no_args_is_help=True, rich_markup_mode=None)


class Place(StrEnum):
    """server: the database of ACTIVATOR_LEDGER_URL. folder: SQLite in the project's .activator."""

    SERVER = "server"
    FOLDER = "folder"


@app.callback()
def ledger() -> None:
    """Where the ledger lies."""


@app.command("move")
def move(
    to: Annotated[Place, typer.Option("--to", help="The PostgreSQL server, or the project's folder (SQLite).")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Move the ledger between the project's folder and the server of ACTIVATOR_LEDGER_URL, which both ways needs set.

    Copies and compares everything, then nobody uses the old one any more: it says where the new one is. Refused while a
    run is at work, or if the new place is in use. Interrupted anywhere, the same command goes on.
    """
    from activator.config.clock import SystemClock
    from activator.config.ledger_place import LedgerPlace
    from activator.config.workspace import open_workspace
    from activator.errors import ConfigurationError
    from activator.ledger.move import move as moved
    from activator.ledger.postgres import VARIABLE

    workspace = open_workspace(project)
    if workspace.settings.ledger_url is None:
        raise ConfigurationError(
            f"{VARIABLE} is not set", "Name the server there, also to move the ledger away from it."
        )
    server, folder = workspace.ledger_place, LedgerPlace(workspace.state)
    source, target = (folder, server) if to is Place.SERVER else (server, folder)
    with steps(quiet=as_json) as report:
        report("moving the ledger", 0)
        told = moved(source, target, SystemClock())
    if as_json:
        print_json(told)
        return
    say(printable(f"Moved: {told.rows:,} rows and {told.batches:,} files of members. It is now {told.to}."))
    say(printable(told.help))
