"""A destination in memory whose answers tests script: the platform really changes, or does not, as each fault says."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from activator.errors import OutcomeUnknownError
from activator.model.ads import AudienceSpec, ObjectSpec, Observation, RemoteObject, kind_of
from activator.model.checks import Finding
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.performance import PerformanceRow


@dataclass
class MemoryDestination:
    """Members are kept by e-mail digest; removing matches any shared identifier, as the platforms do.

    faults: consumed one per send or create: "lost_after" (it happened, the answer got lost), "lost_before" (it did
    not), "processing" (settles at the next poll), or an exception to raise with no effect.
    """

    identifier_form: str = "meta"
    batch_rows_max: int = 2
    members_min: int = 1
    quiet_window: timedelta = timedelta(hours=24)
    settle_wait_seconds: float = 0.0
    budget_level: str = "group"
    faults: deque[str | Exception] = field(default_factory=deque)
    objects: dict[str, RemoteObject] = field(default_factory=dict)
    rows: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    pending: dict[str, Callable[[], None]] = field(default_factory=dict)
    complete: bool = True
    busy: bool = False
    refusal: Exception | None = None

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        budget = getattr(spec, "daily_budget_minor", None)
        return {} if budget is None else {"daily_budget_minor": budget}

    def observe(self) -> Observation:
        self.calls.append("observe")
        if self.refusal is not None:
            raise self.refusal
        return Observation(tuple(self.objects.values()), complete=self.complete)

    def performance(self, since: date, until: date) -> Iterable[PerformanceRow]:
        return ()

    def check(self) -> Sequence[Finding]:
        return ()

    def create(self, spec: ObjectSpec, ids: Mapping[str, str]) -> RemoteObject:
        self.calls.append(f"create {spec.key}")
        made = RemoteObject(
            kind_of(spec), spec.key, str(len(self.objects) + 100), spec.name, "PAUSED", self.comparable(spec)
        )

        def effect() -> None:
            self.objects[spec.key + "'" * (spec.key in self.objects)] = made
            if isinstance(spec, AudienceSpec):
                self.rows.setdefault(made.platform_id, [])

        self._meet_fault(effect)
        effect()
        return made

    def update(self, spec: ObjectSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        self.calls.append(f"update {spec.key}")
        self.objects[spec.key] = RemoteObject(
            remote.kind, remote.key, remote.platform_id, remote.name, remote.status, self.comparable(spec)
        )

    def pause(self, remote: RemoteObject) -> None:
        self.calls.append(f"pause {remote.key}")

    def send(self, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
        self.calls.append(f"{operation} {audience_id} {members.num_rows}")
        people = [
            frozenset(value for value in (row["EMAIL"], row["PHONE"]) if value)
            for row in members.select(["EMAIL", "PHONE"]).to_pylist()
        ]

        def effect() -> None:
            kept = [known for known in self.rows[audience_id] if not any(known & person for person in people)]
            self.rows[audience_id] = kept if operation is Operation.REMOVE else [*kept, *people]

        if self.faults and self.faults[0] == "processing":
            self.faults.popleft()
            self.pending[batch_id] = effect
            return Receipt(Settlement.PROCESSING, members.num_rows, processing=members.num_rows, request_id=batch_id)
        if self.faults and self.faults[0] == "last_refused":
            self.faults.popleft()
            people.pop()
            effect()
            taken = len(people)
            return Receipt(Settlement.SETTLED, taken + 1, settled=taken, rejected=1, detail="1 row is wrongly hashed")
        self._meet_fault(effect)
        effect()
        return Receipt(Settlement.SETTLED, members.num_rows, settled=members.num_rows)

    def settle(self, request_id: str, sent: int) -> Receipt:
        self.calls.append("settle")
        if self.busy:
            return Receipt(Settlement.PROCESSING, sent, processing=sent, request_id=request_id)
        self.pending.pop(request_id, lambda: None)()
        return Receipt(Settlement.SETTLED, sent, settled=sent)

    def _meet_fault(self, effect: Callable[[], None]) -> None:
        if not self.faults:
            return
        fault = self.faults.popleft()
        if isinstance(fault, Exception):
            raise fault
        if fault == "lost_after":
            effect()
        if fault.startswith("lost"):
            raise OutcomeUnknownError("no answer")

    def emails(self, key: str) -> set[str]:
        """Who is in an audience now, by spec key."""
        return {min(person) for person in self.rows[self.objects[key].platform_id]}
