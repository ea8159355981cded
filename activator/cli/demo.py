"""`activator demo`: the whole product on a sample brand, in a minute, without an account."""

import shutil
from pathlib import Path
from typing import Annotated, assert_never

import typer

from activator.cli.console import JsonOption, print_json, say, show
from activator.errors import ConfigurationError

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
    from activator.demo.scenario import Applied, Briefed, Planned, Step, run_demo

    told: list[dict[str, object]] = []
    for event in run_demo(folder, people, seed):
        match event:
            case Step():
                _chapter(event.title, event.command, quiet=as_json)
                told.append({"step": event.title, "command": event.command})
            case Planned():
                told.append({"plan": event.plan.plan_id, "changes": len(event.plan.changes)})
                if not as_json:
                    from activator.cli.preview import show_plan

                    show_plan(event.plan, event.folder)
            case Applied():
                told.append({"applied": event.result.plan_id, "complete": event.result.complete})
                if not as_json:
                    from activator.cli.preview import show_result

                    show_result(event.result)
                if not event.result.complete:
                    raise typer.Exit(event.result.exit_code)
            case Briefed():
                told.append({"briefing": event.briefing, "page": event.page})
                if not as_json:
                    from activator.briefing.render_terminal import render_terminal

                    show(render_terminal(event.briefing))
            case _:
                assert_never(event)
    if as_json:
        print_json(told)
    else:
        _farewell(folder)


def _fresh(folder: Path) -> None:
    """An empty folder; only one that an earlier demonstration made is ever removed."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise ConfigurationError(f"{folder} is not empty and not ours", "Choose another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _chapter(title: str, command: str, *, quiet: bool) -> None:
    if quiet:
        return
    typer.secho(f"\n▌ {title}", bold=True)
    if command:
        typer.secho(f"  $ {command}", dim=True)


def _farewell(folder: Path) -> None:
    page = (folder / "briefing.html").resolve()
    typer.secho("\n▌ Done", bold=True)
    say("  Two syncs reached both platforms through their official clients; every object was created paused.")
    say(f"  The briefing as a page:  {page}")
    say(f"  The project file:        {(folder / 'activator.yaml').resolve()}")
    say("  What to type next:")
    say(f"    activator sandbox --folder {folder}/.sandbox --env-file {folder}/.env     (in another terminal)")
    say(f"    activator status -C {folder}")
    say("    activator init YOUR-EXPORTS.csv     (docs/tutorial: your own data)")
