"""`activator profile copy`: what the copy library has for a motivation, with limits, slots and claims."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from activator.cli.console import JsonOption, print_json, printable, say

if TYPE_CHECKING:
    from mappings.copy_sheet import Sheet


def copy(
    motivation: Annotated[str | None, typer.Argument(help="E.g. risk, or generic; absent: which there are.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="meta, google, email or sms; default: all.")] = None,
    slot: Annotated[
        list[str] | None, typer.Option("--slot", help="Words for a slot, e.g. brand=Sund; may be repeated.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option("--project", "-C", help="Use this project's name and copy sets.", file_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the texts of a motivation on each channel, which fit, what they need, and what to have reviewed."""
    from activator.config.workspace import open_workspace
    from activator.plan.texts import copy_library
    from mappings.copy_library import starter_copy
    from mappings.copy_sheet import sheets

    given = None if project is None else open_workspace(project).project
    library = starter_copy() if given is None else copy_library(given)
    if motivation is None:
        _list(sorted(library), as_json=as_json)
        return
    values = ({} if given is None else {"brand": given.project.name}) | _values(slot or [])
    found = sheets(library, motivation, channel, values)
    if as_json:
        print_json(found)
        return
    for sheet in found:
        _show(sheet)


def _list(motivations: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(motivations)
        return
    for name in motivations:
        say(name)


def _values(slots: list[str]) -> dict[str, Any]:
    from activator.errors import ConfigurationError

    pairs = [pair.partition("=") for pair in slots]
    wrong = [name for name, _, words in pairs if not name or not words]
    if wrong:
        raise ConfigurationError(f"--slot {wrong[0][:40]}: no words for it", "Write it as --slot product=coffee.")
    return {name: words for name, _, words in pairs}


def _show(sheet: "Sheet") -> None:
    about = ", for a tier that has stopped buying" if sheet.lapsed else ""
    say(f"{sheet.channel}: {sheet.name}{about}")
    for line in sheet.lines:
        over = "" if line.fits else f"  too long: {line.used} of {line.limit}"
        say(f"  {line.part}: {printable(line.text)}{over}")
    if sheet.open_slots:
        say(f"  needs: {', '.join(sheet.open_slots)}")
    if sheet.claims:
        say(f"  needs a review: {sheet.claims}")
