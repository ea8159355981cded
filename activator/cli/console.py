"""Printing and exiting: words on a terminal, or one JSON document with --json; never both."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from activator.errors import ActivatorError, DestinationError

if TYPE_CHECKING:
    from rich.console import RenderableType

ProjectOption = Annotated[
    Path, typer.Option("--project", "-C", help="Folder with activator.yaml.", file_okay=False, show_default="here")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept", help="Let one guard pass, by its name; may be repeated. Needs --reason.", metavar="GUARD"),
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="Why the accepted guards may pass; recorded in the audit log.")
]


def plain(value: Any) -> Any:
    """A value as JSON can hold it; money stays integer, ratios become text."""
    from pydantic_core import to_jsonable_python

    def other(item: Any) -> Any:
        return describe(item) if isinstance(item, ActivatorError) else str(item)

    return to_jsonable_python(value, fallback=other)


def describe(error: ActivatorError) -> dict[str, Any]:
    """An error as data: what, what next, and the platform's codes where there are any."""
    body: dict[str, Any] = {
        "type": type(error).__name__,
        "message": error.message,
        "next_step": error.next_step,
        "exit_code": error.exit_code,
    }
    if isinstance(error, DestinationError):
        body["platform"] = {key: value for key, value in plain(error.fault).items() if value not in ("", None)}
    return body


def print_json(document: Any) -> None:
    """The one JSON document of a command."""
    typer.echo(json.dumps(plain(document), indent=2, ensure_ascii=False))


def say(text: str = "") -> None:
    """One line of plain text on standard output."""
    typer.echo(text)


def show(renderable: "RenderableType") -> None:
    """Something rich can print, on standard output."""
    from rich.console import Console

    Console().print(renderable)


def explain(error: ActivatorError) -> None:
    """An expected error on standard error: what is wrong, then what to do."""
    typer.echo(f"error: {printable(error.message)}", err=True)
    if error.next_step:
        typer.echo(f"  what to do: {printable(error.next_step)}", err=True)
    if isinstance(error, DestinationError):
        codes = {key: value for key, value in plain(error.fault).items() if value not in ("", None)}
        if codes:
            typer.echo("  platform: " + ", ".join(f"{key} {value}" for key, value in codes.items()), err=True)


def printable(text: str) -> str:
    r"""Text from outside with control characters shown as \xNN, so that it cannot steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)


@contextmanager
def steps(*, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A progress callback: a live line on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _message, _advance: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,} done"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        line = progress.add_task("starting", total=None)

        def report(message: str, advance: int) -> None:
            progress.update(line, advance=advance, description=message or None)

        yield report


def acceptances(accept: list[str] | None, reason: str | None) -> dict[str, str]:
    """--accept and --reason as guard -> reason.

    Raises:
        ConfigurationError: an unknown guard, a ceiling, or no reason given.
    """
    from activator.errors import ConfigurationError
    from activator.plan.guards import CEILINGS, GUARDS, UNKNOWN_OBJECT

    unknown = sorted(set(accept or ()) - set(GUARDS))
    if unknown:
        raise ConfigurationError(f"there is no guard `{unknown[0]}`", f"Guards: {', '.join(sorted(GUARDS))}.")
    if UNKNOWN_OBJECT in (accept or ()):
        raise ConfigurationError(
            f"the guard `{UNKNOWN_OBJECT}` is not accepted by its name: nothing on a platform is taken over unseen",
            "Name what is yours by its id: `adopt` of the destination in the project file.",
        )
    money = sorted(set(accept or ()) & set(CEILINGS))
    if money:
        raise ConfigurationError(
            f"the guard `{money[0]}` cannot be accepted: it is a ceiling on money",
            f"Whoever may spend more raises {CEILINGS[money[0]]} in the project file.",
        )
    if accept and not (reason and reason.strip()):
        raise ConfigurationError("--accept needs --reason", "Say why the guard may pass; it is recorded.")
    return {guard: (reason or "").strip() for guard in accept or ()}
