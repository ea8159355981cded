"""What every step of an apply needs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from activator.apply.flights import Flights
from activator.errors import ActivatorError, LeaseLostError
from activator.ledger import batches, lease
from activator.ledger.lease import Lease
from activator.ledger.store import Ledger
from activator.model.ads import RemoteObject
from activator.model.plan import Plan
from activator.ports import Clock, Destination

LEASE_NAME = "apply"


@dataclass(frozen=True, slots=True)
class ApplyContext:
    """folder: the plan's, with its batches; observed: destination -> spec key -> object, as of the start of the apply.

    refused: ordinals of the changes that must not be carried out, and why (apply.verify); lease: the caller's, on
    applying plans; report: told of progress, in words fit for a screen; should_stop: asked before each send;
    in_flight_max: uploads to one destination that may be under way at once; flights: how they are.
    """

    plan: Plan
    folder: Path
    ledger: Ledger
    lease: Lease
    destinations: Mapping[str, Destination]
    observed: Mapping[str, Mapping[str, RemoteObject]]
    clock: Clock
    refused: Mapping[int, ActivatorError] = field(default_factory=dict)
    report: Callable[[str, int], None] = field(default=lambda _message, _advance: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)
    in_flight_max: int = 1
    flights: Callable[[], Flights[Any]] = Flights

    @contextmanager
    def writing(self, audience: Lease | None = None) -> Iterator[Connection]:
        """A transaction that only a run whose leases nobody took over can commit; it shows that we are alive.

        Raises:
            LeaseLostError: before anything is written.
        """
        with self.ledger.writing() as connection:
            lease.renew(connection, self.clock, self.lease)
            if audience is not None:
                lease.renew(connection, self.clock, audience)
            yield connection

    @contextmanager
    def announcing(self, audience: Lease | None = None) -> Iterator[Connection]:
        """A transaction that writes down what is done right after it. A process that slept since must not do it.

        Raises:
            LeaseLostError: as `writing`, or because it is too late to act.
        """
        began = self.clock.now()
        with self.writing(audience) as connection:
            yield connection
        if self.clock.now() - began > lease.LEASE:
            raise LeaseLostError("this run was stopped for too long to go on safely", "Run `activator sync`.")

    @contextmanager
    def audience(self, destination: str, audience_key: str) -> Iterator[Lease]:
        """The lease on one audience: whoever changes its members holds it.

        Raises:
            LeaseHeldError: another run is at work on it.
        """
        with self.writing() as connection:
            held = lease.take(connection, self.clock, f"{destination}/{audience_key}", self.lease.holder)
            if held.succeeds:
                window = self.destinations[destination].quiet_window
                batches.presume_lost(connection, self.clock, destination, audience_key, window)
        try:
            yield held
        finally:
            with self.ledger.writing() as connection:
                lease.release(connection, self.clock, held)
