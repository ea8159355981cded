"""`activator profile`: why each tier buys, and what single comments speak of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps

if TYPE_CHECKING:
    from activator.model.plan import TierMotivation

app = typer.Typer(help="Why each tier buys, in its own words.", rich_markup_mode=None)
OUTCOMES = {
    "one": "one driver",
    "two": "two drivers",
    "none": "no dominant motivation",
    "too_few": "too few answers",
}


@app.callback(invoke_without_command=True)
def profile(context: typer.Context, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show the motivation of every tier: its share and interval, quotes, the texts it leads to, and what is missing.

    Reads the exports only; asks no platform and changes nothing.
    """
    if context.invoked_subcommand:
        return
    from activator.config.workspace import open_workspace
    from activator.plan.inputs import read_motivations

    workspace = open_workspace(project)
    with steps(quiet=as_json) as report:
        report("reading the exports", 0)
        found = read_motivations(workspace)
    if as_json:
        print_json([{"motivation": motivation, "copy": copy} for motivation, copy in found])
        return
    for motivation, copy in found:
        _show(motivation, copy)


def _show(motivation: "TierMotivation", copy: tuple[str, ...]) -> None:
    said = OUTCOMES[motivation.outcome]
    named = " and ".join(motivation.motivations)
    say(f"{motivation.tier}: {said}{f': {named}' if named else ''}")
    if motivation.motivations:
        say(
            f"  {motivation.share:.0%} of {motivation.answers} customers who said why "
            f"(at least {motivation.share_low:.0%}, 90 % interval)"
        )
    else:
        say(f"  {motivation.answers} customers said why")
    for name, lift in motivation.lifts:
        say(f"  {name}: {lift:.1f} times as often as among all customers")
    for quote in motivation.quotes:
        say(f"  “{printable(quote)}”")
    say(f"  texts: {', '.join(copy) or 'none speak to it'}")
    if motivation.answers_wanted:
        say(f"  missing: about {motivation.answers_wanted} more customers who say why; ask them in a survey")


@app.command("classify")
def classify(
    file: Annotated[Path, typer.Argument(help="CSV with columns id and text, and language if known (en, de, ...).")],
    project: Annotated[
        Path | None, typer.Option("--project", "-C", help="Use this project's lexicons too.", file_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each comment which motive it speaks of, which second one, how surely, and which phrases decided.

    Prints CSV: id, motive, second, confidence, language, phrases. The motive is empty where the lexicon abstains.
    """
    import csv
    import sys

    from activator.config.workspace import open_workspace
    from activator.motivation.labelling import label_file
    from activator.motivation.lexicon import load_lexicon, shipped_lexicon

    lexicon = shipped_lexicon()
    if project is not None:
        workspace = open_workspace(project)
        lexicon = load_lexicon([workspace.folder / path for path in workspace.project.motivation.lexicons], lexicon)
    found = label_file(file, lexicon)
    if as_json:
        print_json(found)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["id", "motive", "second", "confidence", "language", "phrases"])
    for label in found:
        reading = label.reading
        phrases = "; ".join(reading.phrases)
        writer.writerow(
            [label.id, reading.motive or "", reading.second or "", reading.confidence, reading.language or "", phrases]
        )
