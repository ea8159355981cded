"""`activator segments suggest`: which two or three segments to begin with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, print_json, say
from activator.config.segment_bases import BASES, Constraint, Purpose
from activator.errors import ConfigurationError

if TYPE_CHECKING:
    from activator.segments.suggest import Suggestion


def suggest_segments(
    purpose: Annotated[Purpose | None, typer.Option("--purpose", help="What the segments are for.")] = None,
    constraint: Annotated[Constraint | None, typer.Option("--constraint", help="What holds growth back.")] = None,
    project: Annotated[
        Path | None,
        typer.Option("--project", "-C", help="Suggest what this project's exports can tell.", file_okay=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which two or three segments to begin with, by what they are for or by what holds growth back.

    Without an answer it shows both questions. Changes nothing: what to write into activator.yaml is printed.
    """
    from activator.segments.suggest import suggest

    if purpose is not None and constraint is not None:
        raise ConfigurationError("both --purpose and --constraint are given", "Answer one of the two questions.")
    answer = purpose or constraint
    if answer is None:
        _ask(as_json=as_json)
        return
    found = suggest(answer, None if project is None else _exports(project))
    if as_json:
        print_json(found)
        return
    _show(found)


def _exports(project: Path) -> set[str]:
    """The kinds of exports the project reads."""
    from activator.config.workspace import open_workspace
    from mappings.loader import load_mapping

    workspace = open_workspace(project)
    return {load_mapping(section.mapping, workspace.folder).entity.value for section in workspace.project.sources}


def _ask(*, as_json: bool) -> None:
    if as_json:
        print_json({answer.value: basis for answer, basis in BASES.items()})
        return
    for title, answers in (
        ("What are they for? --purpose", Purpose),
        ("What holds growth back? --constraint", Constraint),
    ):
        say(title)
        for answer in answers:
            say(f"  {answer.value}: {BASES[answer].answer}")


def _show(found: "Suggestion") -> None:
    say(f"{found.basis.answer}: divide people by {found.basis.divide_by}.")
    for section in found.segments:
        say(f"  {section.name}: {section.title}")
    if found.segments:
        say("In activator.yaml:")
        say("  segments:")
        for section in found.segments:
            say(f"    - {{name: {section.name}, like: {section.name}}}")
    else:
        say("  None of the shipped segments for it can be told from the project's exports.")
    for name, kind in found.lacking:
        say(f"With an export of {kind} also {name}.")
