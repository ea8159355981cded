"""What bids and budgets are made from, and what a plan says about them. Money in minor units of the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class TierWorth:
    """What a tier's customers will bring, summed exactly over the tier. Minor units of the project currency.

    total_minor: predicted within the horizon less what serving them will cost; high_minor: the same at the upper end
    of the prediction's interval; square_minor: sum of the squares of each customer's own, for the spread.
    """

    tier: str
    customers: int
    total_minor: int
    high_minor: int
    square_minor: int

    @property
    def mean_minor(self) -> float:
        """Per customer."""
        return self.total_minor / self.customers if self.customers else 0.0

    @property
    def mean_high_minor(self) -> float:
        """Per customer, at the upper end of the interval."""
        return self.high_minor / self.customers if self.customers else 0.0


@dataclass(frozen=True, slots=True)
class Worths:
    """All tiers' worth, and how far predictions of differences came true in the back-test (None: not known)."""

    tiers: tuple[TierWorth, ...] = ()
    slope: float | None = None


@dataclass(frozen=True, slots=True)
class AppliedTerms:
    """What a tier has been bid and given on one destination, by the last plan that was applied.

    multiplier_bp: x 10,000, 0 for an excluded tier, None where nothing is made from value; base_share_ppm: its share of
    the budget before multipliers, in millionths; changed_at: since when multiplier_bp stands; since: of its first bid;
    texts: digest of what it is told there, '' where that is not known.
    """

    destination: str
    tier: str
    multiplier_bp: int | None
    base_share_ppm: int | None
    daily_budget_minor: int | None
    changed_at: datetime
    since: datetime
    texts: str = ""


@dataclass(frozen=True, slots=True)
class TierSpend:
    """What advertising to a tier cost lately on one destination; conversions in thousandths, currency the account's."""

    destination: str
    tier: str
    spend_micros: int
    conversions_milli: int
    currency: str


VerdictOutcome = Literal["confirmed", "worse", "not_improved", "running", "underpowered", "void"]


@dataclass(frozen=True, slots=True)
class TierVerdict:
    """The newest recorded word on a tier's motivated copy (experiments.verdict.Outcome), and when.

    texts: digest of the texts tested, by destination; outdated: the tier is told others by now.
    """

    tier: str
    outcome: VerdictOutcome
    recorded_at: datetime
    detail: str
    texts: Mapping[str, str] = field(default_factory=dict)
    outdated: bool = False

    @property
    def confirmed(self) -> bool:
        """Its budget may grow."""
        return self.outcome == "confirmed" and not self.outdated


@dataclass(frozen=True, slots=True)
class TierTerms:
    """What one tier is bid and given on one destination, and why, in words.

    multiplier_bp, base_share_ppm: as in AppliedTerms; daily_budget_minor: None where the budget is the campaign's.
    excluded: worth too little to advertise to, so it is kept out of every group. why_bid, why_budget: '' where the
    project file says it; texts: digest of what it is told.
    """

    destination: str
    tier: str
    multiplier_bp: int | None
    base_share_ppm: int | None
    daily_budget_minor: int | None
    excluded: bool = False
    why_bid: str = ""
    why_budget: str = ""
    texts: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a look that refuses nothing."""

    notice: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class BiddingFacts:
    """What a plan's bids are made from besides the people: read from the ledger at the start of planning.

    verdicts_recorded: how many so far, of any tier.
    """

    today: date
    applied: tuple[AppliedTerms, ...] = ()
    spend: tuple[TierSpend, ...] = ()
    verdicts: tuple[TierVerdict, ...] = ()
    verdicts_recorded: int = 0
