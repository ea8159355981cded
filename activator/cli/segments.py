"""`activator segments`: who is in which segment, whether the segments hold water, and files about them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli import segments_suggest
from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps

if TYPE_CHECKING:
    from activator.config.project import Project
    from activator.config.workspace import Workspace
    from activator.model.plan import TierMotivation
    from activator.people.engine import Engine
    from activator.people.pipeline import People
    from activator.segments.kept import KeptMemberships
    from activator.segments.study import Study
    from activator.segments.summary import Summary

app = typer.Typer(help="Segments: rules over people, and what they find.", rich_markup_mode=None)
app.command("suggest")(segments_suggest.suggest_segments)


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
    from activator.config.workspace import open_workspace
    from activator.segments.declared import declared
    from activator.segments.kept import KeptMemberships
    from activator.segments.study import keep, study

    workspace = open_workspace(project)
    sections, document = declared(workspace)
    with _read(workspace, quiet=quiet) as (engine, people, report):
        report("finding who is in which segment", 0)
        kept = KeptMemberships(engine, workspace.state)
        made = study(engine, people, sections, kept, document)
        keep(made, kept)
        yield Opened(workspace, engine, people, made, kept)


@contextmanager
def _read(workspace: "Workspace", *, quiet: bool) -> Iterator[tuple["Engine", "People", Callable[[str, int], None]]]:
    """Everybody in the exports, and what reports the next step."""
    from activator.config.clock import SystemClock
    from activator.config.room import disk_room
    from activator.people.engine import open_engine
    from activator.plan.inputs import read_people

    with (
        disk_room(workspace.state),
        steps(quiet=quiet) as report,
        open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine,
    ):
        report("reading the exports", 0)
        yield engine, read_people(workspace, engine, SystemClock().now().date()), report


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
    from activator.cli.segments_shown import show_summary
    from activator.segments.summary import summary

    with opened(project, quiet=as_json) as found:
        told = summary(found.study, found.workspace.project.currency)
        if report is not None:
            _write_page(found, told, report)
    if as_json:
        print_json(told)
        return
    show_summary(told)
    if report is not None:
        say()
        say(f"Page: {printable(str(report))}")


def _write_page(found: Opened, told: "Summary", path: Path) -> None:
    from activator.config.whole_file import whole_file
    from activator.plan.inputs import motivations_of, reader_of
    from activator.reports.segments_page import PageFacts, render
    from activator.segments.audit import audit
    from activator.segments.needs import needs
    from activator.segments.portrait import portrait

    project = found.workspace.project
    motivations = motivations_of(found.workspace, found.engine, found.people)
    facts = PageFacts(
        project=project.project.name,
        told=told,
        audit=audit(
            found.study, project, found.kept, _told_apart(project, motivations), _left_out(project, motivations)
        ),
        portrait=portrait(found.people, found.study, found.kept),
        tried=found.people.valuation.tried,
        tiers=[tier.name for tier in project.tiers],
        needs=needs(found.engine, found.people, found.study, reader_of(found.workspace)),
    )
    with whole_file(path, "the page") as stream:
        stream.write(render(facts).encode())


@app.command("check")
def check(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Ask of every segment whether it is measurable, accessible, substantial, different and acted on.

    Says which to merge, where to split, and what is wrong with how they are written, each with its fix. Exits 4 when
    something has to be mended, or accepted in the project file with a reason.
    """
    from activator.cli.segments_shown import show_audit
    from activator.plan.inputs import motivations_of
    from activator.segments.audit import audit

    with opened(project, quiet=as_json) as found:
        motivations = motivations_of(found.workspace, found.engine, found.people)
        project_read = found.workspace.project
        told = _told_apart(project_read, motivations)
        made = audit(found.study, project_read, found.kept, told, _left_out(project_read, motivations))
    if as_json:
        print_json(made)
    else:
        show_audit(made)
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


def _left_out(project: "Project", motivations: "Mapping[str, TierMotivation]") -> list[tuple[str, str]]:
    """Where a tier is not shown texts that offer a discount, and why."""
    from activator.plan.notices import left_out_words
    from activator.plan.texts import discounts_left_out, written_texts

    found = []
    texts = written_texts(project) if any(text.discount for text in project.copy_variants) else ()
    for name, destination in project.destinations.items():
        for tier in destination.tiers if texts else ():
            why = motivations.get(tier)
            out = discounts_left_out(project, destination.connector, why, tier, texts)
            if why is not None and out:
                found.append((f"{name}/{tier}", left_out_words(project, why, out)))
    return found


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
    from activator.config.workspace import open_workspace
    from activator.segments.audit import refuse_blocked
    from activator.segments.export import write_people

    workspace = open_workspace(project)
    if workspace.project.segments:
        with opened(project, quiet=as_json) as found:
            refuse_blocked(found.workspace.project, found.study)
            rows = write_people(found.engine, found.people, found.study.members, output)
    else:
        with _read(workspace, quiet=as_json) as (engine, people, _):
            rows = write_people(engine, people, None, output)
    if as_json:
        print_json({"file": output, "people": rows})
    else:
        say(f"{rows:,} people in {printable(str(output))}")


@app.command("effectiveness")
def effectiveness(
    project: ProjectOption = Path(),
    month: Annotated[
        str | None, typer.Option("--month", help="E.g. 2026-10; default: the newest that is over.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show whether segmenting pays: advertising, revenue by tier and segment, month over month.

    Asks no platform: figures of ads are those the briefing fetched. Exits 4 where the highest tier is not worth the
    most, since everything else rests on that.
    """
    from activator.cli.segments_effect import show_effectiveness
    from activator.config.workspace import open_workspace
    from activator.reports.effectiveness import effectiveness as computed
    from activator.reports.month import Month

    asked = None if month is None else Month.read(month)
    workspace = open_workspace(project)
    if workspace.project.segments:
        with opened(project, quiet=as_json) as at:
            chosen = asked or Month.over(at.people.as_of)
            found = computed(workspace, at.engine, at.people, chosen, at.study, at.kept)
    else:
        with _read(workspace, quiet=as_json) as (engine, people, _):
            chosen = asked or Month.over(people.as_of)
            found = computed(workspace, engine, people, chosen, None, None)
    if as_json:
        print_json(found)
    else:
        show_effectiveness(found, chosen)
    if found.failure is not None:
        raise typer.Exit(4)


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
