"""What rules run on: people with their fields, and what happened to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from activator.config.segment_fields import HAPPENING_FIELDS, PERSON_FIELDS, Kind
from activator.segments.places import Places

__all__ = ["HAPPENING_FIELDS", "PERSON_FIELDS", "Kind", "Subjects", "kind_of"]


@dataclass(frozen=True)
class Subjects:
    """What rules run on.

    people: one row per person with `person`, `tier` and its fields; money in minor units. happenings: by name, rows
    with `person`, `at` (timestamp, UTC) and their fields; a kind the project has no export of is absent. as_of: the day
    rules look back from, included. attributes: further fields of people. money_unit: minor units of one unit of the
    currency. tiers: names of the project's; empty where any will do. places: how people were placed by postcode, if so.
    """

    people: ir.Table
    happenings: Mapping[str, ir.Table]
    as_of: date
    attributes: Mapping[str, Kind] = field(default_factory=dict)
    money_unit: int = 100
    tiers: tuple[str, ...] = ()
    places: Places | None = None

    @property
    def person_fields(self) -> dict[str, Kind]:
        """The fields of a person that are really there."""
        known = {**PERSON_FIELDS, **self.attributes}
        return {name: kind for name, kind in known.items() if name in self.people.columns}

    def happening_fields(self, happening: str) -> dict[str, Kind]:
        """The fields of a kind of happening: the product's own, and whatever else its rows have."""
        own = HAPPENING_FIELDS[happening]
        rows = self.happenings[happening]
        others = {name: kind_of(rows[name]) for name in rows.columns if name not in (*own, *_OF_EVERY_ROW)}
        return {**{name: kind for name, kind in own.items() if name in rows.columns}, **others}


_OF_EVERY_ROW = ("person", "at", "order")


def kind_of(value: ir.Value) -> Kind:
    """What an attribute's column holds."""
    kind = value.type()
    if kind.is_boolean():
        return Kind.FLAG
    if kind.is_date():
        return Kind.DATE
    return Kind.NUMBER if kind.is_numeric() else Kind.TEXT
