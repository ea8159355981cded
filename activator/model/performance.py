"""What advertising brought, by ad and day. Money is integer micros of the account currency (1,000,000 = 1 unit)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction


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


@dataclass(frozen=True, slots=True)
class AdDay:
    """One of our ads on one day, with what it stands for: whom it is shown to (tier) and what it says (variant).

    day: in the account's time zone, the day of the click; conversions_milli and value_micros as in PerformanceRow.
    """

    destination: str
    tier: str
    variant: str
    ad_id: str
    day: date
    spend_micros: int
    impressions: int
    clicks: int
    conversions_milli: int
    value_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class SegmentPerformance:
    """Sums over ads and days of one segment, in one currency.

    variant None is the whole tier; tier None as well is the whole campaign. days: distinct days with a report.
    """

    destination: str
    tier: str | None
    variant: str | None
    spend_micros: int
    value_micros: int
    conversions_milli: int
    clicks: int
    impressions: int
    days: int
    currency: str

    @property
    def roas(self) -> Fraction | None:
        """Return on ad spend: value over spend, exactly; never a mean of ratios. None when nothing was spent."""
        return Fraction(self.value_micros, self.spend_micros) if self.spend_micros else None


class FlagState(StrEnum):
    """How far an attention flag has come.

    NEW: opened today. ONGOING: opened on an earlier day. RECOVERED: likely back at its yardstick, closed today.
    STOPPED: no longer spending, closed today.
    """

    NEW = "new"
    ONGOING = "ongoing"
    RECOVERED = "recovered"
    STOPPED = "stopped"


class Yardstick(StrEnum):
    """What a cell is judged by: its tier, or (a tier as a whole, or its only variant) its own earlier days.

    In the second case the account's other tiers say what part of a fall everybody shares.
    """

    TIER = "tier"
    OWN_BASELINE = "own_baseline"


@dataclass(frozen=True, slots=True)
class FlagEpisode:
    """What must be remembered about a flag until the next morning; closed_on None is open.

    started_on: estimated first day of the fall; opened_on: first day the flag was shown.
    """

    destination: str
    tier: str
    variant: str | None
    started_on: date
    opened_on: date
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class FlagDay:
    """Conversions of a flagged cell up to one day, those expected, and the band of ordinary luck (90 %)."""

    day: date
    conversions_milli: int
    expected_milli: int
    low_milli: int
    high_milli: int


@dataclass(frozen=True, slots=True)
class AttentionFlag:
    """One tier x variant (variant None: a whole tier) that brings materially and credibly less than it should.

    All sums are over the last window_days through yesterday. reference_value_micros: what the same spend would have
    brought at the yardstick's return. likely_*_bp: 90 % interval of return over yardstick, x 10,000.
    campaign_*: the whole destination over the same days. shift_to: the tier's best variant.
    """

    episode: FlagEpisode
    state: FlagState
    yardstick: Yardstick
    window_days: int
    spend_micros: int
    value_micros: int
    reference_value_micros: int
    conversions_milli: int
    expected_milli: int
    likely_low_bp: int
    likely_high_bp: int
    campaign_spend_micros: int
    campaign_value_micros: int
    daily_spend_micros: int
    shift_to: str | None
    shift_to_roas: Fraction | None
    currency: str
    track: tuple[FlagDay, ...]

    @property
    def lost_micros(self) -> int:
        """Revenue that is missing against the yardstick, over the window."""
        return self.reference_value_micros - self.value_micros

    def day_number(self, today: date) -> int:
        """1 on the day it was opened."""
        return (today - self.episode.opened_on).days + 1


@dataclass(frozen=True, slots=True)
class WatchedCell:
    """A cell that looks low but is not judged yet. needs_conversions: about how many more it takes to know.

    reopens_on: set when a flag of this cell was closed so recently that it may only open again on that day.
    """

    destination: str
    tier: str
    variant: str | None
    yardstick: Yardstick
    window_days: int
    spend_micros: int
    value_micros: int
    reference_value_micros: int
    conversions_milli: int
    expected_milli: int
    needs_conversions: int
    reopens_on: date | None
    currency: str


@dataclass(frozen=True, slots=True)
class Attention:
    """The morning's result: flags (most money lost first), watched cells, and the episodes to keep for tomorrow."""

    flags: tuple[AttentionFlag, ...]
    watched: tuple[WatchedCell, ...]
    episodes: tuple[FlagEpisode, ...]
