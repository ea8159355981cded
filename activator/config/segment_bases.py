"""What to divide people by, by the answer to one of two questions: what segments are for, what holds growth back."""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What segments are for."""

    PERSONALISATION = "personalisation"
    SALES = "sales"
    PRODUCT = "product"
    BRAND = "brand"


class Constraint(StrEnum):
    """What holds growth back."""

    ACQUISITION = "acquisition"
    CONVERSION = "conversion"
    RETENTION = "retention"
    EXPANSION = "expansion"


@dataclass(frozen=True, slots=True)
class Basis:
    """An answer in words, what to divide people by then, and shipped segments that do, best first."""

    answer: str
    divide_by: str
    segments: tuple[str, ...]


BASES: dict[Purpose | Constraint, Basis] = {
    Purpose.PERSONALISATION: Basis(
        "messages that fit",
        "what people do and need",
        ("cart_abandoners", "first_time_buyers", "two_in_six_months", "at_risk"),
    ),
    Purpose.SALES: Basis(
        "whom to call first",
        "worth, company and intent",
        ("ready_to_talk", "comparing_prices", "growing_fast", "big_then_churned"),
    ),
    Purpose.PRODUCT: Basis(
        "what to build and for whom",
        "how it is used, and what serving costs",
        ("power_users", "new_trials", "costly_to_serve", "growing_fast"),
    ),
    Purpose.BRAND: Basis(
        "what to stand for",
        "why people buy, and whether they would recommend it",
        ("promoters", "loyal_vips", "new_subscribers"),
    ),
    Constraint.ACQUISITION: Basis(
        "too few new customers",
        "worth, so that more like the best are looked for",
        ("loyal_vips", "promoters", "growing_fast"),
    ),
    Constraint.CONVERSION: Basis(
        "many come and few buy",
        "intent, and how soon people decide",
        ("cart_abandoners", "slow_deciders", "comparing_prices", "new_subscribers"),
    ),
    Constraint.RETENTION: Basis(
        "customers leave",
        "how long they have been silent, by their own rhythm",
        ("declining", "at_risk", "big_then_churned"),
    ),
    Constraint.EXPANSION: Basis(
        "customers stay and buy no more",
        "how often and how much they buy",
        ("first_time_buyers", "two_in_six_months", "growing_fast"),
    ),
}
