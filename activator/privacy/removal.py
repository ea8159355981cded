"""Taking a person to be forgotten out of everything, as far as it goes now; what is left goes on at the next call.

Each place goes by the membership protocol: a removal is written down, sent, and answered for. It is done when one was
answered that was sent after everything sent before had had its time.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from activator.apply import executor, settlement
from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.result import OF_ONE_OBJECT
from activator.config.workspace import Workspace
from activator.errors import ActivatorError, AuthenticationRequiredError, DestinationError
from activator.ledger import erasures, lease, outbox, plans
from activator.ledger.lease import Lease
from activator.ledger.store import Ledger
from activator.model.erasure import ACCOUNT, Erasure, Place, PlaceState
from activator.model.ledger import BatchRecord, BatchState
from activator.model.plan import Plan, PlannedBatch
from activator.people.engine import Engine, open_engine, sweep
from activator.people.erased import Erased
from activator.plan.batches import write_batches
from activator.plan.destinations import open_destinations
from activator.plan.erased import read_secret
from activator.ports import AccountWideRemoval, Clock, Destination
from activator.privacy import told
from activator.privacy.places import batch_id, of_receipt, plan_id, plan_of, settled
from activator.privacy.receipts import write_receipts
from activator.privacy.sent import SentAbout, last_effect, sent_about
from activator.privacy.strike import strike
from activator.segments.kept import KeptMemberships

# What waiting does not help against.
_NEED_SOMEBODY = (*OF_ONE_OBJECT, AuthenticationRequiredError)
_ROWS_MAX = 10_000  # of one batch; nobody has as many


@dataclass(frozen=True, slots=True)
class Remover:
    """What a removal needs around it. report, should_stop: as in sync.Runner."""

    workspace: Workspace
    clock: Clock
    actor: str
    report: Callable[[str, int], None] = field(default=lambda _message, _advance: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)

    def advance(self) -> tuple[Erasure, ...]:
        """Go on with every unfinished erasure; returns them as they are then. Quick where there is none.

        Raises:
            LeaseHeldError: another run is at work; what was asked stays written down.
            ConfigurationError: the secret is missing, or a destination cannot be opened.
        """
        ledger = Ledger(self.workspace.ledger_place, self.clock)
        try:
            with ledger.reading() as connection:
                open_ones = erasures.unfinished(connection)
            return self._advance(ledger, open_ones) if open_ones else ()
        finally:
            ledger.close()

    def _advance(self, ledger: Ledger, open_ones: Iterable[Erasure]) -> tuple[Erasure, ...]:
        secret = read_secret(self.workspace, ledger)
        destinations = open_destinations(self.workspace, self.clock, ledger.allowances)
        with ledger.writing() as connection:
            held = lease.take(connection, self.clock, LEASE_NAME, self.actor)
        try:
            settlement.poll_once(ledger, destinations, self.clock)
            return tuple(_One(self, ledger, held, destinations, secret).advance(erasure) for erasure in open_ones)
        finally:
            with ledger.writing() as connection:
                lease.release(connection, self.clock, held)


@dataclass(frozen=True, slots=True)
class _One:
    """One erasure at a time."""

    run: Remover
    ledger: Ledger
    held: Lease
    destinations: Mapping[str, Destination]
    secret: bytes = field(repr=False)

    def advance(self, erasure: Erasure) -> Erasure:
        if erasure.places and not any(self._is_open(place) for place in erasure.places):
            return erasure  # only time has to pass
        workspace = self.run.workspace
        sweep(workspace.plans, "making")
        workspace.plans.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine,
            tempfile.TemporaryDirectory(prefix=f"making-{os.getpid()}-", dir=workspace.plans) as folder,
        ):
            about = self._about(engine, erasure)
            for place in self._places(erasure, about):
                self._put(erasure, place)
            with self.ledger.writing() as connection:
                told.redact(connection, erasure.erasure_id, self._erased(erasure))
            written = self._written(about, Path(folder))
            self._audiences(self._now(erasure), written, Path(folder))
            for place in self._now(erasure).places:
                if place.audience_key == ACCOUNT and place.destination in self.destinations:
                    self._account(erasure, place, written, Path(folder))
            return self._finished(engine, erasure)

    def _about(self, engine: Engine, erasure: Erasure) -> SentAbout:
        return sent_about(engine, self.ledger.every_batch(), self._erased(erasure))

    def _erased(self, erasure: Erasure) -> Erased:
        with self.ledger.reading() as connection:
            return Erased(self.secret, erasures.macs_of(connection, erasure.erasure_id))

    def _places(self, erasure: Erasure, about: SentAbout) -> Iterable[Place]:
        """Every place there is something to do in that is not written down yet."""
        known = {(place.destination, place.audience_key): place for place in erasure.places}
        named = {destination for destination, _ in about.batches}
        for name in sorted(named - set(self.destinations)):
            yield Place(name, ACCOUNT, PlaceState.UNREACHABLE, detail="it is no longer in activator.yaml")
        for name, port in self.destinations.items():
            gone = known.get((name, ACCOUNT))
            if gone is not None and gone.state is PlaceState.UNREACHABLE:
                state = PlaceState.PENDING if isinstance(port, AccountWideRemoval) else PlaceState.DONE
                yield replace(gone, state=state, detail="it is in activator.yaml again")
            if port.identifier_form not in about.rows:
                continue
            rows = about.rows[port.identifier_form].num_rows
            for key in (*self._audiences_of(name), *((ACCOUNT,) if isinstance(port, AccountWideRemoval) else ())):
                if (name, key) not in known:
                    again = self._again(name, key, about, port)
                    yield Place(name, key, PlaceState.PENDING, rows=rows, again_after=again)

    def _audiences_of(self, name: str) -> list[str]:
        owned = self.ledger.owned(name).values()
        return sorted(it.key for it in owned if it.kind == "audience" and it.platform_id is not None)

    def _again(self, name: str, key: str, about: SentAbout, port: Destination) -> datetime | None:
        """Until when an add may still take effect there; of the account as a whole, in any audience of ours."""
        keys = [key] if key != ACCOUNT else [it for destination, it in about.batches if destination == name]
        ends = [
            last_effect(about.batches.get((name, it), ()), port.quiet_window, self.ledger.audience_log(name, it).lost)
            for it in keys
        ]
        return max((end for end in ends if end is not None), default=None)

    def _written(self, about: SentAbout, folder: Path) -> dict[str, PlannedBatch]:
        """The rows of each form as the batch file all its removals send."""
        version = self.run.workspace.project.identity.rules().version
        written = {}
        for form, table in about.rows.items():
            (written[form],) = write_batches(table.to_batches(), _ROWS_MAX, folder, f"forget-{form}", version)
        return written

    def _audiences(self, erasure: Erasure, written: Mapping[str, PlannedBatch], folder: Path) -> None:
        """Remove from every audience whose turn it is, one plan of removals for all that are at the same attempt."""
        due: dict[int, list[Place]] = {}
        for place in erasure.places:
            port = self.destinations.get(place.destination)
            if place.audience_key == ACCOUNT or port is None or port.identifier_form not in written:
                continue
            answered = self._answered(erasure, place)
            if answered != place:  # a run that was killed had the answer, and did not come to write down what it means
                self._put(erasure, answered)
            if self._is_due(answered):
                begun = replace(answered, attempts=self._attempt(erasure, answered), state=PlaceState.PENDING)
                self._put(erasure, begun)
                due.setdefault(begun.attempts, []).append(begun)
        for attempt, places in sorted(due.items()):
            plan = self._removals(erasure, attempt, places, written)
            result = executor.execute(
                ApplyContext(
                    plan=plan,
                    folder=folder,
                    ledger=self.ledger,
                    lease=self.held,
                    destinations=self.destinations,
                    observed={name: {} for name in self.destinations},  # the ledger knows the ids of ours
                    clock=self.run.clock,
                    report=self.run.report,
                    should_stop=self.run.should_stop,
                    in_flight_max=self.run.workspace.settings.uploads_in_flight,
                )
            )
            for place, row in zip(places, result.results, strict=True):
                self._put(erasure, self._answered(erasure, place, row.error))

    def _is_open(self, place: Place) -> bool:
        """Whether there may be something to do, or to find out, now. Where all is done, completing is left to do."""
        return place.state is not PlaceState.WAITING or self._is_due(place)

    def _is_due(self, place: Place) -> bool:
        if place.state is PlaceState.WAITING:
            return place.again_after is not None and self.run.clock.now() >= place.again_after
        return place.state in (PlaceState.PENDING, PlaceState.REFUSED)

    def _attempt(self, erasure: Erasure, place: Place) -> int:
        """An attempt nobody answered goes on under its number, so that the identical batch is sent; else the next."""
        record = self._record(erasure, place)
        return place.attempts if record is not None and record.state.unresolved else place.attempts + 1

    def _record(self, erasure: Erasure, place: Place) -> BatchRecord | None:
        wanted = plan_id(erasure, place.attempts)
        found = [
            record
            for record in self.ledger.every_batch()
            if (record.plan_id, record.destination, record.audience_key)
            == (wanted, place.destination, place.audience_key)
        ]
        return found[-1] if found else None

    def _answered(self, erasure: Erasure, place: Place, error: ActivatorError | None = None) -> Place:
        """The place as the ledger's batch of the current attempt tells it."""
        record = self._record(erasure, place)
        if record is None or place.state in (PlaceState.DONE, PlaceState.WAITING):
            return place if error is None else replace(place, detail=error.message)
        answered = replace(
            place,
            sent_at=record.sent_at or place.sent_at,
            request_id=record.request_id or "",
            detail=error.message if error is not None else record.detail,
        )
        match record.state:
            case BatchState.SETTLED:
                return settled(answered)
            case BatchState.PROCESSING:
                return replace(answered, state=PlaceState.PROCESSING)
            case BatchState.REJECTED if isinstance(error, _NEED_SOMEBODY):
                return replace(answered, state=PlaceState.REFUSED)
            case _:
                return answered

    def _account(self, erasure: Erasure, place: Place, written: Mapping[str, PlannedBatch], folder: Path) -> None:
        """Out of every list of the account, also those that are not ours. A removal twice is a removal once."""
        port = self.destinations[place.destination]
        if place.state is PlaceState.PROCESSING:
            with contextlib.suppress(DestinationError):  # asking is a read: the next call tries again
                self._put(erasure, of_receipt(place, port.settle(place.request_id, place.rows)))
            return
        if port.identifier_form not in written or not self._is_due(place) or not isinstance(port, AccountWideRemoval):
            return
        members = pq.read_table(folder / written[port.identifier_form].file)
        begun = replace(place, attempts=place.attempts + 1, sent_at=self.run.clock.now(), state=PlaceState.PENDING)
        self._put(erasure, begun)
        try:
            answered = of_receipt(begun, port.remove_everywhere(members, batch_id(erasure, begun)))
        except DestinationError as error:
            state = PlaceState.REFUSED if isinstance(error, _NEED_SOMEBODY) else PlaceState.PENDING
            answered = replace(begun, state=state, detail=error.message)
        self._put(erasure, answered)

    def _removals(
        self, erasure: Erasure, attempt: int, places: Iterable[Place], written: Mapping[str, PlannedBatch]
    ) -> Plan:
        batches = [(place, written[self.destinations[place.destination].identifier_form]) for place in places]
        project_id = self.run.workspace.project.project.id
        return plan_of(erasure, attempt, batches, project_id, self.ledger.lineage, self.run.clock.now())

    def _put(self, erasure: Erasure, place: Place) -> None:
        with self.ledger.writing() as connection:
            lease.renew(connection, self.run.clock, self.held)
            erasures.put(connection, erasure.erasure_id, place)

    def _now(self, erasure: Erasure) -> Erasure:
        with self.ledger.reading() as connection:
            found = erasures.one(connection, erasure.erasure_id)
        assert found is not None, "an erasure is never taken back"
        return found

    def _finished(self, engine: Engine, erasure: Erasure) -> Erasure:
        """Complete when every place is done; either way there is a receipt of how things stand.

        Then what is left of the person in the log has served its purpose.
        """
        found = self._now(erasure)
        if all(place.state is PlaceState.DONE for place in found.places):
            strike(self.ledger, self.run.clock, self.run.actor, self._about(engine, erasure))
            KeptMemberships(engine, self.run.workspace.state).strike(self._erased(erasure))
            now = self.run.clock.now()
            with self.ledger.writing() as connection:
                lease.renew(connection, self.run.clock, self.held)
                erasures.complete(connection, erasure.erasure_id, now)
                plans.note(
                    connection, self.run.clock, self.run.workspace.who(self.run.actor), "forgotten", erasure.erasure_id
                )
            found = replace(found, completed_at=now)
        with self.ledger.reading() as connection:
            events = outbox.told_of(connection, [erasure.erasure_id])
        write_receipts(self.run.workspace, self.secret, found, events, self.run.clock)
        return found
