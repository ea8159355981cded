"""What advertising brought over a span of days, cut in one of the ways a platform can cut it."""

from dataclasses import dataclass
from enum import StrEnum


class Cut(StrEnum):
    """By delivery group, by ad, by single text within ads, or by audience."""

    GROUP = "group"
    AD = "ad"
    TEXT = "text"
    AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Sums over the span. Micros of the account's currency; conversions in thousandths.

    subject: a spec key such as `group/high`, or a text; value_micros: the original value, before any value rule;
    rules_micros: what value rules added to it in the platform's own reports. Texts are shown together, so the sums of
    several of them count the same impressions more than once.
    """

    subject: str
    impressions: int
    clicks: int
    spend_micros: int
    conversions_milli: int
    value_micros: int
    rules_micros: int
    currency: str
