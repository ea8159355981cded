"""The seams: what the product needs from the outside, as protocols connectors fulfil.

Planning is handed a DestinationReader and can therefore only read; apply is handed a Destination.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from activator.errors import ConfigurationError
from activator.model.ads import ObjectSpec, Observation, RemoteObject
from activator.model.checks import Finding
from activator.model.delivery import Operation, Receipt, ReplacementPart
from activator.model.exports import ExportFacts, LinePerRow, Place, RowPlace, RowPlaces
from activator.model.performance import PerformanceRow
from activator.model.plan import Change
from activator.model.reports import Cut, ReportRow
from activator.model.split_test import SplitTest

if TYPE_CHECKING:
    import pyarrow as pa


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class Allowances(Protocol):
    """What platforms allow, remembered for all runs of a project. quota: of what and whose, in a connector's words.

    A quota's name holds no secret and at most 200 letters. Safe to use from threads.
    """

    def waits(self) -> Mapping[str, datetime]:
        """Until when a platform has asked to wait, by quota; only what is not over."""
        ...

    def wait(self, quota: str, until: datetime) -> None:
        """A platform asks to wait. What was asked before is never shortened."""
        ...

    def use(self, quota: str, amount: int, allowed: int, within: timedelta) -> datetime | None:
        """Use some of a ration, unless more than allowed would be used within that time.

        Returns None, or when there may be room again, with nothing counted.
        """
        ...

    def used(self, quota: str, within: timedelta) -> int:
        """How much of a ration was used in the time up to now."""
        ...


@dataclass(frozen=True, slots=True)
class DestinationContext:
    """What a connector is opened with. options: the destination's own section of the project file, unvalidated.

    account_id: the advertiser's account; project_dir: where `.env` and secret files are looked for.
    countries: where the destination's groups deliver; in_market: segments its group for strangers aims at; markers:
    marker -> spec key of everything the project may own there, so that the connector can name what it finds;
    allowances: None where nothing outlives the process; counts_new_customers: a sale to one is to count for more.
    """

    name: str
    project_id: str
    account_id: str
    currency: str
    time_zone: str
    project_dir: Path
    options: Mapping[str, Any]
    clock: Clock
    countries: tuple[str, ...] = ()
    markers: Mapping[str, str] = field(default_factory=dict)
    allowances: Allowances | None = None
    in_market: tuple[str, ...] = ()
    counts_new_customers: bool = False

    @property
    def tiers(self) -> tuple[str, ...]:
        """The project's tiers, highest first."""
        return tuple(key.removeprefix("audience/") for key in self.markers.values() if key.startswith("audience/"))

    def check_seeds(self, option: str, seeds: Collection[str], reasons: Mapping[str, str]) -> None:
        """Refuse lookalikes of any tier but the highest, unless a reason is given. option: which names the seeds.

        Raises:
            ConfigurationError: names the tier and what to write.
        """
        where, highest = f"destinations.{self.name}.options", next(iter(self.tiers), "")
        for tier in sorted({*seeds, *reasons}):
            if tier not in self.tiers:
                raise ConfigurationError(
                    f"{where}: there is no tier `{tier}`", f"Name one of: {', '.join(self.tiers)}."
                )
            if tier in seeds and tier != highest and not reasons.get(tier, "").strip():
                raise ConfigurationError(
                    f"{where}.{option}: a lookalike of tier `{tier}` looks for more people who are worth less",
                    f"Grow it from `{highest}`, or say why: `lookalike_reasons: {{{tier}: ...}}`.",
                )


class DestinationReader(Protocol):
    """Read-only view of one account on one platform."""

    @property
    def identifier_form(self) -> str:
        """Which normalised columns members carry: "meta" or "google" (people.identifiers)."""
        ...

    @property
    def batch_rows_max(self) -> int:
        """Members per send, at most."""
        ...

    @property
    def members_min(self) -> int:
        """The platform's own minimum below which an audience does not deliver."""
        ...

    @property
    def quiet_window(self) -> timedelta:
        """How long an unacknowledged send may still take effect."""
        ...

    @property
    def settle_wait_seconds(self) -> float:
        """How long an apply stays to see PROCESSING batches through; 0 where sends settle at once."""
        ...

    @property
    def budget_level(self) -> str:
        """Where daily budgets live: "group" (Meta ad sets) or "campaign" (Google)."""
        ...

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        """The settings of a spec that can be compared with what `observe` returns, platform-side form, no ids."""
        ...

    def observe(self) -> Observation:
        """Every object whose marker is in the context's markers. Raises DestinationError."""
        ...

    def performance(self, since: date, until: date) -> Iterable[PerformanceRow]:
        """Rows by ad and day, both days included, account time zone. Raises DestinationError."""
        ...

    def check(self) -> Sequence[Finding]:
        """Access, account and settings, each finding with its fix. Never raises for a bad configuration."""
        ...


