"""What rules can speak of: the fields of a person and of what happened to them, with their kinds."""

from enum import StrEnum

TO_FIRST_ORDER = "days_to_first_order"
QUICK_DAYS = 3  # from the first visit to the first order; whoever is as quick buys without a discount


class Kind(StrEnum):
    """What a field holds.

    MONEY is stored in minor units and written in rules in whole ones. EVENT is the name of an event: tools write one as
    `Added to Cart`, `added-to-cart` and `added_to_cart`, so case, blanks, hyphens and underscores are all the same.
    """

    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    EVENT = "event"
    DATE = "date"
    FLAG = "flag"


# Every field of a person that the product computes or reads. Attributes of the project's mappings come on top.
PERSON_FIELDS: dict[str, Kind] = {
    "value": Kind.MONEY,
    "predicted_value": Kind.MONEY,
    "cost_to_serve": Kind.MONEY,
    "churn_risk": Kind.NUMBER,
    "orders": Kind.NUMBER,
    "days_since_last_order": Kind.NUMBER,
    "days_since_first_order": Kind.NUMBER,
    "interval_days": Kind.NUMBER,
    TO_FIRST_ORDER: Kind.NUMBER,
    "first_order_on": Kind.DATE,
    "last_order_on": Kind.DATE,
    "recency_score": Kind.NUMBER,
    "frequency_score": Kind.NUMBER,
    "monetary_score": Kind.NUMBER,
    "rfm_name": Kind.TEXT,
    "dropping": Kind.FLAG,
    "activity": Kind.TEXT,
    "stage": Kind.TEXT,
    "pattern": Kind.TEXT,
    "growth": Kind.TEXT,
    "score": Kind.NUMBER,
    "tickets": Kind.NUMBER,
    "country": Kind.TEXT,
    "latitude": Kind.NUMBER,
    "longitude": Kind.NUMBER,
    "industry": Kind.TEXT,
    "employees": Kind.NUMBER,
    "account_country": Kind.TEXT,
}
# The fields of each row of what happened; `at` of every happening is its time in UTC. Attributes come on top.
HAPPENING_FIELDS: dict[str, dict[str, Kind]] = {
    "orders": {"amount": Kind.MONEY, "order_amount": Kind.MONEY, "currency": Kind.TEXT},
    "tickets": {"subject": Kind.TEXT, "score": Kind.NUMBER, "language": Kind.TEXT, "minutes": Kind.NUMBER},
    "responses": {"score": Kind.NUMBER, "language": Kind.TEXT},
    "events": {"event": Kind.EVENT, "amount": Kind.MONEY, "quantity": Kind.NUMBER},
}
FIELD_NAMES = frozenset({*PERSON_FIELDS, *(name for fields in HAPPENING_FIELDS.values() for name in fields), "tier"})
