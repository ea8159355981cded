"""What `activator mappings check` prints, for a terminal of a hundred columns."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activator.config.mapping import Mapping
from activator.model.checks import Severity
from activator.model.exports import ExportFacts, PartFacts
from activator.people.mapping_profile import NOT_THERE, BadRow, FieldProfile, MappingProfile

WIDTH = 100
PARTS_SHOWN = 5
OTHERS_SHOWN = 2
MARKS = {Severity.OK: "", Severity.WARNING: "look: ", Severity.ERROR: "error: "}


@dataclass(frozen=True, slots=True)
class Checked:
    """One export and everything found out about it. fits: mappings it may be for, with their share of columns."""

    export: Path
    facts: ExportFacts
    header: tuple[str, ...]
    mapping: Mapping
    fits: Sequence[tuple[Mapping, float]]
    profile: MappingProfile

    def document(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "export": self.export,
            "mapping": self.mapping.name,
            "recognised": [{"mapping": fit.name, "share": round(share, 4)} for fit, share in self.fits],
            "facts": self.facts,
            "profile": self.profile,
        }


def page(checked: Checked) -> Iterator[str]:
    """The lines of the page."""
    profile = checked.profile
    parts = checked.facts.parts
    many = f" in {len(parts)} parts" if len(parts) > 1 else ""
    yield f"{checked.export.name}: {profile.rows:,} rows, {len(checked.header)} columns{many}"
    yield from (f"  {_part(part)}" for part in parts[:PARTS_SHOWN])
    if len(parts) > PARTS_SHOWN:
        yield f"  and {len(parts) - PARTS_SHOWN} more parts"
    yield from _wrapped(_recognition(checked), "  ")
    yield ""
    yield f"  {'field':<26} {'column':<30} {'filled':>7} {'valid':>7}  examples"
    yield from (_field(field) for field in profile.fields if field.column != NOT_THERE)
    yield ""
    absent = [field.field for field in profile.fields if field.column == NOT_THERE]
    if absent:
        yield from _wrapped(f"not in this export: {', '.join(absent)}", "  ")
    if profile.unmapped:
        yield from _wrapped(f"nothing is made of: {', '.join(profile.unmapped)}", "  ")
    for reason, rows in profile.ignored.items():
        yield f"  set aside on purpose: {rows:,} rows ({reason.partition(': ')[2]})"
    yield from _findings(profile)
    yield from _bad_rows(profile.bad_rows, len(parts) > 1)


def _part(part: PartFacts) -> str:
    size = f"{part.size_bytes:,} bytes" if part.size_bytes else ""
    delimiter = f"{part.delimiter} separated" if part.delimiter else ""
    words = [part.kind, part.encoding, delimiter, part.line_end and f"lines end in {part.line_end}", size]
    return f"{part.name}: {part.rows:,} rows, {', '.join(word for word in words if word)}"


def _recognition(checked: Checked) -> str:
    shares = {fit.name: share for fit, share in checked.fits}
    mapping = checked.mapping
    told = round(shares.get(mapping.name, 0) * len(mapping.recognise))
    text = f"read as {mapping.title} ({mapping.name}): has {told} of the {len(mapping.recognise)} columns that tell"
    others = [f"{fit.name} {share:.0%}" for fit, share in checked.fits if fit.name != mapping.name][:OTHERS_SHOWN]
    return f"{text}; next: {', '.join(others)}" if others else text


def _field(field: FieldProfile) -> str:
    valid = "" if field.valid_share is None else f"{field.valid_share:.1%}"
    column = textwrap.shorten(field.column, 30, placeholder=" …")
    return (
        f"  {field.field:<26} {column:<30} {field.filled_share:>7.1%} {valid:>7}  {' '.join(field.examples)}".rstrip()
    )


def _findings(profile: MappingProfile) -> Iterator[str]:
    if profile.findings:
        yield ""
        yield "What deserves a look"
    for finding in profile.findings:
        yield from _wrapped(f"{finding.check}: {MARKS[finding.severity]}{finding.message}", "  ", "    ")
        if finding.fix:
            yield from _wrapped(finding.fix, "    ")


def _bad_rows(rows: Sequence[BadRow], named: bool) -> Iterator[str]:
    if rows:
        yield ""
        yield "First rows that cannot be used, or not wholly"
    for row in rows:
        place = f"{row.part}, {row.unit} {row.line}" if named else f"{row.unit} {row.line}"
        yield f"  {place}: {row.reason}{f' ({row.value})' if row.value else ''}"


def _wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=hanging or indent)
