"""`activator outbox`: changes of tiers and segments, told to a webhook."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, explain, print_json, printable, say, show, steps

if TYPE_CHECKING:
    from activator.model.outbox import EventState
    from activator.tags.tell import Told

app = typer.Typer(help="Changes of tiers and segments, told to a webhook.", no_args_is_help=True, rich_markup_mode=None)
LISTED_MAX = 50
LOOK_SECONDS = 5.0  # how often a watch looks for events that others have added


@app.command("collect")
def collect(
    project: ProjectOption = Path(),
    accept_losses: Annotated[
        bool, typer.Option("--accept-losses", help="Go on although too many lose a tag at once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find who has come to carry a tag or lost it since the last time, and put an event for each into the outbox.

    Scheduled runs do it after every sync. The first time, what is found is only remembered. Tells nobody anything.
    """
    from activator.config.clock import SystemClock
    from activator.config.room import disk_room
    from activator.config.workspace import open_workspace
    from activator.tags import collect as collecting

    workspace = open_workspace(project)
    with disk_room(workspace.state), steps(quiet=as_json) as report:
        report("reading the exports", 0)
        made = collecting.collect(workspace, SystemClock(), losses_accepted=accept_losses)
    if as_json:
        print_json(made)
    elif made.first:
        say("Remembered who carries which tag; changes are told from now on.")
    else:
        say(f"{made.events:,} events added, {made.withdrawn:,} withdrawn before they were told")


@app.command("send")
def send(
    project: ProjectOption = Path(),
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and tell each event when it is due.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell the receiver every event that is due.

    An event is told at least once, always under the same id. What a receiver does not take now is told later.
    """
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.errors import LedgerError, RetryableError
    from activator.ledger.lease import this_process
    from activator.schedule.stop import StopSignal, stop_on_signals
    from activator.tags.tell import next_due_at, tell_due

    workspace, clock, stop = open_workspace(project), SystemClock(), StopSignal()
    with stop_on_signals(stop):
        told = tell_due(workspace, clock, this_process(), stop.is_set)
        _say_told(told, as_json=as_json)
        while watch and not stop.is_set():
            due = next_due_at(workspace, clock)
            left = LOOK_SECONDS if due is None else (due - clock.now()).total_seconds()
            if stop.wait(min(max(left, 0.0), LOOK_SECONDS)):
                break
            if due is None or due > clock.now():
                continue
            try:
                _say_told(tell_due(workspace, clock, this_process(), stop.is_set), as_json=as_json)
            except (LedgerError, RetryableError) as error:  # another sender is at work, or the network is away
                explain(error)
                stop.wait(LOOK_SECONDS)
    if told.problem and not watch:
        raise typer.Exit(7)


def _say_told(told: "Told", *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    say(f"{told.delivered:,} told, {told.refused:,} refused for good, {told.postponed:,} to be told again later")
    if told.problem:
        say(f"stopped early: {told.problem}")


@app.command("list")
def list_events(
    project: ProjectOption = Path(),
    state: Annotated[
        str | None, typer.Option(help="Only events that are pending, delivered, withdrawn or refused.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many events wait, were told or refused, and the newest of them."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger import outbox
    from activator.ledger.store import LedgerReader

    wanted = _state(state)
    ledger = LedgerReader(open_workspace(project).ledger_place, SystemClock())
    try:
        with ledger.reading() as connection:
            counts, events = outbox.counts(connection), outbox.newest(connection, wanted, LISTED_MAX)
    finally:
        ledger.close()
    if as_json:
        shown = ("event_id", "kind", "tag", "person_key", "occurred_at", "due_at", "state", "attempts", "detail")
        print_json({"counts": counts, "events": [{name: getattr(e, name) for name in shown} for e in events]})
        return
    say(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("event", "what", "due, UTC", "state", "tries", ""):
        table.add_column(column, justify="right" if column == "tries" else "left")
    for event in events:
        table.add_row(
            event.event_id[:12],
            escape(f"{event.kind} {event.tag}"),
            f"{event.due_at:%Y-%m-%d %H:%M:%S}",
            event.state.value,
            str(event.attempts),
            escape(printable(event.detail)),
        )
    if events:
        show(table)


def _state(name: str | None) -> "EventState | None":
    from activator.errors import ConfigurationError
    from activator.model.outbox import EventState

    try:
        return None if name is None else EventState(name)
    except ValueError:
        known = ", ".join(EventState)
        raise ConfigurationError(f"no state is called {name!r}", f"Name one of: {known}.") from None
