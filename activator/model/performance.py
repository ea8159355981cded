"""What advertising brought, by ad and day. Money is integer micros of the account currency (1,000,000 = 1 unit)."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PerformanceRow:
    """One ad on one day, in the account's time zone.

    conversions_milli: thousandths, since Google attributes fractions of a conversion; value_micros: original
    conversion value, before any value rule of ours multiplied it.
    """

    destination: str
    campaign_id: str
    group_id: str
    ad_id: str
    day: date
    spend_micros: int
    impressions: int
    clicks: int
    conversions_milli: int
    value_micros: int
    currency: str
