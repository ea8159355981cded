"""`activator write-back`: files of changed tags for CRM and e-mail tools."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say, steps
from activator.errors import ConfigurationError

if TYPE_CHECKING:
    from activator.tags.tools import Tool
    from activator.tags.write_back import Written


def write_back(
    tool: Annotated[str, typer.Argument(help="hubspot, salesforce, klaviyo or mailchimp.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder the files go to.", file_okay=False)],
    channel: Annotated[
        str | None, typer.Option(help="klaviyo, mailchimp: email or sms; whose consent counts. Default: email.")
    ] = None,
    segment: Annotated[
        list[str] | None, typer.Option(help="Only this segment beside the tier; may be repeated. Default: all.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Write every record, also those said before: after an import that failed.")
    ] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write what has changed of everybody's tier and segments, as a file the tool imports.

    Each line says all there is to say of one record, so importing a file twice does no harm. What was written is
    remembered once the files are complete. The files are readable by their owner only.
    """
    from activator.config.clock import SystemClock
    from activator.config.room import disk_room
    from activator.config.workspace import open_workspace
    from activator.tags.records import records_of
    from activator.tags.tags import tagged
    from activator.tags.write_back import write_changes

    shape, by = _shape(tool, channel)
    workspace = open_workspace(project)
    _refuse_unknown(segment or [], [section.name for section in workspace.project.segments])
    with disk_room(workspace.state), steps(quiet=as_json) as report:
        report("reading the exports", 0)
        with tagged(workspace, SystemClock().now().date(), segment or ()) as found:
            report("finding what has changed", 0)
            records = records_of(found.engine, found.people, found.tags, shape, by)
            made = write_changes(
                found.engine, records, shape, by, workspace.state, output, SystemClock().now(), again=again
            )
    if as_json:
        print_json(made)
        return
    _show(made, shape)


def _shape(name: str, channel: str | None) -> "tuple[Tool, str]":
    from activator.tags.tools import TOOLS, Channel

    tool = TOOLS.get(name.lower())
    if tool is None:
        raise ConfigurationError(f"no file shape is known for {name!r}", f"Name one of: {', '.join(TOOLS)}.")
    if not tool.is_marketing:
        if channel:
            raise ConfigurationError(f"{tool.title} has no channels", "Leave out --channel: its records have ids.")
        return tool, ""
    chosen = channel or Channel.EMAIL.value
    if chosen not in tool.keys:
        raise ConfigurationError(f"no channel is called {chosen!r}", f"Name one of: {', '.join(Channel)}.")
    return tool, chosen


def _refuse_unknown(wanted: list[str], known: list[str]) -> None:
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ConfigurationError(
            f"there is no segment `{unknown[0]}`", f"Name one of: {', '.join(known)}." if known else "Declare it first."
        )


def _show(made: "Written", tool: "Tool") -> None:
    say(f"{made.changes:,} of {made.records:,} {tool.title} records have changed")
    if not made.records:
        where = f"a contacts mapping with `id_space: {tool.id_space}`" if not tool.is_marketing else "that key"
        say(f"No export holds a record of {tool.title}: give its own export, read by {where}")
    if made.withheld:
        say(f"{made.withheld:,} are told nothing: no consent for {made.channel}, or on a suppression list")
    if made.unusable:
        say(f"{made.unusable:,} keys are none that {tool.title} takes; their records are left out")
    for path in made.files:
        say(f"written: {path}")
    if made.files:
        say(f"Import it into {tool.title} as an update; docs/how-to/write-back.md shows how.")
