"""What the ledger remembers: objects we own, batches we sent, and what each lets us believe."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from activator.model.delivery import Operation


class BatchState(StrEnum):
    """INTENT is written before the send, so a crash leaves an intent whose outcome is unknown, never nothing."""

    INTENT = "intent"
    PROCESSING = "processing"
    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def unresolved(self) -> bool:
        """It may have taken effect, and nobody has told us."""
        return self in (BatchState.INTENT, BatchState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """An object we created, and by which plan. platform_id is None while the outcome of its create is unknown."""

    destination: str
    key: str
    kind: str
    name: str
    platform_id: str | None
    plan_id: str


@dataclass(frozen=True, slots=True)
class RefusedRemoval:
    """People a platform would not take out of an audience; since: when that was first refused."""

    destination: str
    audience_key: str
    people: int
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One upload batch; sequence orders all batches of a ledger."""

    sequence: int
    batch_id: str
    plan_id: str
    destination: str
    audience_key: str
    operation: Operation
    file: Path
    digest: str
    rows: int
    state: BatchState
    sends: int
    request_id: str | None
    settled: int
    rejected: int
    processing: int
    unknown: int
    detail: str
    sent_at: datetime | None
    settled_at: datetime | None = None

    @property
    def certain(self) -> bool:
        """Whether it says of everybody in it that they are in, or out. Who could not be taken out may be anybody."""
        return not self.state.unresolved and not (self.operation is Operation.REMOVE and self.rejected)


@dataclass(frozen=True, slots=True)
class LostSend:
    """A send that may still land: the opposite operation on its members waits until quiet_until."""

    batch_id: str
    operation: Operation
    file: Path
    quiet_until: datetime


class ReplacementState(StrEnum):
    """SENDING: not every part is acknowledged yet. FINISHING: all are. GIVEN_UP: it did not, or may not, come to be."""

    SENDING = "sending"
    FINISHING = "finishing"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class ReplacementRecord:
    """A full refresh of one audience. Its batches are those of plan_id: parts are adds, whoever leaves is removed.

    at_once: the new list takes the old one's place as a whole, so whoever else is added meanwhile may be lost;
    request_id: what the platform's answer about its end is asked for by; quiet_until: of one that was given up, until
    when it may still take effect.
    """

    destination: str
    audience_key: str
    plan_id: str
    session_id: int
    parts: int
    rows: int
    at_once: bool
    started_at: datetime
    state: ReplacementState = ReplacementState.SENDING
    request_id: str = ""
    quiet_until: datetime | None = None

    def may_land(self, now: datetime) -> bool:
        """Whether it is under way, or was and may still take effect."""
        if self.state is not ReplacementState.GIVEN_UP:
            return True
        return self.quiet_until is not None and self.quiet_until > now


@dataclass(frozen=True, slots=True)
class AudienceLog:
    """All there is to believe about one audience: batches in order, and sends still in the air.

    replacement: a full refresh that may still take effect.
    """

    destination: str
    audience_key: str
    batches: tuple[BatchRecord, ...]
    lost: tuple[LostSend, ...]
    replacement: ReplacementRecord | None = None

    def with_states(self, newer: Mapping[str, BatchState]) -> "AudienceLog":
        """The same log with what is known of some batches by now, by their id."""
        known = tuple(replace(batch, state=newer.get(batch.batch_id, batch.state)) for batch in self.batches)
        return replace(self, batches=known)


@dataclass(frozen=True, slots=True)
class SourceUse:
    """What an applied plan read from one source, or from one suppression list (there rows are the usable ones).

    digest, columns, dialect, written_at: see model.exports.ExportLook; usable_bp: of its rows, those that say whose
    they are, x 10,000; restarted: somebody has accepted that it is smaller or poorer than before.
    """

    source: str
    rows: int
    digest: str
    used_at: datetime
    columns: tuple[str, ...] = ()
    dialect: str = ""
    usable_bp: int | None = None
    written_at: datetime | None = None
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger remembers of the plans applied so far, to compare the next one with.

    uses: of each source, the latest first, one per run of equal exports, none from before it was restarted;
    unchanged_since: when the export used last was first used; tiers: people of each tier in the last plan;
    whole: nothing of it is missing.
    """

    uses: Mapping[str, tuple[SourceUse, ...]] = field(default_factory=dict)
    unchanged_since: Mapping[str, datetime] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
