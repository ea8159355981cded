"""The plan: an ordered list of typed changes, and what it was computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TypeAlias

from activator.model.ads import GroupField, ObjectSpec, RemoteObject
from activator.model.approval import ApprovalNeeded
from activator.model.bidding import Notice, TierTerms
from activator.model.delivery import Operation
from activator.model.exports import ExportLook
from activator.model.people import SourceCount, SuppressionCount, TierSummary
from activator.model.sharing import Sharing
from activator.model.split_test import SplitTest
from activator.model.valuing import Valuing


@dataclass(frozen=True, slots=True)
class CreateObject:
    """Create one audience, campaign, delivery group or ad; created paused and marked as ours."""

    destination: str
    spec: ObjectSpec


@dataclass(frozen=True, slots=True)
class UpdateObject:
    """Bring settings of one of our objects back to the project file. differences: field -> (now, wanted)."""

    destination: str
    spec: ObjectSpec
    differences: Mapping[str, tuple[GroupField, GroupField]]


@dataclass(frozen=True, slots=True)
class PauseObject:
    """Pause an object of ours that the project no longer wants, e.g. an ad whose text lost its tier."""

    destination: str
    remote: RemoteObject


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """At most 10,000 members, already written down. file is relative to the plan's folder; digest is its SHA-256."""

    ordinal: int
    file: str
    digest: str
    rows: int


class Urgency(IntEnum):
    """What comes first, on all destinations, where a platform may not take everything today.

    Changes of one urgency may be under way together; the next begin when all before them have been answered.
    """

    WITHDRAWAL = 1
    REMOVAL = 2
    KEEPING_OUT = 3  # adds to lists of people who are not to be reached
    HIGHEST_TIER = 4
    OTHER_TIERS = 5
    AFTER_REMOVALS = 6
    ASSERTION = 7


@dataclass(frozen=True, slots=True)
class ChangeMembers:
    """Add or remove members of one audience.

    after_removals: these adds share an identifier with a removal of the same plan and may only follow it.
    asserted: nothing is known to differ; they are sent once more to repair what nobody told us of.
    withdrawn: these people object or no longer consent, so that nothing elsewhere holds their removal back.
    adding: how urgent adds to this audience are, for whom it holds.
    """

    destination: str
    audience_key: str
    operation: Operation
    after_removals: bool
    rows: int
    batches: tuple[PlannedBatch, ...]
    asserted: bool = False
    withdrawn: bool = False
    adding: Urgency = Urgency.OTHER_TIERS

    @property
    def urgency(self) -> Urgency:
        """When it is its turn."""
        if self.asserted:
            return Urgency.ASSERTION
        if self.operation is Operation.REMOVE:
            return Urgency.WITHDRAWAL if self.withdrawn else Urgency.REMOVAL
        return Urgency.AFTER_REMOVALS if self.after_removals else self.adding


@dataclass(frozen=True, slots=True)
class ReplaceMembers:
    """Put a whole new list in an audience's place, so that afterwards nobody else is in it (a full refresh).

    rows, batches: everybody of the new list; leaving: of those believed to be in, whoever is not in the new one. These
    are never sent: whoever is not in the new list is out when it is in force.
    """

    destination: str
    audience_key: str
    rows: int
    batches: tuple[PlannedBatch, ...]
    leaving: tuple[PlannedBatch, ...] = ()


@dataclass(frozen=True, slots=True)
class StartTest:
    """Have the platform divide people at random between our campaign and another, from a day to come on."""

    destination: str
    key: str
    test: SplitTest


Change: TypeAlias = CreateObject | UpdateObject | PauseObject | ChangeMembers | ReplaceMembers | StartTest


def object_key(change: Change) -> str:
    """The spec key of the object a change makes, sets, pauses or fills."""
    match change:
        case CreateObject() | UpdateObject():
            return change.spec.key
        case PauseObject():
            return change.remote.key
        case ChangeMembers() | ReplaceMembers():
            return change.audience_key
        case StartTest():
            return change.key


@dataclass(frozen=True, slots=True)
class Movement:
    """How many people go from one tier of a destination to another, and why. '' is outside every tier."""

    destination: str
    from_tier: str
    to_tier: str
    reason: str
    people: int


