"""`activator segments`: who is in which segment, whether the segments hold water, and files about them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, show, steps

if TYPE_CHECKING:
    from rich.table import Table

    from activator.config.project import Project
    from activator.config.workspace import Workspace
    from activator.model.plan import TierMotivation
    from activator.people.engine import Engine
    from activator.people.pipeline import People
    from activator.segments.audit import Audit
    from activator.segments.kept import KeptMemberships
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
    kept: "KeptMemberships"


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
        yield Opened(workspace, engine, people, made, kept)


@app.callback(invoke_without_command=True)
def segments(
    context: typer.Context,
    project: ProjectOption = Path(),
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write a page with plots and profiles.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show every segment: its size, value, moves since the last time, overlaps, and a sentence about who they are.

    Asks no platform. Remembers who is in which segment, so that the next run can tell who moved.
    """
    if context.invoked_subcommand:
        return
    from activator.segments.summary import summary

    with opened(project, quiet=as_json) as found:
        told = summary(found.study, found.workspace.project.currency)
        if report is not None:
            _write_page(found, told, report)
    if as_json:
        print_json(told)
        return
    _show(told)
    if report is not None:
        say()
        say(f"Page: {printable(str(report))}")


def _write_page(found: Opened, told: "Summary", path: Path) -> None:
    from activator.plan.inputs import motivations_of, reader_of
    from activator.reports.segments_page import PageFacts, render
    from activator.reports.written import write_page
    from activator.segments.audit import audit
    from activator.segments.needs import needs
    from activator.segments.portrait import portrait

    project = found.workspace.project
    told_apart = _told_apart(project, motivations_of(found.workspace, found.engine, found.people))
    facts = PageFacts(
        project=project.project.name,
        told=told,
        audit=audit(found.study, project, found.kept, told_apart),
        portrait=portrait(found.people, found.study, found.kept),
        tried=found.people.valuation.tried,
        tiers=[tier.name for tier in project.tiers],
        needs=needs(found.engine, found.people, found.study, reader_of(found.workspace)),
    )
    write_page(path, render(facts))


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

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("segment", overflow="fold", min_width=12)
    columns = ["people", "of all", "reached", f"value {told.currency}", "of all", "each"]
    for column in (*columns, *(("came", "left") if told.last_time else ())):
        table.add_column(column, justify="right", no_wrap=True)
    for each in told.segments:
        table.add_row(
            escape(each.name if each.scheme is None else f"{each.scheme}: {each.name}"),
            f"{each.people:,}",
            f"{each.people_share:.0%}",
            f"{each.reachable:,}",
            f"{each.value_minor / told.money_unit:,.0f}",
            f"{each.value_share:.0%}",
            f"{each.mean_value_minor / told.money_unit:,.0f}",
            *((f"{each.came:,}", f"{each.left:,}") if told.last_time else ()),
        )
    return table


@app.command("check")
def check(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Ask of every segment whether it is measurable, accessible, substantial, different and acted on.

    Says which to merge, where to split, and what is wrong with how they are written, each with its fix. Exits 4 when
    something has to be mended, or accepted in the project file with a reason.
    """
    from activator.plan.inputs import motivations_of
    from activator.segments.audit import audit

    with opened(project, quiet=as_json) as found:
        motivations = motivations_of(found.workspace, found.engine, found.people)
        told = _told_apart(found.workspace.project, motivations)
        made = audit(found.study, found.workspace.project, found.kept, told)
    if as_json:
        print_json(made)
    else:
        _show_audit(made)
    if made.checked.is_blocked:
        raise typer.Exit(4)


def _told_apart(project: "Project", motivations: "Mapping[str, TierMotivation]") -> dict[str, bool]:
    """Whether a tier is told something of its own: copy for its motivation, said or heard."""
    written = {text.speaks_to for text in project.copy_variants} - {"generic"}
    return {
        tier.name: bool(written & ({tier.motivation} if tier.motivation else set(motivations[tier.name].motivations)))
        for tier in project.tiers
        if tier.motivation or tier.name in motivations
    }


def _show_audit(made: "Audit") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("segment", overflow="fold", min_width=12)
    for column in ("measurable", "accessible", "substantial", "different", "acted on"):
        table.add_column(column)
    for one in made.checked.criteria:
        table.add_row(
            escape(one.segment),
            f"{_word(one.measurable)} {one.known_share:.0%}",
            f"{_word(one.accessible)} {one.reachable_share:.0%}",
            f"{_word(one.substantial)} {one.people:,}",
            _word(one.differentiable),
            _word(one.actionable),
        )
    show(table)
    places = {one.segment: place for place, one in enumerate(made.checked.criteria)}
    for each in sorted(made.checked.against_rest, key=lambda each: places[each.first]):
        if each.outcome == "differ":
            bounds = f"{each.low:.2f} to {each.high:.2f}"
            say(f"{each.first}: {each.measure} {each.ratio:.2f} times that of everybody else ({bounds})")
    say()
    marks = {"ok": "note   ", "warning": "warning", "error": "error  "}
    for finding in made.checked.findings:
        mark = "passed " if finding.accepted is not None else marks[finding.severity]
        about = f"{finding.segment}: " if finding.segment else ""
        say(f"{mark}  {finding.code}: {about}{printable(finding.message)}")
        next_step = f"what to do: {finding.fix}" if finding.accepted is None else f"accepted: {finding.accepted}"
        say(f"         {printable(next_step)}")
    if not made.checked.findings:
        say("Nothing to mend.")
    if made.review_on is not None:
        say(f"Review on {made.review_on}; kept since {made.first_kept}.")


def _word(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known yet"}[answer]


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .csv or .parquet.", dir_okay=False)],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write one row per person for the analyst: worth, prediction, risk, scores, stage, tier and segments.

    People are named by the ids of your systems and the line they were met in, never by an address or number. The file
    is readable by its owner only.
    """
    from activator.segments.audit import refuse_blocked
    from activator.segments.export import write_people

    with opened(project, quiet=as_json) as found:
        refuse_blocked(found.workspace.project, found.study)
        rows = write_people(found.engine, found.people, found.study, output)
    if as_json:
        print_json({"file": output, "people": rows})
    else:
        say(f"{rows:,} people in {printable(str(output))}")


@app.command("library")
def library(as_json: JsonOption = False) -> None:
    """Show the shipped segments, to begin with `like: NAME` in the project file."""
    from mappings.segment_library import shipped_segments

    if as_json:
        print_json(
            [section.model_dump(by_alias=True, exclude_defaults=True) for section in shipped_segments().values()]
        )
        return
    for section in shipped_segments().values():
        say(f"{section.name}: {section.title}")
