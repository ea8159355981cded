"""`activator demo`: the whole product on a sample brand, in a minute, without an account."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from activator.cli.console import JsonOption, plain, print_json, say, show
from activator.errors import ConfigurationError

if TYPE_CHECKING:
    from activator.demo.scenario import Event

MARK = ".activator-demo"


def demo(
    folder: Annotated[Path, typer.Option(help="Folder of the demonstration; made anew.")] = Path("demo"),
    people: Annotated[int, typer.Option(min=200, help="Customers of the sample brand.")] = 3000,
    seed: Annotated[int, typer.Option(help="Seed of everything invented.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Run the main job end to end on a sample brand, against the local sandbox.

    Exports become consolidated people in value tiers, a plan, audiences and paused ads on both platforms, an empty
    second plan, the next day's moves, and a briefing with the flag it was made for. Nothing leaves this machine.
    """
    _fresh(folder)
    from activator.demo.scenario import Applied, run_demo

    told = []
    for event in run_demo(folder, people, seed):
        told.append(event)
        if not as_json:
            _tell(event)
        if isinstance(event, Applied) and not event.result.complete:
            raise typer.Exit(event.result.exit_code)
    if as_json:
        print_json([_as_data(event) for event in told])
    else:
        _farewell(folder)


def _tell(event: "Event") -> None:
    from activator.briefing.render_terminal import render_terminal
    from activator.cli.preview import show_plan, show_result
    from activator.demo.scenario import Applied, Briefed, Planned, Step

    match event:
        case Step():
            typer.secho(f"\n▌ {event.title}", bold=True)
            if event.command:
                typer.secho(f"  $ {event.command}", dim=True)
        case Planned():
            show_plan(event.plan, event.folder, event.currency)
        case Applied():
            show_result(event.result)
        case Briefed():
            show(render_terminal(event.briefing))
        case _:
            assert_never(event)


def _as_data(event: "Event") -> dict[str, object]:
    return {"event": type(event).__name__.lower(), **plain(event)}


def _fresh(folder: Path) -> None:
    """An empty folder; only one that an earlier demonstration made is ever removed."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise ConfigurationError(f"{folder} is not empty and not ours", "Choose another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _farewell(folder: Path) -> None:
    page = (folder / "briefing.html").resolve()
    typer.secho("\n▌ Done", bold=True)
    say("  Two syncs reached both platforms through their official clients; every object was created paused.")
    say(f"  The briefing as a page:  {page}")
    say(f"  The project file:        {(folder / 'activator.yaml').resolve()}")
    program = "activator" if shutil.which("activator") else sys.argv[0]  # as typed, where it is not on the path
    say("  What to type next:")
    say(f"    {program} sandbox --folder {folder}/.sandbox --env-file {folder}/.env     (in another terminal)")
    say(f"    {program} status -C {folder}")
    say(f"    {program} init YOUR-EXPORTS.csv     (docs/tutorial: your own data)")
