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
        say(f"  {mapping.name:<22} {mapping.entity:<10} {mapping.title}")


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
    as_json: JsonOption = False,
) -> None:
    """Show how each column of an export is read: filled, valid, unmapped, and the first bad rows. Values are masked."""
    import tempfile

    from activator.config.extensions import SOURCES, load_extension
    from activator.people.engine import open_engine
    from activator.people.mapping_profile import profile
    from mappings.loader import load_mapping

    reader = load_extension(SOURCES, "crm")
    with tempfile.TemporaryDirectory(prefix="activator-") as scratch, open_engine(Path(scratch)) as engine:
        raw = reader.read(engine.backend, "export", export)
        chosen = load_mapping(mapping, Path()) if mapping else _recognised(export, raw.header)
        found = profile(raw, chosen, country.upper() if country else None)
    if as_json:
        print_json({"export": export, "mapping": chosen.name, "profile": found})
        return
    say(f"{export.name}: {raw.rows:,} rows, read as {chosen.title} ({chosen.name})")
    for field in found.fields:
        valid = "" if field.valid_share is None else f"{field.valid_share:>7.1%} valid"
        say(
            f"  {field.field:<28} <- {printable(field.column):<36} {field.filled_share:>6.1%} filled {valid:<14} "
            f"{printable(', '.join(field.examples))}"
        )
    if found.unmapped:
        say(f"  not used: {printable(', '.join(found.unmapped))}")
    for row in found.bad_rows:
        say(f"  line {row.line}: {printable(row.reason)}")


def _recognised(export: Path, header: tuple[str, ...]):  # type: ignore[no-untyped-def]
    from mappings.loader import recognise

    found = recognise(header)
    if not found:
        raise ConfigurationError(
            f"no shipped mapping fits the columns of {export.name}",
            "Name one with --mapping, or let `activator init` draft one.",
        )
    return found[0][0]
