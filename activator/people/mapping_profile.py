"""What a mapping makes of an export: how much of each field is there, how much of it can be used, and what cannot.

Examples show a value's first character only: enough to see a wrong column, not enough to know a person.
"""

from collections.abc import Mapping as Columns
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.mapping import Mapping, Text, Verb
from activator.model.checks import Finding
from activator.people.export_findings import export_findings
from activator.people.identifiers import normalised
from activator.people.mapping import IGNORED, canonical, check_columns, fault_words, readings
from activator.ports import RawExport

BAD_ROWS_SHOWN = 5
EXAMPLES_SHOWN = 3
NOT_THERE = "(not in this export)"
EXAMPLE_ROWS = 200  # examples are taken from the start of the file
# Field -> whose rule tells whether anything would be sent for it.
IDENTIFIERS = {
    **dict.fromkeys(("email", "email_2", "email_3", "email_4", "email_5"), ("google", "email")),
    **dict.fromkeys(("phone", "phone_2", "phone_3"), ("google", "phone")),
    "first_name": ("meta", "FN"),
    "last_name": ("meta", "LN"),
    "city": ("meta", "CT"),
    "state": ("meta", "ST"),
    "postal_code": ("meta", "ZIP"),
    "country": ("meta", "COUNTRY"),
    "gender": ("meta", "GEN"),
    "mobile_advertiser_id": ("meta", "MADID"),
}


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
    """A row of the export, and why it, or one of its identifiers, cannot be used. value: of the cell at fault, masked.

    unit: what line counts, "line" or "row"; part: the file it stands in.
    """

    line: int
    reason: str
    value: str
    part: str
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class MappingProfile:
    """How one export is read. ignored: rows set aside on purpose, by reason; unmapped: columns nothing is made of.

    findings: what deserves a look; their `check` is the field.
    """

    rows: int
    fields: tuple[FieldProfile, ...]
    ignored: dict[str, int]
    bad_rows: tuple[BadRow, ...]
    unmapped: tuple[str, ...]
    findings: tuple[Finding, ...]


def profile(raw: RawExport, mapping: Mapping, default_country: str | None = None, *, now: datetime) -> MappingProfile:
    """Read the export through the mapping and count.

    default_country: alpha-2 code of phone numbers whose row names no country; now: the present, timezone-aware UTC.

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
        bad_rows=_placed(raw, read, reasons),
        unmapped=tuple(column for column in raw.header if column not in mapping.known_columns()),
        findings=export_findings(raw, mapping, read, default_country, now),
    )


def _judged(read: ir.Table, verbs: Columns[str, Verb], default_country: str | None) -> ir.Table:
    """With `<field>__usable` (0 or 1) where a filled cell can be unusable."""
    usable: dict[str, ir.Value] = {}
    given = read["country"] if "country" in verbs else ibis.null("string")
    country = ibis.coalesce(given, ibis.literal(default_country, "string"))
    for field, verb in verbs.items():
        if field in IDENTIFIERS:
            usable[field] = normalised(*IDENTIFIERS[field], read[field], country).notnull()
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
        column=f"always {constant}" if constant else ", ".join(there) or NOT_THERE,
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
    told = {(row["source_row"], row["reason"].partition(":")[0]) for row in found}
    for field, verb in mapping.fields():
        if f"{field}__usable" not in read.columns:
            continue
        filled = read[f"{field}__text"].notnull() & (read[f"{field}__usable"] == 0) & read["ignore_reason"].isnull()
        reason = f"{field}: {fault_words(field, verb) or 'cannot be used'}"
        first = _first(read.filter(filled).select("source_row", reason=ibis.literal(reason)))
        found += [row for row in first if (row["source_row"], field) not in told]
    return found


def _placed(raw: RawExport, read: ir.Table, reasons: list[dict[str, Any]]) -> tuple[BadRow, ...]:
    """Rows with their lines, and the cell at fault with nothing but its first character."""
    rows = [row["source_row"] for row in reasons]
    places = raw.find(rows)
    texts = {row["source_row"]: row for row in read.filter(read["source_row"].isin(rows)).to_pyarrow().to_pylist()}
    bad = []
    for reason, place in zip(reasons, places, strict=True):
        text = texts[reason["source_row"]].get(f"{reason['reason'].partition(':')[0]}__text")
        value = f"{text[:1]}***" if text else ""
        bad.append(BadRow(place.number, reason["reason"], value, place.part, place.unit))
    return tuple(bad)


def _first(rows: ir.Table) -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = rows.order_by("source_row").limit(BAD_ROWS_SHOWN).to_pyarrow().to_pylist()
    return first


def _ignored(read: ir.Table) -> dict[str, int]:
    set_aside = read.filter(read["ignore_reason"].notnull())
    counted = set_aside.group_by("ignore_reason").aggregate(rows=set_aside.count()).order_by("ignore_reason")
    return {row["ignore_reason"]: row["rows"] for row in counted.to_pyarrow().to_pylist()}
