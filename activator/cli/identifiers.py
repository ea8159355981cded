"""`activator identifiers`: what would be sent for a value, and why."""

import json
import sys

import typer

from activator.errors import ConfigurationError


def identifiers() -> None:
    """Read JSON lines on standard input, answer each with what would be sent.

    Input: {"platform": "meta"|"google", "field": "EMAIL", "value": "...", "country": "DE"}; country may be left out.
    Output: {"normalized": ..., "sha256": ..., "reason": ...}, null where nothing would be sent. It runs the very
    expressions a sync runs. Field names are those of docs/reference/identifiers.md.
    """
    from activator.people.probe import explain_identifiers

    records = [_record(number, line) for number, line in enumerate(sys.stdin, start=1) if line.strip()]
    for answer in explain_identifiers(records):
        typer.echo(json.dumps(answer, ensure_ascii=False))


def _record(number: int, line: str) -> dict[str, str | None]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        raise ConfigurationError(f"standard input, line {number}: not JSON", "One JSON object per line.") from None
    if not isinstance(record, dict) or not {"platform", "field", "value"} <= record.keys():
        raise ConfigurationError(
            f"standard input, line {number}: platform, field and value are required", "See `activator identifiers -h`."
        )
    return record
