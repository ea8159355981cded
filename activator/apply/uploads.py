"""Changes of members that are equally urgent, sent together: a handful of uploads to each destination at once.

What is under way at once may arrive in any order. That is safe: batches of one change do the same to different people,
and changes of one urgency share nobody whose order would matter (docs/adr/0019-uploads-in-flight.md).
"""

from collections import Counter, deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from activator.apply import members, settlement
from activator.apply.context import ApplyContext
from activator.apply.flights import Flights
from activator.apply.members import FINISHED, SENDS_MAX, Upload
from activator.apply.objects import known_ids
from activator.apply.result import OF_ONE_OBJECT, ChangeResult, ChangeState, stopped, subject, waiting_for
from activator.errors import ActivatorError, DestinationError, LeaseHeldError, OutcomeUnknownError
from activator.ledger.lease import LEASE, Lease
from activator.model.delivery import Operation, Receipt
from activator.model.plan import ChangeMembers, PlannedBatch

RENEW_SECONDS = LEASE.total_seconds() / 3  # nobody takes over from a run that waits for answers


class Uploads:
    """One round of them. failed: destination -> why it is left alone; shared with what comes before and after."""

    def __init__(self, context: ApplyContext, failed: dict[str, ActivatorError]) -> None:
        self._context = context
        self._failed = failed
        self._errors: dict[int, ActivatorError] = {}
        self._begun: set[int] = set()
        self._sent: set[int] = set()
        self._held: dict[tuple[str, str], Lease] = {}
        self._queues: dict[str, deque[tuple[int, ChangeMembers, PlannedBatch]]] = {}
        self._under_way: Counter[str] = Counter()
        self._flights: Flights[Upload] = context.flights()

    def send(self, changes: Sequence[tuple[int, ChangeMembers]]) -> list[ChangeResult]:
        """Send every batch that can be sent, in order for each destination. changes: with their ordinals.

        A batch that cannot be sent ends its change; a fault that concerns more than that ends its destination. What
        is under way then is waited for and written down, and so it is before anything is raised.

        Raises:
            LeaseLostError: another run took over. LedgerError: what happens cannot be written down.
        """
        self._wait_for_removals(changes)
        with ExitStack() as leases:
            for ordinal, change in changes:
                self._take(leases, ordinal, change)
            try:
                self._start_and_land()
            except BaseException:
                self._land_the_rest()
                raise
        return [self._result(ordinal, change) for ordinal, change in changes]

    def _wait_for_removals(self, changes: Sequence[tuple[int, ChangeMembers]]) -> None:
        """Adds that must follow removals of the same people are left for later while these are not settled."""
        context = self._context
        following = [(ordinal, change) for ordinal, change in changes if change.after_removals]
        if any(not members.removals_settled(context, change) for _, change in following):
            settlement.wait(context.ledger, context.destinations, context.clock)
        for ordinal, change in following:
            if not members.removals_settled(context, change):
                self._errors[ordinal] = DestinationError(
                    "removals of the same people are still being processed, or one of them may still arrive late",
                    "Run `activator sync` later; these people wait until then.",
                )

    def _take(self, leases: ExitStack, ordinal: int, change: ChangeMembers) -> None:
        """Hold the audience, and line its batches up."""
        audience = (change.destination, change.audience_key)
        if self._is_hindered(ordinal, change):
            return
        try:
            if audience not in self._held:
                self._held[audience] = leases.enter_context(self._context.audience(*audience))
        except LeaseHeldError as busy:
            self._errors[ordinal] = waiting_for(change.audience_key, busy)
            return
        queue = self._queues.setdefault(change.destination, deque())
        queue.extend((ordinal, change, planned) for planned in change.batches)

    def _is_hindered(self, ordinal: int, change: ChangeMembers) -> bool:
        """Whether nothing more is sent of a change, which then says why."""
        if change.destination in self._failed:
            self._errors.setdefault(ordinal, self._failed[change.destination])
        elif self._context.should_stop():
            self._errors.setdefault(ordinal, stopped())
        return ordinal in self._errors

    def _start_and_land(self) -> None:
        while True:
            for destination, queue in self._queues.items():
                while queue and self._under_way[destination] < self._context.in_flight_max:
                    self._start(*queue.popleft())
            if not self._flights:
                return
            self._land()

    def _start(self, ordinal: int, change: ChangeMembers, planned: PlannedBatch) -> None:
        """Send one batch, unless that is done or must not be."""
        if self._is_hindered(ordinal, change):
            return
        context, held = self._context, self._held[change.destination, change.audience_key]
        if change.operation is Operation.REMOVE and ordinal not in self._begun:
            members.promise_adds(context, held, change)
        self._begun.add(ordinal)
        record = members.intended(context, held, change, planned)
        if record.state in FINISHED:
            context.report("", record.rows)
            return
        self._sent.add(ordinal)
        audience_id = known_ids(context, change.destination).get(change.audience_key)
        if audience_id is None:
            missing = DestinationError(f"{change.audience_key} does not exist yet", "Apply the plan again.")
            self._fail(ordinal, change, missing)
            return
        self._send(Upload(ordinal, change, held, record, audience_id, record.file.read_bytes()))

    def _send(self, upload: Upload) -> None:
        """Write down that it is sent now, and send it; after an unknown outcome, once a pause is over."""
        members.announce(self._context, upload)
        clock, port = self._context.clock, self._context.destinations[upload.change.destination]
        rows = pq.read_table(pa.BufferReader(upload.content))

        def call() -> Receipt:
            if upload.attempt > 1:
                clock.sleep(2.0 ** (upload.attempt - 1))
            return port.send(upload.change.operation, upload.audience_id, rows, upload.record.batch_id)

        self._under_way[upload.change.destination] += 1
        self._flights.start(upload, call)

    def _land(self) -> None:
        """Take up one answer; an unknown outcome allows only the identical batch again, SENDS_MAX times in a run."""
        landed = self._flights.land(RENEW_SECONDS)
        if landed is None:
            self._renew()
            return
        upload, answer = landed
        ordinal, change = upload.ordinal, upload.change
        self._under_way[change.destination] -= 1
        if not isinstance(answer, Receipt | DestinationError):
            _raise(answer)
        members.take_up(self._context, upload, answer)
        error = members.verdict(answer)
        if error is None:
            said = f"{change.operation} {change.rows:,} {change.destination} {change.audience_key}"
            self._context.report(said, upload.record.rows)
        elif not isinstance(error, OutcomeUnknownError) or upload.attempt == SENDS_MAX:
            self._fail(ordinal, change, error)
        elif not self._is_hindered(ordinal, change):
            self._send(replace(upload, attempt=upload.attempt + 1))

    def _renew(self) -> None:
        for held in self._held.values():
            with self._context.writing(held):
                pass

    def _land_the_rest(self) -> None:
        """Wait for what is under way. What cannot be written down stays written down as sent and not answered."""
        for upload, answer in self._flights.rest():
            if isinstance(answer, Receipt | DestinationError):
                with suppress(ActivatorError):
                    members.take_up(self._context, upload, answer)

    def _fail(self, ordinal: int, change: ChangeMembers, error: DestinationError) -> None:
        self._errors.setdefault(ordinal, error)
        if not isinstance(error, OF_ONE_OBJECT):
            self._failed.setdefault(change.destination, error)

    def _result(self, ordinal: int, change: ChangeMembers) -> ChangeResult:
        error = self._errors.get(ordinal)
        if error is not None and ordinal not in self._begun:
            return ChangeResult(ordinal, change.destination, subject(change), ChangeState.LEFT, error=error)
        return members.summary(self._context, ordinal, change, error, already=ordinal not in self._sent)


def _raise(error: BaseException) -> NoReturn:
    """What no platform says: a defect, or the process is to end."""
    raise error
