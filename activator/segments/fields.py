"""What rules can speak of: the fields of a person and of what happened to them, with their kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import ibis.expr.types as ir


class Kind(StrEnum):
    """What a field holds. MONEY is stored in minor units and written in rules in whole ones."""

    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    DATE = "date"
    FLAG = "flag"


# Every field of a person that the product computes. Attributes of the project's mappings come on top.
PERSON_FIELDS: dict[str, Kind] = {
    "value": Kind.MONEY,
    "predicted_value": Kind.MONEY,
    "cost_to_serve": Kind.MONEY,
    "churn_risk": Kind.NUMBER,
    "orders": Kind.NUMBER,
    "days_since_last_order": Kind.NUMBER,
    "days_since_first_order": Kind.NUMBER,
    "first_order_on": Kind.DATE,
    "last_order_on": Kind.DATE,
    "recency_score": Kind.NUMBER,
    "frequency_score": Kind.NUMBER,
    "monetary_score": Kind.NUMBER,
    "rfm_name": Kind.TEXT,
    "activity": Kind.TEXT,
    "stage": Kind.TEXT,
    "pattern": Kind.TEXT,
    "growth": Kind.TEXT,
    "score": Kind.NUMBER,
    "country": Kind.TEXT,
    "latitude": Kind.NUMBER,
    "longitude": Kind.NUMBER,
}
# The fields of each row of what happened; `at` of every happening is its time in UTC.
HAPPENING_FIELDS: dict[str, dict[str, Kind]] = {
    "orders": {"amount": Kind.MONEY, "currency": Kind.TEXT},
    "tickets": {"subject": Kind.TEXT, "score": Kind.NUMBER, "language": Kind.TEXT, "minutes": Kind.NUMBER},
    "responses": {"score": Kind.NUMBER, "language": Kind.TEXT},
    "events": {"event": Kind.TEXT, "amount": Kind.MONEY, "quantity": Kind.NUMBER},
}


@dataclass(frozen=True)
class Subjects:
    """What rules run on.

    people: one row per person with `person`, `tier` and its fields; money in minor units. happenings: by name, rows
    with `person`, `at` (timestamp, UTC) and their fields; a kind the project has no export of is absent. as_of: the day
    rules look back from, included. attributes: further fields of people. money_unit: minor units of one unit of the
    currency.
    """

    people: ir.Table
    happenings: Mapping[str, ir.Table]
    as_of: date
    attributes: Mapping[str, Kind] = field(default_factory=dict)
    money_unit: int = 100

    @property
    def person_fields(self) -> dict[str, Kind]:
        """The fields of a person that are really there."""
        known = {**PERSON_FIELDS, **self.attributes}
        return {name: kind for name, kind in known.items() if name in self.people.columns}
