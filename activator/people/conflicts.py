"""Linked rows that tell two birth dates are two people: the identifier both sides claim goes to the stronger claim.

The rows of one customer id are a record, and its system's word that it is one person. In a group of linked rows with
several birth dates every record, then every row, goes to the date its own strongest identifier belongs to; an
identifier belongs to the date most rows tell it with, ties to the older person. Rows of another date lose the
identifier, and the group falls apart. Votes and least values decide, so the order of rows does not. Nothing here runs
unless birth dates differ. The positions and their reasons: docs/explanation/consolidation.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from activator.model.sharing import ConflictCount
from activator.people.consent import ANSWERS, DENIED
from activator.people.consolidate import repeated_keys, with_person
from activator.people.engine import Engine, rows_in
from activator.people.rows import KEY_COLUMNS, NumberedSource

NONE = ConflictCount(0, 0, 0, 0)
# What a row is assigned by: a system's own id before addresses, the first address before the second.
STRENGTH = ("id_key", *(column for column in KEY_COLUMNS if column != "id_key"))
_CLAIMED = STRENGTH[1:]
# Days systems write where nobody gave one: the first days of spreadsheets, databases and Unix.
_FILLERS = (19000101, 19010101, 19700101)


@dataclass(frozen=True)
class Settled:
    """Rows with `person`, one birth date at most in each; `shared` is true also where a row lost an identifier.

    contested: (key) of the identifiers claimed by people of different birth dates; None where there are none.
    """

    rows: ir.Table
    contested: ir.Table | None
    count: ConflictCount


def without_conflicts(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table) -> Settled:
    """Take apart what birth dates say is not one person."""
    peaceful = Settled(rows, None, NONE)
    if not any(source.has("birth_date") for source in sources) or not _any(rows.filter(rows.has_birth_date)):
        return peaceful
    dated = rows.filter(rows.has_birth_date & rows.person.notnull()).select("row_id", "person")
    repeated = dated.group_by("person").agg(dates=lambda t: t.count()).filter(lambda t: t.dates > 1)
    born = _births(sources)
    told = dated.semi_join(repeated, "person").join(born, "row_id")  # dates are read where two could differ
    several = told.group_by("person").agg(least=told.born.min(), most=told.born.max())
    suspects = engine.materialise("suspects", several.filter(several.least != several.most).select("person"))
    found = _settled(engine, rows, born, suspects) if _any(suspects) else None
    engine.drop(suspects)
    return found or peaceful


def _births(sources: Sequence[NumberedSource]) -> ir.Table:
    """(row_id, born) with born as a number; day and month in growing order, since exports mix up the two."""
    parts = []
    for source in sources:
        if source.has("birth_date"):
            valid = source.valid
            year, month, day = valid.birth_date.year(), valid.birth_date.month(), valid.birth_date.day()
            swapped = (day <= 12) & (day < month)
            born = year * 10_000 + ibis.cases((swapped, day * 100 + month), else_=month * 100 + day)
            parts.append(valid.select("row_id", born=born.cast("int32")))
    births = ibis.union(*parts, distinct=False)
    return births.filter(births.born.notnull() & ~births.born.isin(_FILLERS))


def _settled(engine: Engine, rows: ir.Table, born: ir.Table, suspects: ir.Table) -> Settled | None:
    """The rows of suspects taken apart; None where records explain their birth dates."""
    mine = rows.semi_join(suspects, "person").left_join(born, "row_id").drop("row_id_right")
    mine = engine.materialise("mine", mine.mutate(dated=mine.born.notnull()))
    of_records = _winners(_votes(mine.filter(mine.dated), ("id_key",)))
    told = mine.left_join(of_records, mine.id_key == of_records.key).drop("key")
    told = told.mutate(born=ibis.coalesce(told.claim, told.born)).drop("claim")
    told = engine.materialise("told", told)
    engine.drop(mine)
    apart = told.group_by("person").agg(dates=told.born.nunique())
    apart = engine.materialise("apart", apart.filter(apart.dates > 1).select("person"))
    groups = rows_in(apart)
    if not groups:
        engine.drop(told)
        engine.drop(apart)
        return None
    assigned = _assigned(engine, engine.materialise("told", told.semi_join(apart, "person")))
    engine.drop(told)
    return _taken_apart(engine, rows, assigned, apart, groups)


def _votes(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    """(key, born, firm, votes): how many rows tell a key with a birth date, and how many of them hold the date."""
    told = ibis.union(*[rows.select("born", "dated", key=rows[column]) for column in columns], distinct=False)
    told = told.filter(told.key.notnull())
    return told.group_by("key", "born").agg(firm=told.dated.sum(), votes=told.count())


def _winners(votes: ir.Table) -> ir.Table:
    """(key, claim): the birth date most rows tell a key with, those that hold it first; of equals the older's."""
    best = ibis.window(group_by="key", order_by=[ibis.desc("firm"), ibis.desc("votes"), "born"])
    ranked = votes.mutate(place=ibis.row_number().over(best))
    return ranked.filter(ranked.place == 0).select("key", claim="born")


