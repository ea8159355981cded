"""The daily briefing: what it is made from, and what it says, before any medium gets hold of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from activator.model.erasure import Erasure
from activator.model.ledger import RefusedRemoval
from activator.model.people import SourceCount, SuppressionCount
from activator.model.performance import AdDay, AttentionFlag, FlagDay, FlagState, WatchedCell
from activator.model.plan import AudienceState, GuardFinding, Movement


@dataclass(frozen=True, slots=True)
class BriefingInput:
    """Everything a briefing is made from.

    generated_at: timezone-aware, in the business's own zone. as_of: last day the figures should reach, usually
    yesterday. ad_days: twice lookback_days or more, so that there is a baseline. tier_order: best tier first; tiers it
    does not name follow by return. problems: whole sentences about what is broken right now. erasures: of people who
    are to be forgotten and are not yet. refused_removals: of people who should be out of an audience and are still in.
    all_done: whether the last sync did all it meant to; audiences and movements are what it meant to do.
    """

    project_name: str
    currency: str
    generated_at: datetime
    as_of: date
    ad_days: Sequence[AdDay] = ()
    flags: Sequence[AttentionFlag] = ()
    watched: Sequence[WatchedCell] = ()
    audiences: Sequence[AudienceState] = ()
    movements: Sequence[Movement] = ()
    sources: Sequence[SourceCount] = ()
    suppressions: Sequence[SuppressionCount] = ()
    guards: Sequence[GuardFinding] = ()
    last_sync_at: datetime | None = None
    all_done: bool = True
    problems: Sequence[str] = ()
    erasures: Sequence[Erasure] = ()
    refused_removals: Sequence[RefusedRemoval] = ()
    lookback_days: int = 28
    tier_order: Sequence[str] = ()

    def __post_init__(self) -> None:
        """A moment without a zone would put the page on the wrong day somewhere."""
        assert self.generated_at.tzinfo is not None, "generated_at needs a time zone"


class Mood(StrEnum):
    """The page in one word. QUIET: nothing is running yet; FINE: go on; WATCH; ACT: decide; BROKEN: repair first."""

    QUIET = "quiet"
    FINE = "fine"
    WATCH = "watch"
    ACT = "act"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about one source; good False asks for a look."""

    label: str
    text: str
    good: bool


@dataclass(frozen=True, slots=True)
class FlagCard:
    """One attention flag in words. lead and text together are the whole sentence; suggestion may be empty.

    age: "new", "day 5", "recovered" or "stopped"; roas, reference and change are the figures set large.
    """

    state: FlagState
    age: str
    lead: str
    text: str
    suggestion: str
    roas: str
    reference: str
    reference_label: str
    change: str
    track: tuple[FlagDay, ...]

    @property
    def sentence(self) -> str:
        """Everything in one go, for media without layout."""
        return f"{self.lead}: {self.text} {self.suggestion}".strip()


@dataclass(frozen=True, slots=True)
class Trend:
    """Return over the trailing seven days, for each day of the period (None: no spend). low, high: range before it."""

    points: tuple[float | None, ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One line of a table; every figure ready to read, '-' where there is none. flagged: it has an open flag."""

    name: str
    spend: str
    revenue: str
    conversions: str
    roas: str
    baseline: str
    trend: Trend | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class SegmentTable:
    """One destination's rows in one currency; total is the campaign."""

    destination: str
    currency: str
    rows: tuple[SegmentRow, ...]
    total: SegmentRow


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """One audience after the last plan: members, and how many were added, removed and held back."""

    name: str
    members: str
    added: str
    removed: str
    held_back: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """One page, in reading order, every string free of control characters; each medium escapes for itself.

    period: what the tables cover. closed: flags that ended today. definitions: (term, meaning).
    """

    project: str
    day: str
    written_at: str
    mood: Mood
    headline: str
    decision: str
    problems: tuple[str, ...]
    facts: tuple[Fact, ...]
    flags: tuple[FlagCard, ...]
    flags_left_out: int
    closed: tuple[FlagCard, ...]
    watched: tuple[str, ...]
    period: str
    tiers: tuple[SegmentTable, ...]
    variants: tuple[SegmentTable, ...]
    sync: str
    audiences: tuple[AudienceLine, ...]
    guards: tuple[str, ...]
    movements: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]

    @property
    def further_problems(self) -> tuple[str, ...]:
        """Problems beyond the one the decision already names."""
        return tuple(problem for problem in self.problems if problem != self.decision)
