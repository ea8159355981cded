"""What deserves a look in an export: formats, currencies, dates, countries, repeats, digests, placeholders.

Counts and shapes only. A shape shows each digit as 9 and each letter as a; words are masked after their first letter.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.mapping import Mapping, Moment, Money
from activator.model.checks import Finding, Severity
from activator.model.people import Entity
from activator.people.decimals import decimal_fix, decimal_signs, doubts
from activator.people.identifiers import iso2
from activator.people.identifiers.text import clean, known
from activator.ports import RawExport

SHOWN = 4
DIGEST = r"^[0-9A-Fa-f]{64}$"
OTHER_DIGEST = r"^[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8})?$"
COUNTRY_CODE = r"^\s*(?:\+|00)"
TWO_NUMBERS = r"^\s*(\d{1,2})[./-](\d{1,2})[./-]\d{4}"
OFFSET = r"(?:Z|UTC|[+-]\d\d:?\d\d|[+-]\d\d)\s*$"
EMAILS, PHONES = ("email", "email_2"), ("phone", "phone_2")


def export_findings(
    raw: RawExport, mapping: Mapping, read: ir.Table, default_country: str | None, now: datetime
) -> tuple[Finding, ...]:
    """Everything worth saying, in the order of the fields. read: people.mapping.readings of the export, computed."""
    found = [*_facts(raw)]
    for field, verb in mapping.fields():
        text = read[f"{field}__text"]
        if isinstance(verb, Money):
            found += _amounts(raw, mapping, field, verb, text)
        elif isinstance(verb, Moment):
            found += _moments(read, field, verb, now)
        elif field == "currency":
            found += _currencies(read)
        elif field == "country":
            found += _countries(read)
        elif field in EMAILS + PHONES:
            found += _identifier(read, field, mapping, default_country)
    return (*found, *_repeats(read, mapping))


def _facts(raw: RawExport) -> Iterator[Finding]:
    if raw.facts.missing:
        shown = [f"{column!r} in {rows:,}" for column, rows in list(raw.facts.missing.items())[:SHOWN]]
        more = len(raw.facts.missing) - len(shown)
        yield _note("keys", f"not on every line: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}")


def _amounts(raw: RawExport, mapping: Mapping, field: str, verb: Money, text: ir.StringValue) -> Iterator[Finding]:
    doubtful = dict(doubts(raw, mapping))
    if field in doubtful:
        yield Finding(field, Severity.ERROR, doubtful[field], decimal_fix(field))
    for column in (column for column in verb.columns if column in raw.header):
        signs = decimal_signs(raw, column)
        if signs.point or signs.comma:
            told = f"{column!r}: {signs.point:,} amounts show a decimal point, {signs.comma:,} a decimal comma"
            other = signs.comma if verb.decimal == "." else signs.point
            fix = decimal_fix(field) if other else ""
            yield _note(field, told) if not other else Finding(field, Severity.WARNING, told, fix)
    marks = _most(text.re_extract(r"([€$£¥]|[A-Z]{3})", 1).nullif(""))
    if marks:
        yield _note(field, f"currencies written beside amounts: {_listed(marks)}; what counts is the field `currency`")


def _currencies(read: ir.Table) -> Iterator[Finding]:
    codes = _most(read["currency"])
    if codes:
        yield _note("currency", f"codes seen: {_listed(codes)}")


def _moments(read: ir.Table, field: str, verb: Moment, now: datetime) -> Iterator[Finding]:
    text, value = read[f"{field}__text"], read[field]
    shapes = _most(text.re_replace("[0-9]", "9").re_replace(r"\pL", "a"))
    if not shapes:
        return
    yield _note(field, f"written as {_listed(shapes)}; read as {verb.format}")
    first, second = (text.re_extract(TWO_NUMBERS, part).nullif("").try_cast("int64") for part in (1, 2))
    told = read.aggregate(
        days=first.count(),
        first_only=(first > 12).sum().fill_null(0),
        second_only=(second > 12).sum().fill_null(0),
        zoned=text.re_search(OFFSET).sum().fill_null(0),
        timed=text.contains(":").sum().fill_null(0),
        future=(value > ibis.literal(now.replace(tzinfo=None)).cast(value.type())).sum().fill_null(0),
    )
    counts = told.to_pyarrow().to_pylist()[0]
    yield from _day_or_month(field, verb, counts)
    if counts["timed"] and not counts["zoned"]:
        yield _note(field, f"no time zone in the text: times are read as {verb.time_zone}")
    if counts["future"]:
        yield Finding(
            field, Severity.WARNING, f"{_rows(counts['future'])} with a day in the future", "Is the format right?"
        )


def _day_or_month(field: str, verb: Moment, counts: dict[str, int]) -> Iterator[Finding]:
    if not counts["days"]:
        return
    if not counts["first_only"] and not counts["second_only"]:
        message = "no date tells whether the day or the month stands first"
        yield Finding(field, Severity.WARNING, message, f"Make sure that {verb.format} is what the export means.")
    elif counts["first_only"] and counts["second_only"]:
        message = "some dates begin with the day, others with the month"
        yield Finding(field, Severity.WARNING, message, "Export them in one format, best as 2026-03-01.")
    else:
        yield _note(field, f"the {'day' if counts['first_only'] else 'month'} stands first")


def _countries(read: ir.Table) -> Iterator[Finding]:
    text = read["country"]
    strange = read.filter(text.notnull() & iso2(text).isnull())
    rows = int(strange.count().to_pyarrow().as_py())
    if rows:
        words = [f"{word[:1]}***" for word, _ in _most(strange["country"])]
        message = f"{_rows(rows)} with a country that is not understood, such as {', '.join(dict.fromkeys(words))}"
        yield Finding(
            "country", Severity.WARNING, message, "Use ISO codes or English names, or `values` in the mapping."
        )


def _identifier(read: ir.Table, field: str, mapping: Mapping, default_country: str | None) -> Iterator[Finding]:
    text = read[f"{field}__text"]
    flags = {
        "digests": text.re_search(DIGEST),
        "others": text.re_search(OTHER_DIGEST),
        "nothing": text.notnull() & known(clean(text)).isnull(),
        "coded": text.re_search(COUNTRY_CODE),
    }
    told = read.aggregate(filled=text.count(), **{name: flag.sum().fill_null(0) for name, flag in flags.items()})
    counts = told.to_pyarrow().to_pylist()[0]
    if counts["digests"]:
        yield _note(field, f"{counts['digests']:,} are SHA-256 digests already; they are not hashed again")
    if counts["others"]:
        message = f"{counts['others']:,} look like MD5 or SHA-1 digests, which no platform takes"
        yield Finding(field, Severity.WARNING, message, "Export the plain values or SHA-256.")
    if counts["nothing"]:
        yield _note(field, f"{counts['nothing']:,} are placeholders such as n/a or null; nothing is sent for them")
    plain = counts["filled"] - counts["coded"] - counts["digests"] - counts["nothing"]
    if field in PHONES and plain > 0:
        yield _phones(field, counts["coded"], plain, mapping, default_country)


def _phones(field: str, coded: int, plain: int, mapping: Mapping, default_country: str | None) -> Finding:
    message = f"{coded:,} with a country code, {plain:,} without"
    named = "country" in dict(mapping.fields())
    if default_country or named:
        by = " and ".join([*(["the row's country"] if named else []), *([default_country] if default_country else [])])
        return _note(field, f"{message}, read by {by}")
    return Finding(
        field, Severity.WARNING, f"{message} and of no known country", "Say which: --country, default_country."
    )


def _repeats(read: ir.Table, mapping: Mapping) -> Iterator[Finding]:
    fields = dict(mapping.fields())
    one_per_row = {Entity.CONTACTS: "external_id"}.get(mapping.entity)
    for field in (name for name in (one_per_row, "email") if name in fields and mapping.entity is Entity.CONTACTS):
        text = read[f"{field}__text"].lower()
        told = read.aggregate(filled=text.count(), distinct=text.nunique()).to_pyarrow().to_pylist()[0]
        more = told["filled"] - told["distinct"]
        if more:
            yield _note(field, f"{_rows(more)} with what another row has as well: they become one person")


def _most(text: ir.StringValue) -> list[tuple[str, int]]:
    """The most frequent values and how often each stands, ties by name."""
    counted = text.name("value").as_table().filter(ibis._["value"].notnull())
    top = counted.group_by("value").aggregate(rows=counted.count()).order_by(ibis.desc("rows"), "value").limit(SHOWN)
    return [(row["value"], row["rows"]) for row in top.to_pyarrow().to_pylist()]


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _listed(values: list[tuple[Any, int]]) -> str:
    return ", ".join(f"{value} ({rows:,})" for value, rows in values)


def _note(field: str, message: str) -> Finding:
    return Finding(field, Severity.OK, message)
