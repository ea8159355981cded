"""What a mapping makes of an export: how much of each field is there, how much of it can be used, and what cannot.

Examples show a value's first character only: enough to see a wrong column, not enough to know a person.
"""

from collections.abc import Mapping as Columns
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.mapping import Mapping, Text, Verb
from activator.people.identifiers import normalised
from activator.people.mapping import IGNORED, canonical, check_columns, fault_words, readings
from activator.ports import RawExport

BAD_ROWS_SHOWN = 5
EXAMPLES_SHOWN = 3
EXAMPLE_ROWS = 200  # examples are taken from the start of the file
IDENTIFIERS = {"email": "email", "email_2": "email", "phone": "phone", "phone_2": "phone"}


@dataclass(frozen=True, slots=True)
class FieldProfile:
    """One canonical field. Shares are of all rows, 0 to 1; valid_share is of the filled ones, None for free text."""

    field: str
    column: str
    filled_share: float
    valid_share: float | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line of the export and why it, or one of its identifiers, cannot be used."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class MappingProfile:
    """How one export is read. ignored: rows set aside on purpose, by reason; unmapped: columns nothing is made of."""

    rows: int
    fields: tuple[FieldProfile, ...]
    ignored: dict[str, int]
    bad_rows: tuple[BadRow, ...]
    unmapped: tuple[str, ...]


def profile(raw: RawExport, mapping: Mapping, default_country: str | None = None) -> MappingProfile:
    """Read the export through the mapping and count.

    default_country: alpha-2 code of phone numbers whose row names no country.

    Raises:
        SourceError: the export lacks a column the mapping needs.
    """
    check_columns(raw, mapping)
    verbs = dict(mapping.fields())
    read = _judged(readings(raw, mapping), verbs, default_country)
    counted = read.aggregate(
        **{f"{field}__filled": read[f"{field}__text"].count() for field in verbs},
        **{f"{field}__valid": read[f"{field}__usable"].sum() for field in verbs if f"{field}__usable" in read.columns},
    )
    counts = counted.to_pyarrow().to_pylist()[0]
    reasons = _reasons(raw, mapping, read)
    return MappingProfile(
        rows=raw.rows,
        fields=tuple(_field(raw, read, field, verb, counts) for field, verb in verbs.items()),
        ignored=_ignored(read),
        bad_rows=tuple(BadRow(row["source_row"], row["reason"]) for row in reasons),
        unmapped=tuple(column for column in raw.header if column not in mapping.known_columns()),
    )


def _judged(read: ir.Table, verbs: Columns[str, Verb], default_country: str | None) -> ir.Table:
    """With `<field>__usable` (0 or 1) where a filled cell can be unusable."""
    usable: dict[str, ir.Value] = {}
    given = read["country"] if "country" in verbs else ibis.null("string")
    country = ibis.coalesce(given, ibis.literal(default_country, "string"))
    for field, verb in verbs.items():
        if field in IDENTIFIERS:
            usable[field] = normalised("google", IDENTIFIERS[field], read[field], country).notnull()
        elif fault_words(field, verb):
            usable[field] = read["amount_minor" if field == "amount" else field].notnull()
    flags = {
        f"{field}__usable": (flag & read[f"{field}__text"].notnull()).cast("int64") for field, flag in usable.items()
    }
    judged = read.mutate(**flags)
    return judged.get_backend().create_table(ibis.util.gen_name("profile"), judged, temp=True)


def _field(raw: RawExport, read: ir.Table, field: str, verb: Verb, counts: Columns[str, Any]) -> FieldProfile:
    filled, valid = counts[f"{field}__filled"], counts.get(f"{field}__valid")
    there = [column for column in verb.columns if column in raw.header]
    constant = verb.constant if isinstance(verb, Text) else None
    return FieldProfile(
        field=field,
        column=f"always {constant}" if constant else ", ".join(there) or "(not in this export)",
        filled_share=filled / raw.rows if raw.rows else 0.0,
        valid_share=None if valid is None or not filled else valid / filled,
        examples=() if constant else _examples(read, field),
    )


def _examples(read: ir.Table, field: str) -> tuple[str, ...]:
    text = read[f"{field}__text"]
    masked = text.substr(0, 1) + ibis.literal("***")
    start = read.filter(text.notnull()).select("source_row", masked=masked).order_by("source_row").limit(EXAMPLE_ROWS)
    return tuple(dict.fromkeys(start["masked"].to_pyarrow().to_pylist()))[:EXAMPLES_SHOWN]


def _reasons(raw: RawExport, mapping: Mapping, read: ir.Table) -> list[dict[str, Any]]:
    """The first rows that cannot be used, then the first whose identifiers cannot."""
    rows = canonical(raw, mapping)
    invalid = rows.filter(rows["invalid_reason"].notnull() & ~rows["invalid_reason"].startswith(IGNORED))
    found = _first(invalid.select("source_row", reason=invalid["invalid_reason"]))
    for field in (field for field in IDENTIFIERS if f"{field}__usable" in read.columns):
        filled = read[f"{field}__text"].notnull() & (read[f"{field}__usable"] == 0) & read["ignore_reason"].isnull()
        found += _first(read.filter(filled).select("source_row", reason=ibis.literal(f"{field}: cannot be used")))
    return found


def _first(rows: ir.Table) -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = rows.order_by("source_row").limit(BAD_ROWS_SHOWN).to_pyarrow().to_pylist()
    return first


def _ignored(read: ir.Table) -> dict[str, int]:
    set_aside = read.filter(read["ignore_reason"].notnull())
    counted = set_aside.group_by("ignore_reason").aggregate(rows=set_aside.count()).order_by("ignore_reason")
    return {row["ignore_reason"]: row["rows"] for row in counted.to_pyarrow().to_pylist()}
