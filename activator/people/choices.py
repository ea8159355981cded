"""Which row each member's identifiers are read from, by fixed-width ids.

Of most people one row of the exports says all there is to send: that is found while people are counted. Of the others
one row is chosen for every attribute: names come from one row, a place comes from one row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine, rows_in
from activator.people.rows import EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, source_code

# Google takes ten identifiers a member (Data Manager API limits, 2026-11): one is the address, the others these.
EMAILS_MAX = 5
PHONES_MAX = 4
# The column of `Chosen.several` that points to a row -> what is read there.
CHOICES = {
    "email_row": ("email",),
    "name_row": ("first_name", "last_name"),
    "place_row": ("city", "state", "postal_code", "country"),
    "gender_row": ("gender",),
    "birth_row": ("birth_date",),
}
# Row id and column of an identifier in one number, taken apart by bits: the engine divides as floating point, which row
# ids of all but contacts are too large for.
_SLOT_BITS = 3
_SLOTS = 1 << _SLOT_BITS
_FEWER = 1 << 60  # added to a row's standing for every part it lacks: rows that know more come first


@dataclass(frozen=True)
class Chosen:
    """What is read of each member.

    single: those of whom at most one row says anything: person, tier, row_id, and where an export has any, email_slot
    (the address among EMAIL_COLUMNS of that row) and number_key (of the phone); several: the same of the others, with
    every row of `choices` and `alike`, whether all are row_id; None where there are none. emails, numbers:
    (person, rank, key, row_id, email_slot) after the first ones, None where nobody has more.
    """

    choices: Mapping[str, tuple[str, ...]]
    single: ir.Table
    several: ir.Table | None = None
    emails: ir.Table | None = None
    numbers: ir.Table | None = None

    @property
    def number_keys(self) -> ir.Table:
        """(key) of every phone."""
        firsts = [rows.select(key="number_key") for rows in (self.single, self.several) if rows is not None]
        return ibis.union(*firsts, *[rows.select("key") for rows in (self.numbers,) if rows is not None])

    def of(self, wanted: ir.Table | None) -> "Chosen":
        """The same of those named in wanted (person), None for all."""
        if wanted is None:
            return self
        single = self.single.semi_join(wanted, "person")
        others = [among(wanted, rows) for rows in (self.several, self.emails, self.numbers)]
        return Chosen(self.choices, single, *others)


def among(wanted: ir.Table, rows: ir.Table | None) -> ir.Table | None:
    """Rows of some people, if there are rows at all."""
    return None if rows is None else rows.semi_join(wanted, "person")


def choices_of(sources: Sequence[NumberedSource]) -> dict[str, tuple[str, ...]]:
    """CHOICES, as far as an export has any of the columns."""
    columns_of = CHOICES | {"email_row": EMAIL_COLUMNS}
    return {
        choice: columns
        for choice, columns in CHOICES.items()
        if any(source.has(column) for source in sources for column in columns_of[choice])
    }


def telling(sources: Sequence[NumberedSource], rows: ir.Table) -> dict[str, ir.Scalar]:
    """Aggregates of a person's rows. told_row: says what is sent; several: so do others, or it has two of a kind.

    email_slot, number_key: see `Chosen.single`.
    """
    emails, phones = _keys(sources, rows, EMAIL_COLUMNS), _keys(sources, rows, PHONE_COLUMNS)
    parts = (rows.name_parts > 0, rows.place_parts > 0, rows.has_birth_date, rows.has_gender)
    tells = ibis.or_(*[key.notnull() for key in (*emails.values(), *phones.values())], *parts)
    several = rows.count(where=tells) > 1
    for keys in (emails, phones):
        if len(keys) > 1:
            several |= (_number_of(keys) > 1).any()
    return {
        "told_row": rows.row_id.min(where=tells),
        "several": several,
        **({"email_slot": _slot(emails).min()} if emails else {}),
        **({"number_key": _least(phones).min()} if phones else {}),
    }


def _number_of(keys: Mapping[int, ir.UUIDColumn]) -> ir.IntegerValue:
    return reduce(add, [key.notnull().cast("int8") for key in keys.values()])


def _keys(sources: Sequence[NumberedSource], rows: ir.Table, columns: Sequence[str]) -> dict[int, ir.UUIDColumn]:
    """The keys of those columns that an export has, by their place among the columns."""
    return {
        slot: rows[f"{column}_key"]
        for slot, column in enumerate(columns)
        if any(source.has(column) for source in sources)
    }


def _slot(keys: Mapping[int, ir.UUIDColumn]) -> ir.IntegerColumn:
    """The first of the keys that is there."""
    return ibis.cases(*[(key.notnull(), ibis.literal(slot, "int8")) for slot, key in keys.items()])


def _least(keys: Mapping[int, ir.UUIDColumn]) -> ir.UUIDColumn:
    return ibis.least(*keys.values()) if len(keys) > 1 else next(iter(keys.values()))


def _greatest(keys: Mapping[int, ir.UUIDColumn]) -> ir.UUIDColumn:
    return ibis.greatest(*keys.values()) if len(keys) > 1 else next(iter(keys.values()))


def chosen(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, members: ir.Table) -> Chosen:
    """members: person, tier, first_row, and what `telling` says; rows: with their person."""
    told = [name for name in ("email_slot", "number_key") if name in members.columns]
    row_id = members.told_row.coalesce(members.first_row)
    single = members.filter(~members.several).select("person", "tier", *told, row_id=row_id)
    choices, several = choices_of(sources), members.filter(members.several).select("person", "tier", "first_row")
    if not rows_in(several):
        return Chosen(choices, single)
    rows = rows.semi_join(several, "person")
    found = _found(engine, sources, rows, several)
    emails = _ranked(engine, sources, rows, found, "email", EMAIL_COLUMNS, EMAILS_MAX)
    numbers = _ranked(engine, sources, rows, found, "phone", PHONE_COLUMNS, PHONES_MAX)
    first = _with_first(_with_first(found, "email_place", emails, "place"), "number_key", numbers, "key")
    pointing = _pointing(first, choices).select(*single.columns, "alike", *choices)
    pointing = engine.materialise("several", pointing)
    engine.drop(found)
    return Chosen(choices, single, pointing, _later(emails), _later(numbers))


def _found(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, several: ir.Table) -> ir.Table:
    """Several with the row of every choice but the address, and what `_only_email` and `_only_phone` say."""
    standings = {
        "name_row": _standing(rows, rows.name_parts, 2),
        "place_row": _standing(rows, rows.place_parts, 4),
        "birth_row": ibis.cases((rows.has_birth_date, rows.standing)),
        "gender_row": ibis.cases((rows.has_gender, rows.standing)),
    }
    choices = choices_of(sources)
    grouped = rows.group_by("person").agg(
        **{choice: rows.row_id.argmin(standing) for choice, standing in standings.items() if choice in choices},
        **_only_email(_keys(sources, rows, EMAIL_COLUMNS), rows),
        **_only_phone(_keys(sources, rows, PHONE_COLUMNS)),
    )
    return engine.materialise("found", several.join(grouped, "person"))


def _standing(rows: ir.Table, parts: ir.IntegerValue, parts_max: int) -> ir.IntegerValue:
    lacking = (ibis.literal(parts_max) - parts).cast("int64") * _FEWER
    return ibis.cases((parts > 0, rows.standing + lacking))


def _only_email(keys: Mapping[int, ir.UUIDColumn], rows: ir.Table) -> dict[str, ir.Scalar]:
    """email_place: row and column of the address of whoever has one; email_several: whether there are more."""
    if not keys:
        return {}
    slot = _slot(keys)
    place = (rows.row_id * _SLOTS + slot).argmin(ibis.cases((slot.notnull(), rows.standing)))
    return {"email_place": place, "email_several": _least(keys).min() != _greatest(keys).max()}


def _only_phone(keys: Mapping[int, ir.UUIDColumn]) -> dict[str, ir.Scalar]:
    """number_key: of the phone of whoever has one; phone_several: whether there are more."""
    if not keys:
        return {}
    return {"number_key": _least(keys).min(), "phone_several": _least(keys).min() != _greatest(keys).max()}


def _first_keys(sources: Sequence[NumberedSource], rows: ir.Table, columns: Sequence[str], at_most: int) -> ir.Table:
    """(person, key, rank, place): each one's keys of a kind, best first, and row and column of where each is read.

    Those of sources named first come first, then main columns before second ones, then smaller keys, and of equal keys
    the spelling of the row of least standing: never the order of rows, which another sorting of an export changes.
    """
    seen = [
        rows.filter(key.notnull()).select(
            "person", key=key, place=rows.row_id * _SLOTS + slot, standing=rows.standing * _SLOTS + slot
        )
        for slot, key in _keys(sources, rows, columns).items()
    ]
    every = ibis.union(*seen, distinct=False) if len(seen) > 1 else seen[0]
    column = source_code(every.place >> _SLOT_BITS) * _SLOTS + (every.place & (_SLOTS - 1))
    first = every.group_by("person", "key").agg(place=every.place.argmin(every.standing), column=column.min())
    in_order = ibis.window(group_by="person", order_by=["column", "key"])
    ranked = first.mutate(rank=ibis.row_number().over(in_order))
    return ranked.filter(ranked["rank"] < at_most).select("person", "key", "rank", "place")


def _ranked(
    engine: Engine,
    sources: Sequence[NumberedSource],
    rows: ir.Table,
    found: ir.Table,
    kind: str,
    columns: Sequence[str],
    at_most: int,
) -> ir.Table | None:
    """`_first_keys` of those who have several; None where nobody has."""
    if f"{kind}_several" not in found.columns:
        return None
    several = found.filter(found[f"{kind}_several"])
    if not rows_in(several):
        return None
    return engine.materialise(f"{kind}s", _first_keys(sources, rows.semi_join(several, "person"), columns, at_most))


def _with_first(found: ir.Table, column: str, ranked: ir.Table | None, value: str) -> ir.Table:
    """The first of several instead of the only one."""
    if ranked is None:
        return found
    first = ranked.filter(ranked["rank"] == 0).select("person", first=value)
    joined = found.left_join(first, "person").drop("person_right")
    return joined.mutate(**{column: joined["first"].coalesce(joined[column])}).drop("first")


def _pointing(found: ir.Table, choices: Mapping[str, Sequence[str]]) -> ir.Table:
    """With email_row and email_slot, row_id and `alike`; see `Chosen.several`."""
    if "email_place" in found.columns:
        found = found.mutate(**_placed(found.email_place)).rename(email_row="row_id")
    row_id = ibis.coalesce(*[found[choice] for choice in choices], found.first_row)
    alike = ibis.and_(*[found[choice].isnull() | (found[choice] == row_id) for choice in choices])
    return found.mutate(row_id=row_id, alike=alike)


def _later(ranked: ir.Table | None) -> ir.Table | None:
    """All but the first."""
    if ranked is None:
        return None
    return ranked.filter(ranked["rank"] > 0).select("person", "rank", "key", **_placed(ranked.place))


def _placed(place: ir.IntegerValue) -> dict[str, ir.IntegerValue]:
    return {"row_id": place >> _SLOT_BITS, "email_slot": (place & (_SLOTS - 1)).cast("int8")}
