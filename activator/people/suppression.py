"""Keeping people out whom a list names, and heeding a no wherever it stands.

Two kinds of rows speak for people without making one: rows of suppression lists, and contact rows that were set aside
but hold a denial; so does what is kept of people to be forgotten. Each is matched by any identifier it shares with a
row of the exports, also one too widely shared to say who is who; the whole person behind that row is meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from activator.errors import AccountingError, SourceError
from activator.model.people import Entity, SuppressionCount
from activator.people.consent import ANSWERS, DENIED, answer_code
from activator.people.digest_forms import keys_in_metas_form, may_hold_digests
from activator.people.engine import Engine, rows_in
from activator.people.erased import ERASED, Erased, erased_marks
from activator.people.mapping import IGNORED
from activator.people.rows import (
    KEY_COLUMNS,
    CanonicalSource,
    NumberedSource,
    country_codes,
    keyed_rows,
    numbered,
    phone_book,
    source_code,
)


@dataclass(frozen=True)
class Marks:
    """What lists and set-aside rows say. rows: (row_id, speaker, listed, columns of ANSWERS), once per pair of rows.

    speakers: every row that says something, (row_id, listed); both None when nothing does.
    """

    rows: ir.Table | None
    speakers: ir.Table | None
    lists: tuple[NumberedSource, ...]
    left_out: tuple[int, ...]


def read_marks(
    engine: Engine,
    sources: Sequence[NumberedSource],
    keyed: ir.Table,
    lists: Sequence[CanonicalSource],
    default_country: str | None,
    phones: ir.Table,
    erased: Erased | None = None,
) -> Marks:
    """Match lists, denials among the set-aside rows of sources, and people to be forgotten with every row of keyed.

    phones: `rows.phone_book` of the sources, for lists that name people by digests in Meta's form.

    Raises:
        SourceError: a list has rows, and not one usable identifier: it would let everybody back in.
    """
    denials = [denial for source in sources if (denial := _denials(engine, source)) is not None]
    spoken = numbered(engine, [*(_heard(engine, found) for found in lists), *denials])
    named = spoken[: len(lists)]
    left_out = tuple(
        rows_in(found.table) - rows_in(heard.source.table) for found, heard in zip(lists, named, strict=True)
    )
    forgotten = None if erased is None else erased_marks(engine, every_key(engine, sources, keyed, phones), erased)
    if not spoken:
        return Marks(forgotten, None, (), ())
    countries = country_codes(engine, spoken)
    numbers = phone_book(engine, spoken, countries, default_country)
    rows = keyed_rows(engine, spoken, countries, numbers)
    listed = source_code(rows.row_id).isin([source.code for source in named] or [-1])
    usable = rows.filter(ibis.or_(*[rows[column].notnull() for column in KEY_COLUMNS]))
    speakers = engine.materialise("speakers", usable.mutate(listed=listed).select("row_id", "listed"))
    keys = engine.materialise("spoken_keys", _keys(rows.mutate(listed=listed)))
    shared = _shared(keyed, keys)
    if may_hold_digests(spoken):
        others = keys_in_metas_form(engine, sources, keyed, phones)
        by_digest = others.join(keys, "key").select("row_id", "speaker", "listed", *ANSWERS)
        shared = ibis.union(shared, by_digest, distinct=True)
    if forgotten is not None:
        shared = ibis.union(shared, forgotten)
    marks = engine.materialise("marks", shared)
    for table in (countries, numbers, rows, keys):
        engine.drop(table)
    found = Marks(marks, speakers, named, left_out)
    for source in named:
        _refuse_useless(found, source)
    return found


def every_key(engine: Engine, sources: Sequence[NumberedSource], keyed: ir.Table, phones: ir.Table) -> ir.Table:
    """(row_id, key) of every identifier, in both platforms' forms: only Meta's may have been sent for somebody."""
    own = [keyed.filter(keyed[column].notnull()).select("row_id", key=column) for column in KEY_COLUMNS]
    return ibis.union(*own, keys_in_metas_form(engine, sources, keyed, phones))


def _heard(engine: Engine, found: CanonicalSource) -> CanonicalSource:
    """Every row of a list but those its mapping leaves out: an unreadable cell takes nothing from an address."""
    table = found.table
    kept = table.filter(~table.invalid_reason.startswith(IGNORED).fill_null(False))
    return replace(found, table=engine.materialise("list", kept.mutate(invalid_reason=ibis.null("string"))))


def _denials(engine: Engine, source: NumberedSource) -> CanonicalSource | None:
    """The set-aside rows of a contact source that say no to something."""
    if source.source.entity is not Entity.CONTACTS or not rows_in(source.faults):
        return None
    aside = source.source.table.semi_join(source.faults, "source_row")
    no = ibis.or_(*[answer_code(aside[column]) == DENIED for column in ANSWERS.values() if source.has(column)])
    table = engine.materialise("denials", aside.filter(no).mutate(invalid_reason=ibis.null("string")))
    return replace(source.source, table=table) if rows_in(table) else None


def _keys(rows: ir.Table) -> ir.Table:
    """(key, speaker, listed, answers), one per identifier of a speaking row."""
    parts = [
        rows.filter(rows[column].notnull()).select("listed", *ANSWERS, key=column, speaker="row_id")
        for column in KEY_COLUMNS
    ]
    return ibis.union(*parts, distinct=True)


def _shared(keyed: ir.Table, keys: ir.Table) -> ir.Table:
    parts = []
    for column in KEY_COLUMNS:
        said = keys.select("speaker", "listed", *ANSWERS, **{column: "key"})
        here = keyed.filter(keyed[column].notnull()).select("row_id", column)
        parts.append(here.join(said, column).select("row_id", "speaker", "listed", *ANSWERS))
    return ibis.union(*parts, distinct=True)


def said_of_people(engine: Engine, rows: ir.Table, marks: Marks) -> ir.Table | None:
    """(person, listed, erased, said_<answer>) of those whom marks mean; None where there are none."""
    if marks.rows is None:
        return None
    spoken = marks.rows.join(rows.filter(rows.person.notnull()).select("row_id", "person"), "row_id")
    by_person = spoken.group_by("person").agg(
        listed=spoken.listed.any(),
        erased=(spoken.speaker == ERASED).any(),
        **{f"said_{name}": spoken[name].max() for name in ANSWERS},
    )
    return engine.materialise("said", by_person)


def marked(persons: ir.Table, said: ir.Table | None) -> ir.Table:
    """People with `listed` and `erased`, and with the answers of set-aside rows heeded: here too the strictest wins.

    said: `said_of_people`.
    """
    if said is None:
        return persons.mutate(listed=ibis.literal(False), erased=ibis.literal(False))
    joined = persons.left_join(said, "person").drop("person_right")
    answers = {name: ibis.greatest(joined[name], joined[f"said_{name}"].fill_null(0)) for name in ANSWERS}
    told = {name: joined[name].fill_null(False) for name in ("listed", "erased")}
    heeded = joined.mutate(**told, **answers)
    return heeded.drop(*[f"said_{name}" for name in ANSWERS])


def count_lists(marks: Marks, rows: ir.Table) -> tuple[SuppressionCount, ...]:
    """What became of every row of every list.

    Raises:
        AccountingError: rows do not add up.
    """
    return tuple(
        _counted(marks, rows, source, left_out) for source, left_out in zip(marks.lists, marks.left_out, strict=True)
    )


def _counted(marks: Marks, rows: ir.Table, source: NumberedSource, left_out: int) -> SuppressionCount:
    assert marks.rows is not None
    read, usable = rows_in(source.source.table), _usable(marks, source)
    mine = marks.rows.filter(source_code(marks.rows.speaker) == source.code)
    matched = rows_in(mine.select("speaker").distinct())
    people = rows_in(rows.semi_join(mine, "row_id").filter(lambda t: t.person.notnull()).select("person").distinct())
    if not matched <= usable <= read:
        raise AccountingError(
            f"{source.source.name}: {read:,} rows were read, {usable:,} are usable and {matched:,} match",
            "This is a defect of activator. Nothing was planned or sent; please report it with this message.",
        )
    return SuppressionCount(
        name=source.source.name,
        rows=read + left_out,
        matched=matched,
        not_matched=usable - matched,
        unusable=read - usable,
        left_out=left_out,
        people=people,
    )


def _usable(marks: Marks, source: NumberedSource) -> int:
    assert marks.speakers is not None
    return rows_in(marks.speakers.filter(source_code(marks.speakers.row_id) == source.code))


def _refuse_useless(marks: Marks, source: NumberedSource) -> None:
    rows = rows_in(source.source.table)
    if rows and not _usable(marks, source):
        raise SourceError(
            f"{source.source.name}: none of its {rows:,} rows holds a usable e-mail address, phone or customer id",
            "Check the file and its `mapping`: a suppression list that names nobody would let everybody back in.",
        )
