"""Who the people of a segment are: the values of fields that are more frequent among them than among everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

TRAIT_SHARE_MIN = 0.2
TRAIT_LIFT_MIN = 1.2
TRAITS_SHOWN = 4
_VALUES_MAX = 200  # distinct values of a field with more are names or texts, not kinds of people


@dataclass(frozen=True, slots=True)
class Trait:
    """A value that is more frequent in a segment than among everybody. share: of the segment; lift: times as often."""

    field: str
    value: str
    share: float
    lift: float


def traits(rows: ir.Table, joined: ir.Table, fields: Sequence[str]) -> dict[str, list[Trait]]:
    """The values that stand out in each segment, the greatest lift first."""
    if not fields:
        return {}
    everybody = _counted(
        [rows.mutate(segment=ibis.literal("")).group_by("segment", value=_word(rows[name])) for name in fields], fields
    )
    inside = _counted([joined.group_by("segment", value=_word(joined[name])) for name in fields], fields)
    overall = {(row["field"], row["value"]): row["people"] for row in everybody}
    total = sum(people for (name, _), people in overall.items() if name == fields[0])
    kinds = {name: sum(1 for known, _ in overall if known == name) for name in fields}
    sizes: dict[str, int] = {}
    for row in inside:
        if row["field"] == fields[0]:
            sizes[row["segment"]] = sizes.get(row["segment"], 0) + row["people"]
    found: dict[str, list[Trait]] = {}
    for row in inside:
        if row["value"] is None or kinds[row["field"]] > _VALUES_MAX:
            continue
        share = row["people"] / sizes[row["segment"]]
        lift = share / (overall[row["field"], row["value"]] / total)
        if share >= TRAIT_SHARE_MIN and lift >= TRAIT_LIFT_MIN:
            trait = Trait(row["field"], row["value"], round(share, 4), round(lift, 2))
            found.setdefault(row["segment"], []).append(trait)
    return {name: sorted(own, key=_standing_out)[:TRAITS_SHOWN] for name, own in found.items()}


def _standing_out(trait: Trait) -> tuple[float, str]:
    """How much of the segment is explained by the trait being more frequent there."""
    return (-(trait.share - trait.share / trait.lift), trait.field)


def _word(value: ir.Value) -> ir.StringValue:
    if value.type().is_boolean():
        return ibis.cases((value, "yes"), (~value, "no"), else_=ibis.null("string"))
    return value.cast("string")


def _counted(groups: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
    parts = [
        group.agg(people=lambda t: t.count()).select("segment", "value", "people", field=ibis.literal(name))
        for group, name in zip(groups, fields, strict=True)
    ]
    every = ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    rows: list[dict[str, Any]] = every.to_pyarrow().to_pylist()
    return rows
