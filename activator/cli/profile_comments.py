"""`activator profile classify` and `activator profile correct`: single comments, and what they really speak of."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say


def classify(
    file: Annotated[Path, typer.Argument(help="CSV with columns id and text, and language if known (en, de, ...).")],
    project: Annotated[
        Path | None,
        typer.Option("--project", "-C", help="Read as this project does: lexicons, corrections.", file_okay=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each comment which motive it speaks of, which second one, how surely, and which phrases decided.

    Prints CSV: id, motive, second, confidence, language, phrases. The motive is empty where nothing can be said.
    """
    import csv
    import sys

    from activator.config.workspace import open_workspace
    from activator.motivation.labelling import label_file
    from activator.motivation.lexicon import shipped_lexicon
    from activator.motivation.reader import Reader
    from activator.motivation.tables import inert
    from activator.plan.inputs import reader_of

    reader = Reader(shipped_lexicon()) if project is None else reader_of(open_workspace(project))
    found = label_file(file, reader)
    if as_json:
        print_json(found)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["id", "motive", "second", "confidence", "language", "phrases"])
    for label in found:
        reading = label.reading
        phrases = "; ".join(reading.phrases)
        writer.writerow(
            [
                inert(label.id),
                reading.motive or "",
                reading.second or "",
                reading.confidence,
                reading.language or "",
                inert(phrases),
            ]
        )


def correct(
    file: Annotated[Path, typer.Argument(help="CSV with columns text and motive (or none), and language if known.")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell what comments really speak of. They are read so from now on, and others like them once there are enough.

    Kept in motivation_corrections.csv beside the project file, with addresses, numbers and names hidden; yours to edit.
    """
    from activator.config.workspace import open_workspace
    from activator.motivation.corrections import add_corrections

    workspace = open_workspace(project)
    path = workspace.folder / workspace.project.motivation.corrections
    added = add_corrections(path, file)
    if as_json:
        print_json({"file": path.name, "new": added.new, "changed": added.changed, "known": added.known})
        return
    say(f"{added.new} new, {added.changed} changed; {added.known} corrections in {path.name}.")
    say("`activator profile` shows what is learned from them.")
