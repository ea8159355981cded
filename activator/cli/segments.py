"""`activator segments`: who is in which segment, whether the segments hold water, and files about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, show, steps

if TYPE_CHECKING:
    from rich.table import Table

    from activator.config.workspace import Workspace
    from activator.people.engine import Engine
    from activator.people.pipeline import People
    from activator.segments.study import Study
    from activator.segments.summary import Summary

app = typer.Typer(help="Segments: rules over people, and what they find.", rich_markup_mode=None)


@dataclass(frozen=True)
class Opened:
    """A project's segments, computed."""

    workspace: "Workspace"
    engine: "Engine"
    people: "People"
    study: "Study"


@contextmanager
def opened(project: Path, *, quiet: bool) -> Iterator[Opened]:
    """Read the exports, find who is in which segment, and keep it for the next time."""
    from activator.config.room import disk_room
    from activator.config.workspace import open_workspace
    from activator.people.engine import open_engine
    from activator.plan.inputs import read_people
    from activator.segments.declared import declared
    from activator.segments.kept import KeptMemberships
    from activator.segments.study import keep, study

    workspace = open_workspace(project)
    sections, document = declared(workspace)
    with (
        disk_room(workspace.state),
        steps(quiet=quiet) as report,
        open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine,
    ):
        report("reading the exports", 0)
        people = read_people(workspace, engine)
        report("finding who is in which segment", 0)
        kept = KeptMemberships(engine, workspace.state)
        made = study(engine, people, sections, kept, document)
        keep(made, kept)
        yield Opened(workspace, engine, people, made)


@app.callback(invoke_without_command=True)
def segments(context: typer.Context, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show every segment: its size, value, moves since the last time, overlaps, and a sentence about who they are.

    Asks no platform. Remembers who is in which segment, so that the next run can tell who moved.
    """
    if context.invoked_subcommand:
        return
    from activator.segments.summary import summary

    with opened(project, quiet=as_json) as found:
        told = summary(found.study, found.workspace.project.currency)
    if as_json:
        print_json(told)
        return
    _show(told)


def _show(told: "Summary") -> None:
    say(f"{told.people:,} people as of {told.as_of}; {told.customers:,} have bought")
    show(_table(told))
    if told.last_time is None:
        say("Kept for the first time: moves are counted from now on.")
    elif told.rules_changed:
        say(f"Moves are counted from {told.last_time}; the rules have changed since, so some moves come of that.")
    else:
        say(f"Moves are counted from {told.last_time}.")
    if told.overlaps:
        say()
        say("In two segments at once:")
        for overlap in told.overlaps:
            say(f"  {overlap.first} and {overlap.second}: {overlap.people:,} ({overlap.share:.0%} of the smaller one)")
    for each in told.segments:
        say()
        say(f"{each.name}: {printable(each.title)}")
        say(f"  {printable(each.sentence)}")


def _table(told: "Summary") -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from activator.segments.words import money

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("segment")
    for column in ("people", "of all", "reachable", "value", "of all", "each", "came", "left"):
        table.add_column(column, justify="right")
    for each in told.segments:
        table.add_row(
            escape(each.name if each.scheme is None else f"{each.scheme}: {each.name}"),
            f"{each.people:,}",
            f"{each.people_share:.1%}",
            f"{each.reachable:,}",
            money(each.value_minor, told.money_unit, told.currency),
            f"{each.value_share:.1%}",
            money(each.mean_value_minor, told.money_unit, told.currency),
            f"{each.came:,}" if told.last_time else "",
            f"{each.left:,}" if told.last_time else "",
        )
    return table
