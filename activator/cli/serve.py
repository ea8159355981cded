"""`activator serve`: run what activator.yaml schedules, until stopped."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json
from activator.errors import ConfigurationError


def serve(
    project: ProjectOption = Path(),
    console: Annotated[
        int | None, typer.Option(help="Also serve read-only pages on this port of 127.0.0.1; 0 picks one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the scheduled syncs and briefings of activator.yaml, each once per local date, until SIGTERM or Ctrl-C.

    A slot missed by more than its catch_up_hours is recorded as skipped. Stopping parks the batch being sent; the
    next start goes on. Several processes on one ledger are safe: the slot's row decides who runs it. Its log
    on standard error is one JSON object per line.
    """
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.slots import LedgerSlots
    from activator.ledger.store import Ledger
    from activator.plan.destinations import open_destinations
    from activator.schedule.daemon import serve as run_daemon
    from activator.schedule.log import log_to
    from activator.schedule.runs import slot_runners
    from activator.schedule.slots import timetable
    from activator.schedule.stop import StopSignal, stop_on_signals

    workspace = open_workspace(project)
    clock = SystemClock()
    schedules = [timetable(section, workspace.project.time_zone) for section in workspace.project.schedules]
    if not schedules:
        raise ConfigurationError("activator.yaml schedules nothing", "Add a `schedules:` section; see docs/how-to.")
    open_destinations(workspace, clock, None)  # missing credentials are found now, not at 02:30
    log_to(sys.stderr)
    stop = StopSignal()
    ledger = Ledger(workspace.ledger_place, clock)
    if as_json:
        print_json({"schedules": [schedule.name for schedule in schedules]})
    else:
        typer.echo(f"serving {len(schedules)} schedules; Ctrl-C stops", err=True)
    try:
        with ExitStack() as running:
            running.enter_context(stop_on_signals(stop))
            if console is not None:
                from activator.web.console import console_app, serving

                port = running.enter_context(serving(console_app(workspace, clock), console))
                typer.echo(f"console on http://127.0.0.1:{port}/", err=True)
            run_daemon(
                schedules,
                LedgerSlots(ledger),
                clock,
                slot_runners(workspace, clock),
                stop,
                health_file=workspace.state / "health",
            )
    finally:
        ledger.close()
