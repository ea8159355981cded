"""`activator forget`: one person out of everything, for good, with receipts."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps
from activator.errors import ConfigurationError
from activator.model.erasure import ACCOUNT, Erasure, Place, PlaceState

if TYPE_CHECKING:
    from activator.privacy.forget import Found

_FILE_BYTES_MAX = 64 * 1024

FileOption = Annotated[
    str | None,
    typer.Option("--file", help="File with the person's identifiers, one a line; - is standard input.", metavar="FILE"),
]


def forget(
    project: ProjectOption = Path(),
    file: FileOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Refused if more than one person is meant.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Ask for nobody; go on with what is not done yet.")] = False,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="Check a receipt's signature.", metavar="FILE")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write down who was forgotten, as keyed digests.", metavar="FILE")
    ] = None,
    merge: Annotated[
        Path | None, typer.Option("--merge", help="Take in what --export wrote, e.g. after a restore.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove one person from every audience and account, and keep them out from now on.

    Asks for e-mail addresses, phones or customer ids of the person; they are not shown, not kept, and never arguments.
    Says first what would be removed from where. Removes at once, and again once nothing sent before can bring the
    person back; every sync goes on with what is open. Exits 6 where a platform needs a human, 7 while any is open.
    """
    if verify is not None:
        _verify(project, verify, as_json=as_json)
    elif export is not None or merge is not None:
        _carry(project, export, merge, as_json=as_json)
    else:
        _forget(project, None if resume else _identifiers(file), yes=yes, as_json=as_json)


def _forget(project: Path, texts: Sequence[str] | None, *, yes: bool, as_json: bool) -> None:
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.lease import this_process
    from activator.privacy.forget import begin, look
    from activator.privacy.removal import Remover

    workspace, clock = open_workspace(project), SystemClock()
    found = None
    if texts is not None:
        with steps(quiet=as_json) as report:
            report("looking for the person", 0)
            found = look(workspace, clock, texts)
        if not as_json:
            for line in _preview(found):
                say(printable(line))
        _agree(max(found.people, 1) + found.others, yes=yes, as_json=as_json)
        begun = begin(workspace, clock, this_process(), found)
        typer.echo(f"Written down as {begun.erasure_id}: from here on every sync goes on with it.", err=True)
    with steps(quiet=as_json) as report:
        erasures = Remover(workspace, clock, this_process(), report=report).advance()
    if as_json:
        folder = workspace.state / "receipts"
        looked = (
            {}
            if found is None
            else {
                "people": found.people,
                "rows": found.rows,
                "members": found.members,
                "told": found.told,
                "others": found.others,
            }
        )
        open_ones = [{**erasure_json(it), "receipts": _receipts(folder, it)} for it in erasures]
        print_json({"found": looked, "erasures": open_ones})
    else:
        for line in _result(erasures, workspace.state / "receipts"):
            say(printable(line))
    raise typer.Exit(exit_code(erasures))


def exit_code(erasures: Iterable[Erasure]) -> int:
    """0 done, 6 a human is needed, 7 it goes on by itself."""
    places = [place for erasure in erasures for place in erasure.places]
    if any(place.needs_human for place in places):
        return 6
    return 7 if any(place.state is not PlaceState.DONE for place in places) else 0


def _identifiers(file: str | None) -> list[str]:
    if file is None:
        if not sys.stdin.isatty():
            raise ConfigurationError("there is no terminal to ask on", "Name a file with --file, or pipe it: --file -")
        return _asked()
    if file == "-":
        text = sys.stdin.read(_FILE_BYTES_MAX + 1)
    else:
        try:
            with Path(file).open(encoding="utf-8-sig") as stream:
                text = stream.read(_FILE_BYTES_MAX + 1)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            fix = "It takes the name of a file with one identifier a line, not an identifier."
            raise ConfigurationError(f"--file: this file cannot be read: {why}", fix) from None
    if len(text) > _FILE_BYTES_MAX:
        raise ConfigurationError("--file: this is more than one person's identifiers", "One call for each person.")
    return text.splitlines()


def _asked() -> list[str]:
    """As many identifiers as the person has, until an empty line."""
    texts: list[str] = []
    while True:
        more = "another, or nothing" if texts else "E-mail address, phone or customer id"
        text = typer.prompt(f"{more} (not shown)", hide_input=True, err=True, default="", show_default=False)
        if not text.strip():
            return texts
        texts.append(text)


def _preview(found: "Found") -> Iterable[str]:
    people, members = found.people, found.members
    if found.problem:
        yield f"The exports cannot be read ({found.problem}), so only what was typed and what was sent is known."
    elif people:
        yield f"In the exports: {people} {'person' if people == 1 else 'people'} on {found.rows:,} rows."
    else:
        yield "In the exports: nobody."
    if found.others:
        who = "1 other person has" if found.others == 1 else f"{found.others:,} other people have"
        yield f"In the exports {who} an identifier that was sent about this person: removed and kept out as well."
    if not members and not people:
        yield "Nobody is known by this. Check the spelling: the receipts will say that nothing was ever sent."
    elif not members:
        yield "Nothing was ever sent about the person, so no platform is told anything."
    for destination, count in found.audiences.items():
        told = "audience was" if count == 1 else "audiences were"
        yield f"  {destination}: {count} {told} told; removed from all of ours, and from every list of the account"
    if members:
        yield f"Each removal names {members:,} sent {'row' if members == 1 else 'rows'} of identifiers."
    if found.told:
        events = f"{found.told:,} {'event' if found.told == 1 else 'events'}"
        yield f"Your webhook was told of the person in {events}: take that back there; the receipt lists them."
    yield "From now on the person is kept out of everything, also when an old export or backup comes back."