@dataclass(frozen=True, slots=True)
class GuardFinding:
    """A guard that objects. accepted carries the reason given for going ahead, which is recorded."""

    guard: str
    subject: str
    message: str
    fix: str
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class AudienceState:
    """One audience before and after the plan. held_back: members waiting for an earlier lost send to be over."""

    destination: str
    audience_key: str
    tier: str
    believed: int
    desired: int
    adds: int
    removes: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comment: the export and the line it stands in, and its words with whatever could name a person hidden."""

    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What customers of a tier say, with the comments that say it.

    kind: driver (what those who would recommend, 9 or 10, praise), pain (what those who would not, 0 to 6, miss) or
    need (what all others speak of); customers: how many say it, one vote each.
    """

    kind: str
    motive: str
    customers: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class TierMotivation:
    """Why a tier buys: outcome is one | two | none | too_few; motivations are the dominant ones, strongest first.

    share, share_low: of the motivations named, or of the leading one; lifts: how many times as often each motivation
    named is heard here as among all customers; answers_wanted: how many more would probably name one, 0 where known;
    statements: drivers, pains and needs, most customers first; customers: those in the tier who said anything at all;
    lapsed_share: of all its customers, those who have stopped buying, where a text is written for them (else 0);
    attribute: what of customers says so, '' for their own words; first_visits, quick_buyers: of all its customers,
    those whose first visit is known and not after their first order, and those of them who ordered soon after it,
    where a text offers a discount (else 0).
    """

    tier: str
    outcome: str
    motivations: tuple[str, ...]
    answers: int
    share: float
    share_low: float
    quotes: tuple[str, ...] = ()
    lifts: tuple[tuple[str, float], ...] = ()
    answers_wanted: int = 0
    statements: tuple[Statement, ...] = ()
    customers: int = 0
    lapsed_share: float = 0.0
    attribute: str = ""
    first_visits: int = 0
    quick_buyers: int = 0


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the plan was computed from. Any difference at apply time refuses it (StalePlanError)."""

    ledger_lineage: str
    ledger_serial: int
    source_digest: str
    project_digest: str
    code_version: str
    normaliser_version: str
    remote_fingerprints: Mapping[str, str]
    expires_at: datetime
    verdicts: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """A destination that could not be read, so nothing is planned for it; the others are not held back."""

    destination: str
    message: str
    next_step: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one apply will do, in order. plan_id is derived from the content: same inputs, same plan.

    approval: what a second person must approve, who is not planned_by.
    """

    plan_id: str
    created_at: datetime
    project_id: str
    bindings: Bindings
    changes: tuple[Change, ...]
    audiences: tuple[AudienceState, ...]
    movements: tuple[Movement, ...]
    guards: tuple[GuardFinding, ...]
    sources: tuple[SourceCount, ...]
    tiers: tuple[TierSummary, ...]
    motivations: tuple[TierMotivation, ...]
    suppressions: tuple[SuppressionCount, ...] = ()
    sharing: Sharing = field(default_factory=Sharing)
    valuing: Valuing = field(default_factory=Valuing)
    terms: tuple[TierTerms, ...] = ()
    notices: tuple[Notice, ...] = ()
    looks: tuple[ExportLook, ...] = ()
    approval: ApprovalNeeded | None = None
    planned_by: str = ""
    unread: tuple[Unread, ...] = ()

    @property
    def refused(self) -> bool:
        """True while a guard objects that nobody has accepted by name."""
        return any(finding.accepted is None for finding in self.guards)

    @property
    def withheld(self) -> Mapping[int, GuardFinding]:
        """Ordinals of the changes a guard holds back, with its finding: all, but removals of people who withdrew.

        Those wait only where a guard objects to their own audience.
        """
        objecting = [finding for finding in self.guards if finding.accepted is None]
        by_subject = {finding.subject: finding for finding in objecting}
        held = {}
        for ordinal, change in enumerate(self.changes, start=1):
            finding = by_subject.get(f"{change.destination}/{object_key(change)}")
            if finding is None and not (isinstance(change, ChangeMembers) and change.withdrawn):
                finding = next(iter(objecting), None)
            if finding is not None:
                held[ordinal] = finding
        return held