class Destination(DestinationReader, Protocol):
    """One account that can also be changed. Every method does one thing once; retry policy is the transport's."""

    def create(self, spec: ObjectSpec, ids: Mapping[str, str]) -> RemoteObject:
        """Create spec, paused and marked. ids: spec key -> platform id of what it refers to.

        Raises OutcomeUnknownError when it may or may not exist now; the caller observes before trying again.
        """
        ...

    def update(self, spec: ObjectSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        """Bring the comparable settings of remote to spec, and nothing else."""
        ...

    def pause(self, remote: RemoteObject) -> None:
        """Stop one object of ours; pausing a paused one changes nothing."""
        ...

    def send(self, operation: Operation, audience_id: str, members: "pa.Table", batch_id: str) -> Receipt:
        """Send one batch of members once.

        members: columns of the identifier form, hashed. batch_id: 32 hex digits, the same for an identical resend.
        Raises OutcomeUnknownError, RateLimitedError, RetryableError (no effect), or another DestinationError.
        """
        ...

    def settle(self, request_id: str, sent: int) -> Receipt:
        """What has become of an earlier send of `sent` rows that is PROCESSING."""
        ...


@runtime_checkable
class AccountWideRemoval(Protocol):
    """A destination that can take people out of every list of the account at once; found with isinstance."""

    def remove_everywhere(self, members: "pa.Table", batch_id: str) -> Receipt:
        """Remove people from all customer lists of the account, also from those that are not ours.

        members, batch_id, errors: as in Destination.send. An erasure asks for this next to ordinary removals.
        """
        ...


@runtime_checkable
class ReplacingDestination(Protocol):
    """A destination that can put a whole new list in the old one's place, never empty in between."""

    @property
    def replaces_at_once(self) -> bool:
        """True where the new list takes the old one's place as a whole, so that others added meanwhile are lost.

        False where the new members join the old ones, who are then taken out.
        """
        ...

    def replace(self, audience_id: str, members: "pa.Table", part: ReplacementPart) -> Receipt:
        """Send one part. Nobody is out before the last part; an identical part may be sent again, and says so.

        Raises as Destination.send; PermanentRefusalError when the session can no longer go on.
        """
        ...

    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:
        """Bring about, or read, the end of a replacement, every part of which was sent and has settled.

        last: its last part; request_id: of the receipt before, where it was PROCESSING. The receipt counts no rows:
        PROCESSING while the platform still works on it (ask again), SETTLED when the new list is all there is, UNKNOWN
        or REJECTED when the platform gave it up. Raises DestinationError where it could not be asked.
        """
        ...


@runtime_checkable
class RehearsingDestination(Protocol):
    """A destination whose platform says beforehand what it would refuse, without changing anything."""

    def refusals(self, changes: Sequence[Change], ids: Mapping[str, str]) -> Mapping[str, str]:
        """Spec key -> why the platform would refuse to make it. ids: spec key -> id of what is there.

        Raises DestinationError.
        """
        ...


@runtime_checkable
class ReportingDestination(Protocol):
    """A destination that can cut its reports in other ways than by ad and day; found with isinstance."""

    def report(self, cut: Cut, since: date, until: date) -> Iterable[ReportRow]:
        """Sums over the days, both included, of what is ours. Raises DestinationError."""
        ...


@runtime_checkable
class MeteredDestination(Protocol):
    """A destination whose platform rations what may be done in a day; found with isinstance."""

    def cost(self, changes: Sequence[Change]) -> str | None:
        """What carrying out changes spends of the day's ration, in a sentence; None where it spends nothing."""
        ...


@runtime_checkable
class SplitTesting(Protocol):
    """A destination that can divide people at random between campaigns or groups; found with isinstance."""

    def start_split_test(self, test: SplitTest) -> str:
        """Start a test, or find the one of the same key; returns its platform id.

        Raises ConfigurationError for cells that cannot be tested, and as Destination.create.
        """
        ...


class DestinationConnector(Protocol):
    """What an `activator.destinations` entry point names."""

    def open(self, context: DestinationContext) -> Destination:
        """Validate options and settings and return a destination. Makes no call to the platform.

        Raises ConfigurationError.
        """
        ...

    def options_schema(self) -> Mapping[str, Any]:
        """JSON Schema of the destination's `options` in the project file."""
        ...


def _nothing_held() -> None:
    """What releasing an export that holds nothing does."""


def typed_name(title: str) -> str:
    """The column of `RawExport.table` that holds a column's values in the engine's own type, where there is one."""
    return f"{title} (typed)"


@dataclass(frozen=True, slots=True)
class RawExport:
    """One export as a relation of text, exactly as it stands.

    table: one string column per header (or per column asked for) plus `source_row` (int64, unique; the first record is
    2, as 1 is the header's line in a file without cells of several lines); digest: SHA-256 of the bytes read, or of the
    rows of a query; places: finds rows again, for messages; held: whether the rows lie in the engine, else every use
    reads the file again; release: frees what the engine holds of it. Where an export has types, numbers and days also
    stand under their `typed_name`, beside their text.
    """

    name: str
    path: Path
    table: Any
    header: tuple[str, ...]
    rows: int
    digest: str
    facts: ExportFacts = field(default_factory=ExportFacts)
    places: RowPlaces | None = None
    release: Callable[[], None] = _nothing_held
    held: bool = True

    @property
    def heading(self) -> str:
        """Where its column names stand, for messages."""
        lined = any(part.kind.startswith("CSV") for part in self.facts.parts) or not self.facts.parts
        return f"{self.path.name}, line 1" if lined else self.path.name

    def find(self, source_rows: Sequence[int]) -> list[RowPlace]:
        """Where rows stand: the line of a text file, or the row of anything else, and of which part."""
        return (self.places or LinePerRow(self.path.name)).find(source_rows)


class Source(Protocol):
    """What an `activator.sources` entry point names."""

    def digest(self, place: Path | Place, columns: Collection[str] | None = None) -> str:
        """A digest that changes with the export, without parsing it: of a file's bytes, or of the rows of a query."""
        ...

    def read(self, backend: Any, name: str, place: Path | Place, columns: Collection[str] | None = None) -> RawExport:
        """Load one export into the engine (an Ibis backend), strictly.

        columns: those that will be used, if that is known; the others may be left out of the table.

        Raises SourceError naming file, line, field and fix; nothing of a person's data is in the message.
        """
        ...


@runtime_checkable
class DatedSource(Protocol):
    """A source that knows when an export was written."""

    def written_at(self, place: Path | Place) -> datetime | None:
        """When the newest part of a file export was last written; None where nothing says it. Raises SourceError."""
        ...
