"""How much of each source is found in each other, and by what: the first question when an audience is small.

Sources are bits of a mask. One pass per kind of identifier says which sources hold each identifier; only identifiers
that several sources hold are looked at again.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.model.sharing import MatchRate
from activator.people.engine import Engine
from activator.people.rows import EMAIL_KEYS, PHONE_KEYS, NumberedSource, filled, source_code

KINDS: Mapping[str, tuple[str, ...]] = {
    "email": EMAIL_KEYS,
    "phone": PHONE_KEYS,
    "id": ("id_key",),
}
_READ_FROM = {"id_key": "external_id"}
SOURCES_MAX = 62  # bits of a mask; the rates of further sources are not reported

_Pair = tuple[int, int]


def match_rates(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table) -> tuple[MatchRate, ...]:
    """Both directions of every pair of sources. rows: those of `with_person`, after hubs and conflicts."""
    sources = sources[:SOURCES_MAX]
    if len(sources) < 2:
        return ()
    marked = rows.mutate(source=_bit(rows, sources)).filter(lambda t: t.person.notnull() & (t.source > 0))
    masks = marked.group_by("person").agg(mask=marked.source.bit_or())
    histogram = masks.group_by("mask").agg(people=lambda t: t.count()).to_pyarrow().to_pylist()
    people, found = Counter[int](), Counter[_Pair]()
    for row in histogram:
        held = _places(row["mask"])
        people.update(dict.fromkeys(held, row["people"]))
        found.update(dict.fromkeys(itertools.combinations(held, 2), row["people"]))
    shared = {kind: _in_several(sources, columns) for kind, columns in KINDS.items()}
    if _told_by_one(sources, rows, shared):  # whoever is found, is found by it
        by_kind = {kind: found if columns else Counter[_Pair]() for kind, columns in shared.items()}
    else:
        by_kind = {kind: _shared(engine, marked, columns) for kind, columns in shared.items()}
    return tuple(_rates(sources, people, found, by_kind))


def _told_by_one(sources: Sequence[NumberedSource], rows: ir.Table, shared: Mapping[str, Sequence[str]]) -> bool:
    """Whether people can be found in another source by one kind of identifier only.

    With two sources it is enough that both hold one kind only: a third could be the way from one to the other.
    """
    kinds = [columns for columns in shared.values() if columns]
    if len(kinds) == 1 and len(sources) == 2:
        return True
    held = [columns for columns in KINDS.values() if filled(rows, columns)]
    return len(held) == 1 and held == kinds


def _rates(
    sources: Sequence[NumberedSource],
    people: Counter[int],
    found: Counter[_Pair],
    by_kind: Mapping[str, Counter[_Pair]],
) -> Iterator[MatchRate]:
    for one, other in itertools.permutations(range(len(sources)), 2):
        pair = (min(one, other), max(one, other))
        yield MatchRate(
            source=sources[one].source.name,
            other=sources[other].source.name,
            people=people[one],
            found=found[pair],
            by_email=by_kind["email"][pair],
            by_phone=by_kind["phone"][pair],
            by_id=by_kind["id"][pair],
        )


def _bit(rows: ir.Table, sources: Sequence[NumberedSource]) -> ir.IntegerValue:
    code = source_code(rows.row_id)
    branches = [(code == source.code, ibis.literal(1 << place, "int64")) for place, source in enumerate(sources)]
    return ibis.cases(*branches, else_=ibis.literal(0, "int64"))


def _in_several(sources: Sequence[NumberedSource], columns: Sequence[str]) -> tuple[str, ...]:
    """The key columns of a kind, if two sources have any of them: no identifier is found in two places otherwise."""
    held = [[c for c in columns if source.has(_READ_FROM.get(c, c.removesuffix("_key")))] for source in sources]
    several = sum(bool(here) for here in held) > 1
    return tuple(column for column in columns if several and any(column in here for here in held))


def _shared(engine: Engine, rows: ir.Table, columns: Sequence[str]) -> Counter[_Pair]:
    """For each pair of sources, how many people have an identifier of this kind in both."""
    if not columns:
        return Counter()
    held = ibis.union(*[rows.select("person", "source", key=rows[column]) for column in columns], distinct=False)
    masks = held.filter(held.key.notnull()).group_by("key").agg(mask=held.source.bit_or(), person=held.person.min())
    several = masks.filter((masks.mask & (masks.mask - 1)) != 0)
    several = engine.materialise("several", several.select("person", "mask").distinct())
    distinct = [row["mask"] for row in several.select("mask").distinct().to_pyarrow().to_pylist()]
    pairs = [
        {"mask": mask, "one": pair[0], "other": pair[1]}
        for mask in distinct
        for pair in itertools.combinations(_places(mask), 2)
    ]
    counts = Counter[_Pair]()
    if pairs:
        schema = ibis.schema({"mask": "int64", "one": "int64", "other": "int64"})
        both = several.join(ibis.memtable(pairs, schema=schema), "mask").select("person", "one", "other").distinct()
        counted = both.group_by("one", "other").agg(people=lambda t: t.count()).to_pyarrow().to_pylist()
        counts.update({(row["one"], row["other"]): row["people"] for row in counted})
    engine.drop(several)
    return counts


def _places(mask: Any) -> tuple[int, ...]:
    return tuple(place for place in range(SOURCES_MAX) if mask >> place & 1)
