"""`activator identifiers`: what would be sent for a value, and why."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from activator.errors import ConfigurationError

LINE_BYTES_MAX = 1 << 20
OneProject = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-C",
        help="Answer by the `identity:` section of this project.",
        file_okay=False,
        show_default="none",
    ),
]


def identifiers(project: OneProject = None) -> None:
    """Read JSON lines on standard input, answer each with what would be sent.

    Input: {"platform": "meta"|"google", "field": "EMAIL", "value": "...", "country": "DE"}; country may be left out.
    Output: {"normalized": ..., "sha256": ..., "reason": ...}, null where nothing would be sent. It runs the very
    expressions a sync runs. Field names are those of docs/reference/identifiers.md.
    """
    from activator.config.clock import SystemClock
    from activator.config.project import PROJECT_FILE, IdentitySection, load_project
    from activator.people.probe import Probe

    identity = IdentitySection() if project is None else load_project(project / PROJECT_FILE)[0].identity
    newest_year = SystemClock().now().year
    with Probe(identity.rules(), identity.default_country, newest_year) as probe:
        for answer in probe.stream(_records(sys.stdin.buffer)):
            typer.echo(json.dumps(answer, ensure_ascii=False))


def _records(lines: BinaryIO) -> Iterator[dict[str, Any]]:
    """The records of standard input, one line at a time.

    Raises:
        ConfigurationError: a line is no record; names the line.
    """
    from activator.people.probe import check_kind

    number = 0
    while line := lines.readline(LINE_BYTES_MAX + 1):
        number += 1
        where = f"standard input, line {number}"
        if len(line) > LINE_BYTES_MAX:
            raise ConfigurationError(f"{where}: longer than {LINE_BYTES_MAX:,} bytes", "One JSON object per line.")
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            record = _record(line, where)
            check_kind(record["platform"], record["field"], where)
            yield record


def _record(line: bytes, where: str) -> dict[str, Any]:
    """Numbers stay as they are written: 01 and 4.41235E+11 say more as text than as numbers."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{where}: not UTF-8", "Save the lines as UTF-8.") from None
    try:
        record = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{where}: not JSON", "One JSON object per line.") from None
    if not isinstance(record, dict):
        raise ConfigurationError(f"{where}: not a JSON object", 'Write {"platform": ..., "field": ..., "value": ...}.')
    missing = [name for name in ("platform", "field", "value") if name not in record]
    if missing:
        raise ConfigurationError(f"{where}: {missing[0]} is missing", "See `activator identifiers -h`.")
    return record