def _agree(people: int, *, yes: bool, as_json: bool) -> None:
    if people > 1 and (yes or as_json):
        raise ConfigurationError(
            f"these identifiers are of {people} people",
            "Run it without --yes and --json to decide, or name one person.",
        )
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise ConfigurationError("nobody was asked, so nobody is forgotten", "Add --yes to do it without being asked.")
    whom = "this person" if people <= 1 else f"all {people} people"
    if not typer.confirm(f"Forget {whom}? It cannot be taken back.", err=True):
        say("Nothing was done.")
        raise typer.Exit(0)


def _result(erasures: Sequence[Erasure], receipts: Path) -> Iterable[str]:
    if not erasures:
        yield "Nothing is open."
    for erasure in erasures:
        yield from erasure_lines(erasure)
        yield f"  receipts: {receipts}/{erasure.erasure_id}-*.json"


def erasure_lines(erasure: Erasure) -> Iterable[str]:
    """How far one erasure has come, place by place."""
    if erasure.completed_at is not None:
        what = "forgotten" if erasure.found else "kept out from now on; nothing was ever sent"
        yield f"{erasure.erasure_id}: {what}, complete since {erasure.completed_at:%Y-%m-%d %H:%M} UTC"
    else:
        yield f"{erasure.erasure_id}: asked {erasure.requested_at:%Y-%m-%d}, to be done by {erasure.due_at:%Y-%m-%d}"
    for place in erasure.places:
        yield f"  {place.destination:<8} {place.audience_key or 'the whole account':<22} {place_words(place)}"


def place_words(place: Place) -> str:
    """The state of one place, and what helps."""
    detail = f" ({place.detail})" if place.detail else ""
    match place.state:
        case PlaceState.DONE:
            return "removed"
        case PlaceState.WAITING:
            assert place.again_after is not None, "waiting has an end"
            return f"removed; once more after {place.again_after:%Y-%m-%d %H:%M} UTC, when nothing can land late"
        case PlaceState.PROCESSING:
            return "removal is being processed"
        case PlaceState.REFUSED:
            return f"REFUSED{detail}: tried again at every sync; if it stays, delete the audience on the platform"
        case PlaceState.UNREACHABLE:
            return f"OUT OF REACH{detail}: put the destination back, or remove the person there by hand"
        case PlaceState.PENDING:
            return f"not yet{detail}"


def _receipts(folder: Path, erasure: Erasure) -> list[str]:
    return sorted(str(path) for path in folder.glob(f"{erasure.erasure_id}-*.json"))


def erasure_json(erasure: Erasure) -> dict[str, object]:
    """One erasure as data: when it has to be done, and how far each place has come."""
    return {
        "erasure_id": erasure.erasure_id,
        "requested_at": erasure.requested_at,
        "due_at": erasure.due_at,
        "found": erasure.found,
        "completed_at": erasure.completed_at,
        "places": [
            {
                "destination": place.destination,
                "audience_key": place.audience_key if place.audience_key != ACCOUNT else None,
                "state": place.state.value,
                "again_after": place.again_after,
                "needs_human": place.needs_human,
                "detail": place.detail,
            }
            for place in erasure.places
        ],
    }


def _verify(project: Path, path: Path, *, as_json: bool) -> None:
    """That a receipt is this project's own, and as it was signed."""
    from activator.config.erasure_key import erasure_key
    from activator.config.workspace import open_workspace
    from activator.privacy.receipts import verified

    workspace = open_workspace(project)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", "Name a receipt.") from None
    verified(content)  # what is no receipt is said to be none, whether or not this project has a secret
    body = verified(content, erasure_key(workspace.state, workspace.settings.erasure_key))
    if as_json:
        print_json({"valid": True, "receipt": body})
        return
    state = "complete" if body["complete"] else "not complete"
    say(
        printable(f"The signature is this project's and holds: {body['destination']}, {state} on {body['written_at']}.")
    )


def _carry(project: Path, export: Path | None, merge: Path | None, *, as_json: bool) -> None:
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.lease import this_process
    from activator.privacy.carry import export_erasures, merge_erasures

    workspace, clock = open_workspace(project), SystemClock()
    told: dict[str, object] = {}
    if export is not None:
        told["exported"] = export_erasures(workspace, clock, export)
    if merge is not None:
        told["merged"] = merge_erasures(workspace, clock, this_process(), merge)
    if as_json:
        print_json(told)
        return
    for what, count in told.items():
        say(f"{count} erasures {what}." + (" `activator sync` goes on with them." if what == "merged" else ""))
