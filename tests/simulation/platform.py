"""The sandbox's platform model as a destination in process, with faults where a network and a server would be."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import pyarrow as pa

from activator.errors import (
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
    RetryableError,
)
from activator.model.ads import AudienceSpec, ObjectSpec, Observation, RemoteObject
from activator.model.checks import Finding
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.performance import PerformanceRow
from connectors.sandbox.state import PlatformState
from tests.simulation.nemesis import CREATING, READING, SENDING, Fault, Nemesis
from tests.simulation.people import FORM, Row, rows_of

PLATFORM = "sim"
WINDOW = timedelta(hours=24)
LATE_SECONDS_MAX = 23.5 * 3600
SLOW_SECONDS_MAX = 4 * 3600
SLOW_AND_WHOLE = 0.7  # of what goes on for hours; of the rest a part only, or nothing


@dataclass(frozen=True, slots=True)
class Sent:
    """One send as the platform saw it."""

    run: int
    operation: Operation
    audience_id: str
    batch_id: str
    rows: tuple[Row, ...]
    at: datetime


Take: TypeAlias = Callable[[Fault | None], Receipt | None]


@dataclass
class SimulatedDestination:
    """One account. run: which process speaks; history: all sends, whatever became of them."""

    state: PlatformState
    nemesis: Nemesis
    run: int = 0
    history: list[Sent] = field(default_factory=list)
    taken: set[tuple[str, frozenset[str]]] = field(default_factory=set)  # audience and row of sends it did not refuse
    failed: dict[str, int] = field(default_factory=dict)  # request -> rows it took in the end
    serial: Counter[str] = field(default_factory=Counter)

    identifier_form = FORM
    batch_rows_max = 2
    members_min = 1
    quiet_window = WINDOW
    settle_wait_seconds = 1.0
    budget_level = "group"

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        return {}

    def observe(self) -> Observation:
        self._refuse(self.nemesis.call(READING))
        found = [
            RemoteObject("audience", document["key"], document["id"], document["name"], "active")
            for document in self.state.list(PLATFORM, "audience")
        ]
        return Observation(tuple(found), complete=True)

    def performance(self, since: date, until: date) -> Iterable[PerformanceRow]:
        return ()

    def check(self) -> Sequence[Finding]:
        return ()

    def create(self, spec: ObjectSpec, ids: Mapping[str, str]) -> RemoteObject:
        assert isinstance(spec, AudienceSpec)
        self.nemesis.at("create: before effect", alone=False)  # see docs/explanation/trust.md: no fence reaches here
        fault = self.nemesis.call(CREATING)
        self._refuse(fault)
        if fault is Fault.LOST_BEFORE:
            raise OutcomeUnknownError("no answer")
        identity = self.state.new_id()
        self.state.put(PLATFORM, "audience", identity, {"id": identity, "key": spec.key, "name": spec.name})
        self.nemesis.at("create: after effect")
        if fault is Fault.LOST_AFTER:
            raise OutcomeUnknownError("no answer")
        return RemoteObject("audience", spec.key, identity, spec.name, "active")

    def update(self, spec: ObjectSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        assert dict(remote.fields) == dict(self.comparable(spec)), "audiences have nothing to update"

    def pause(self, remote: RemoteObject) -> None:
        raise AssertionError("audiences have nothing to pause")

    def send(self, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
        rows = tuple(rows_of(members))
        return self._sent(
            "send",
            operation,
            audience_id,
            batch_id,
            rows,
            lambda fault: self._take(fault, operation, audience_id, rows),
        )

    def tend(self, audience_id: str) -> None:
        """Let time have its effect on a list. Uploads see to it themselves."""

    def _sent(
        self, point: str, operation: Operation, audience_id: str, batch_id: str, rows: tuple[Row, ...], take: Take
    ) -> Receipt:
        """One send, as far as it gets. take: lets it have its effect, under a fault."""
        run = self.run
        self.nemesis.at(f"{point}: before effect")
        self.history.append(Sent(run, operation, audience_id, batch_id, rows, self.state.clock.now()))
        fault = self.nemesis.call(SENDING)
        self._refuse(fault)
        receipt = take(fault)
        self.taken |= {(audience_id, row.identifiers) for row in rows}
        self.nemesis.at(f"{point}: after effect")
        if receipt is None:
            raise OutcomeUnknownError("no answer")
        return receipt

    def _take(
        self, fault: Fault | None, operation: Operation, audience_id: str, rows: tuple[Row, ...]
    ) -> Receipt | None:
        """Let a send have its effect, now, later or in part; None: nobody is told."""
        sent, rng = len(rows), self.nemesis.rng
        if fault is Fault.LOST_BEFORE:
            return None
        if fault is Fault.LATE:
            self._effect(operation, audience_id, rows, self._delay_seconds(fault))
            return None
        if fault is Fault.PARTIAL:
            taken = rng.randrange(sent + 1)
            self._effect(operation, audience_id, rows[:taken], 0)
            return Receipt(Settlement.UNKNOWN, sent, settled=taken, unknown=sent - taken)
        if fault is Fault.SLOW:
            request = self._request()
            taken = sent if rng.random() < SLOW_AND_WHOLE else rng.randrange(sent + 1)
            self.failed[request] = taken
            self._effect(operation, audience_id, rows[:taken], self._delay_seconds(fault), request)
            return Receipt(Settlement.PROCESSING, sent, processing=sent, request_id=request)
        self._effect(operation, audience_id, rows, 0)
        return None if fault is Fault.LOST_AFTER else Receipt(Settlement.SETTLED, sent, settled=sent)

    def _delay_seconds(self, fault: Fault | None) -> float:
        most = {Fault.LATE: LATE_SECONDS_MAX, Fault.SLOW: SLOW_SECONDS_MAX}.get(fault) if fault else None
        return 0.0 if most is None else self.nemesis.rng.uniform(0, most)

    def _request(self) -> str:
        self.serial["request"] += 1
        return f"r{self.serial['request']}"

    def settle(self, request_id: str, sent: int) -> Receipt:
        self.nemesis.at("settle")
        self._refuse(self.nemesis.call(READING))
        if self.state.is_pending(PLATFORM, request_id):
            return Receipt(Settlement.PROCESSING, sent, processing=sent, request_id=request_id)
        taken = self.failed[request_id]
        if taken == sent:
            return Receipt(Settlement.SETTLED, sent, settled=sent)
        return Receipt(Settlement.UNKNOWN, sent, unknown=sent)

    def members(self, key: str) -> list[frozenset[str]]:
        """Who is in an audience now, by spec key."""
        found = [each["id"] for each in self.state.list(PLATFORM, "audience") if each["key"] == key]
        assert len(found) <= 1, f"{key} exists {len(found)} times"
        for audience_id in found:
            self.tend(audience_id)
        return sorted(self.state.members(PLATFORM, found[0]), key=sorted) if found else []

    def _effect(
        self, operation: Operation, audience_id: str, rows: tuple[Row, ...], seconds: float, request: str = ""
    ) -> None:
        if not rows:
            return
        change = self.state.add_members if operation is Operation.ADD else self.state.remove_members
        change(PLATFORM, audience_id, [row.identifiers for row in rows], request, seconds)
        self.state.settle()

    @staticmethod
    def _refuse(fault: Fault | None) -> None:
        refusals: dict[Fault, DestinationError] = {
            Fault.REFUSED: RetryableError("try again"),
            Fault.THROTTLED: RateLimitedError("wait"),
            Fault.FORBIDDEN: PermanentRefusalError("no"),
        }
        if fault in refusals:
            raise refusals[fault]
