"""`activator mappings`: how exports are read."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, print_json, printable, say
from activator.errors import ConfigurationError

app = typer.Typer(help="How exports are read.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_mappings(as_json: JsonOption = False) -> None:
    """List the shipped mappings."""
    from mappings.loader import shipped

    if as_json:
        print_json([{"name": m.name, "entity": m.entity, "title": m.title, "columns": m.recognise} for m in shipped()])
        return
    for mapping in shipped():
        say(f"  {mapping.name:<26} {mapping.entity:<13} {mapping.title}")


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="A shipped mapping.")]) -> None:
    """Print a shipped mapping, to copy and adapt."""
    from mappings.loader import load_mapping, mapping_text

    say(mapping_text(load_mapping(name, Path()).name).rstrip())


@app.command("check")
def check(
    export: Annotated[Path, typer.Argument(help="The export to look at.")],
    mapping: Annotated[
        str | None, typer.Option(help="Shipped mapping or mapping file; default: the one recognised.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Country of phone numbers without one, e.g. DE.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="utf-8, utf-16 or windows-1252, where the file does not say.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="comma, semicolon, tab or pipe, where it is in doubt.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how an export is read: its files, each column, what deserves a look, the first bad rows. Values are masked.

    EXPORT is a file, a folder of parts or a quoted glob. Exits 2 when the export cannot be read at all.
    """
    import tempfile

    from activator.cli.mapping_page import Checked, page
    from activator.config.clock import SystemClock
    from activator.config.exports import DELIMITERS, ENCODINGS
    from activator.config.extensions import SOURCES, load_extension
    from activator.model.exports import FilePlace
    from activator.people.engine import open_engine
    from activator.people.mapping_profile import profile
    from mappings.loader import RECOGNISED, load_mapping, recognise

    if encoding not in (None, *ENCODINGS):
        raise ConfigurationError(f"there is no encoding {encoding!r}", f"One of {', '.join(ENCODINGS)}.")
    if delimiter not in (None, *DELIMITERS):
        raise ConfigurationError(f"there is no delimiter {delimiter!r}", f"One of {', '.join(DELIMITERS)}.")
    place = FilePlace(export, encoding, DELIMITERS[delimiter] if delimiter else None)
    with tempfile.TemporaryDirectory(prefix="activator-") as scratch, open_engine(Path(scratch)) as engine:
        raw = load_extension(SOURCES, "crm").read(engine.backend, "export", place)
        fits = recognise(raw.header)
        if not mapping and not (fits and fits[0][1] >= RECOGNISED):
            nearest = f"; {fits[0][0].name} is nearest, by {fits[0][1]:.0%} of its telling columns" if fits else ""
            raise ConfigurationError(
                f"no shipped mapping fits the columns of {export.name}{nearest}",
                "Name one with --mapping, or let `activator init` draft one.",
            )
        chosen = load_mapping(mapping, Path()) if mapping else fits[0][0]
        found = profile(raw, chosen, country.upper() if country else None, now=SystemClock().now())
    checked = Checked(export, raw.facts, raw.header, chosen, tuple(fits), found)
    if as_json:
        print_json(checked.document())
        return
    for line in page(checked):
        say(printable(line))
