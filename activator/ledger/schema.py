"""The ledger's tables. Members themselves stand in Parquet batches (membership_log); here is one row per batch.

Instants are stored as ISO 8601 text in UTC: sortable, readable in any tool, and never naive.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A timezone-aware datetime as fixed-width UTC text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse naive datetimes: a guess about their zone would be silent."""
        if value is None:
            return None
        assert value.tzinfo is not None, "naive datetime"
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Back to an aware datetime."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()

facts = Table(
    "fact",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

plans = Table(
    "plan",
    metadata,
    Column("plan_id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # applying | applied | partial | withheld
    Column("serial", Integer, nullable=False),  # the ledger's serial while this plan is applied
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("summary", Text, nullable=False),
    # The yardstick of the next plan, null until this one is finished: how many rows of source_use are its own, and
    # people by tier (JSON).
    Column("uses", Integer),
    Column("tier_people", Text),
)

objects = Table(
    "owned_object",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("platform_id", String(120)),  # null between intent and receipt of its create
    Column("plan_id", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)

batches = Table(
    "batch",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", String(32), nullable=False, unique=True),
    Column("plan_id", String(64), nullable=False),
    Column("destination", String(40), nullable=False),
    Column("audience_key", String(120), nullable=False),
    Column("operation", String(8), nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("owed", Boolean, nullable=False, server_default=false()),  # adds that make good what a removal may undo
    Column("state", String(16), nullable=False),  # intent | processing | settled | rejected | unknown
    Column("sends", Integer, nullable=False),
    Column("intended_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("settled_at", Instant),
    Column("request_id", Text),
    Column("settled", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("processing", Integer, nullable=False, server_default="0"),
    Column("unknown", Integer, nullable=False, server_default="0"),
    Column("detail", Text, nullable=False, server_default=""),
    Index("batch_of_audience", "destination", "audience_key", "sequence"),
)

# A send nobody acknowledged may land until quiet_until, even after a later acknowledgement of the same batch: the
# protocol that forgets this loses people (docs/explanation/membership-protocol.md).
lost_sends = Table(
    "lost_send",
    metadata,
    Column("batch_id", String(32), primary_key=True),
    Column("send", Integer, primary_key=True),
    Column("quiet_until", Instant, nullable=False),
)

source_uses = Table(
    "source_use",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("plan_id", String(64), primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("columns", Text, nullable=False, server_default="[]"),  # JSON
    Column("dialect", Text, nullable=False, server_default=""),
    Column("usable_bp", Integer),
    Column("written_at", Instant),
    Column("restarted", Integer, nullable=False, server_default="0"),  # 1: what was before is no yardstick any more
)

# When an audience was last asserted as a whole: all who belong there, and all who have left.
reassertions = Table(
    "reassertion",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("audience_key", String(120), primary_key=True),
    Column("at", Instant, nullable=False),
)

# A full refresh that is under way, or was given up and may still land; its batches are the plan's for that audience.
replacements = Table(
    "replacement",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("audience_key", String(120), primary_key=True),
    Column("plan_id", String(64), nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("at_once", Boolean, nullable=False),  # the new list takes the old one's place as a whole
    Column("started_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),  # ledger.replacements.ReplacementState
    Column("request_id", Text, nullable=False, server_default=""),
    Column("quiet_until", Instant),  # of one that was given up: until then it may still take effect
)

# Files of members to be deleted: no batch needs them any more, or they were begun and belong to none yet.
retired_files = Table(
    "retired_file",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("at", Instant, nullable=False),
)

leases = Table(
    "lease",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("until", Instant, nullable=False),
)

slots = Table(
    "slot",
    metadata,
    Column("schedule", String(40), primary_key=True),
    Column("instant", Instant, primary_key=True),
    Column("local_date", Date),  # null for the mark of a schedule's first sight
    Column("state", String(16), nullable=False),  # schedule.store.SlotState
    Column("holder", String(120)),
    Column("lease_until", Instant),
    Column("finished_at", Instant),
    Column("detail", Text, nullable=False, server_default=""),
    UniqueConstraint("schedule", "local_date"),  # one run per local date, whatever the clocks do
)

performance = Table(
    "performance",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("ad_id", String(40), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("as_of", Instant, primary_key=True),
    Column("campaign_id", String(40), nullable=False),
    Column("group_id", String(40), nullable=False),
    Column("spend_micros", BigInteger, nullable=False),
    Column("impressions", BigInteger, nullable=False),
    Column("clicks", BigInteger, nullable=False),
    Column("conversions_milli", BigInteger, nullable=False),
    Column("value_micros", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)

flag_episodes = Table(
    "flag_episode",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("tier", String(40), primary_key=True),
    Column("variant", String(40), primary_key=True),  # '' for a tier as a whole
    Column("opened_on", Date, primary_key=True),
    Column("started_on", Date, nullable=False),
    Column("closed_on", Date),
)

# What each tier is bid and given since the last applied plan; plan files hold the history.
tier_terms = Table(
    "tier_terms",
    metadata,
    Column("destination", String(40), primary_key=True),
    Column("tier", String(40), primary_key=True),
    Column("plan_id", String(64), nullable=False),
    Column("multiplier_bp", Integer),  # x 10,000; 0 excluded; null where nothing is made from value
    Column("base_share_ppm", Integer),
    Column("daily_budget_minor", BigInteger),
    Column("changed_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("texts", String(64), nullable=False, server_default=""),  # digest of what it is told
)

verdicts = Table(
    "verdict",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("tier", String(40), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Column("texts", Text, nullable=False, server_default="{}"),  # JSON: destination -> digest of the texts tested
)

# Changes of tiers and segments, told to a webhook at least once: the id is the receiver's way to know it has seen one.
outbox = Table(
    "outbox_event",
    metadata,
    Column("event_id", String(32), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # entered | left
    Column("tag", String(80), nullable=False),  # tier:high, segment:at_risk
    Column("person_key", String(32), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),  # pending | delivered | withdrawn | refused
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("source_ids", Text),  # JSON, only where the project tells them, and only until they are told
    Column("detail", Text, nullable=False, server_default=""),
    Index("outbox_due", "state", "next_attempt_at", "sequence"),
)

# What other hosts need of the project's folder; empty where the ledger itself lies in that folder (ledger.files).
shared_files = Table(
    "shared_file",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

approvals = Table(
    "approval",
    metadata,
    Column("plan_id", String(64), primary_key=True),
    Column("person", String(80), primary_key=True),
    Column("actor", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

# People to be forgotten. Who they are stands nowhere: macs are keyed digests of their keys (people.erased).
erasures = Table(
    "erasure",
    metadata,
    Column("erasure_id", String(32), primary_key=True),
    Column("requested_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("found", Boolean, nullable=False),
    Column("completed_at", Instant),
)

erasure_macs = Table(
    "erasure_mac",
    metadata,
    Column("mac", String(64), primary_key=True),
    Column("erasure_id", String(32), primary_key=True),
)

erasure_places = Table(
    "erasure_place",
    metadata,
    Column("erasure_id", String(32), primary_key=True),
    Column("destination", String(40), primary_key=True),
    Column("audience_key", String(120), primary_key=True),  # '' is the account as a whole
    Column("state", String(16), nullable=False),  # model.erasure.PlaceState
    Column("attempts", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("again_after", Instant),  # a removal before then may be undone by an add that is still under way
    Column("sent_at", Instant),
    Column("request_id", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
)

# What platforms have said they allow, for all runs (ports.Allowances). quota: of what and whose.
platform_waits = Table(
    "platform_wait",
    metadata,
    Column("quota", String(200), primary_key=True),
    Column("until", Instant, nullable=False),
)

platform_uses = Table(
    "platform_use",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("quota", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("amount", Integer, nullable=False),
    Index("use_of_quota", "quota", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
)