def _assigned(engine: Engine, rows: ir.Table) -> ir.Table:
    """Every row of conflicting groups with `born` filled, directly or through what it is linked with.

    First the records and rows that hold an identifier somebody dated holds, then whole clusters of the others: being
    linked with the group, each of those clusters holds an identifier of a row that has just been assigned.
    """
    rows = engine.materialise("units", rows.mutate(unit=_unit(rows)))
    dated, undated = rows.filter(rows.born.notnull()), rows.filter(rows.born.isnull())
    claims = engine.materialise("claims", _winners(_votes(dated, STRENGTH)))
    direct = _filled(engine, undated, "unit", claims)
    engine.drop(claims)
    known = ibis.union(dated, direct.filter(direct.born.notnull()), distinct=False)
    left = direct.filter(direct.born.isnull())
    if not _any(left):
        return known
    claims = engine.materialise("claims", _winners(_votes(known, STRENGTH)))
    clusters = with_person(engine, left.drop("person"), repeated_keys(engine, left)).select("row_id", cluster="person")
    clustered = engine.materialise("clustered", left.join(clusters, "row_id"))
    rest = _filled(engine, clustered, "cluster", claims).drop("cluster")
    engine.drop(claims)
    return ibis.union(known, rest, distinct=False)


def _unit(rows: ir.Table) -> ir.StringValue:
    """A record, or a row that belongs to none."""
    return ibis.coalesce(rows.id_key.cast("string"), "row " + rows.row_id.cast("string"))


def _filled(engine: Engine, rows: ir.Table, group: str, claims: ir.Table) -> ir.Table:
    """Undated rows with the birth date their group's strongest identifier belongs to; NULL where none belongs."""
    held = ibis.union(
        *[
            rows.select(group, key=rows[column], strength=ibis.literal(strength, "int8"))
            for strength, column in enumerate(STRENGTH)
        ],
        distinct=False,
    )
    votes = held.join(claims, "key").group_by(group, "strength", "claim").agg(votes=lambda t: t.count())
    best = ibis.window(group_by=group, order_by=["strength", ibis.desc("votes"), "claim"])
    ranked = votes.mutate(place=ibis.row_number().over(best))
    chosen = ranked.filter(ranked.place == 0).select(group, "claim")
    joined = rows.left_join(chosen, group)
    return engine.materialise("filled", joined.mutate(born=joined.claim).drop("claim", f"{group}_right"))


def _taken_apart(engine: Engine, rows: ir.Table, assigned: ir.Table, apart: ir.Table, groups: int) -> Settled:
    """All rows again; those of the groups without the identifiers that belong to another birth date."""
    assigned = engine.materialise("assigned", assigned)
    votes = engine.materialise("votes", _votes(assigned, _CLAIMED))
    claimed = votes.group_by("key").agg(dates=lambda t: t.count())
    contested = engine.materialise("contested", claimed.filter(claimed.dates > 1).select("key"))
    claims = engine.materialise("claims", _winners(votes.semi_join(contested, "key")))
    kept = engine.materialise("cleared", _denied_together(_cleared(assigned, claims)))
    unnamed = kept.select(*[column for column in rows.columns if column != "person"])
    fresh = with_person(engine, unnamed, repeated_keys(engine, unnamed))
    others = rows.anti_join(apart, "person")
    settled = engine.view(ibis.union(others, fresh.select(*rows.columns), distinct=False), apart, kept, fresh)
    people = int(fresh.person.nunique().to_pyarrow().as_py())
    count = ConflictCount(groups, people, rows_in(contested), rows_in(kept.filter(kept.lost)))
    for used in (assigned, votes, claims):
        engine.drop(used)
    return Settled(settled, contested, count)


def _cleared(rows: ir.Table, claims: ir.Table) -> ir.Table:
    """Rows without the identifiers that belong to another birth date, and `lost`: whether there was one."""
    losses = []
    for column in _CLAIMED:
        owner = claims.select(**{column: "key", f"{column}_claim": "claim"})
        rows = rows.left_join(owner, column).drop(f"{column}_right")
        losses.append((rows[f"{column}_claim"] != rows.born).fill_null(False))
    lost = ibis.or_(*losses)
    rows = rows.mutate(lost=lost, shared=rows.shared | lost)
    kept = {
        column: ibis.cases((rows[f"{column}_claim"].isnull() | (rows[f"{column}_claim"] == rows.born), rows[column]))
        for column in _CLAIMED
    }
    return rows.mutate(**kept)


def _denied_together(rows: ir.Table) -> ir.Table:
    """Who shares an identifier with somebody who said no is asked no further: the no counts for the whole group."""
    group = ibis.window(group_by="person")
    return rows.mutate(
        **{
            answer: ibis.cases(((rows[answer] == DENIED).any().over(group), DENIED), else_=rows[answer]).cast("int8")
            for answer in ANSWERS
        }
    )


def _any(rows: ir.Table) -> bool:
    return rows_in(rows.limit(1)) > 0
