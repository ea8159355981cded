"""The simulated account, putting a whole new list in an old one's place: at once as Meta does, in phases as Google."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from activator.errors import OutcomeUnknownError, PermanentRefusalError, RetryableError
from activator.model.delivery import Operation, Receipt, ReplacementPart, Settlement
from tests.simulation.nemesis import ENDING, READING, Fault
from tests.simulation.people import Row, rows_of
from tests.simulation.platform import PLATFORM, SLOW_AND_WHOLE, SimulatedDestination

SESSION_MAX = timedelta(minutes=90)  # as Meta's: then what has come takes the old list's place


@dataclass
class Session:
    """A refresh at once. parts: as they came; swap: the request of its end; whole: that puts everybody in."""

    id: int
    began: datetime
    parts: list[tuple[Row, ...]] = field(default_factory=list)
    swap: str = ""
    whole: bool = False


@dataclass
class ReplacingAtOnce(SimulatedDestination):
    """Parts in order and within 90 minutes; the last one swaps the list, now or hours later. Before it, the list takes
    no other upload.

    A part that is sent again is asked for first, as the connector does.
    """

    sessions: dict[str, Session] = field(default_factory=dict)  # audience -> its latest

    replaces_at_once = True

    def tend(self, audience_id: str) -> None:
        """End a session that took too long."""
        session = self.sessions.get(audience_id)
        if session is not None and not session.swap and self.state.clock.now() - session.began > SESSION_MAX:
            self._swap(audience_id, session, 0)

    def replace(self, audience_id: str, members: pa.Table, part: ReplacementPart) -> Receipt:
        rows = tuple(rows_of(members))
        if part.again and self._has(audience_id, part):
            return Receipt(Settlement.SETTLED, len(rows), settled=len(rows))
        name = f"{part.session_id} {part.ordinal}"
        return self._sent(
            "refresh", Operation.ADD, audience_id, name, rows, lambda fault: self._part(fault, audience_id, rows, part)
        )

    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:
        self.nemesis.at("refresh end")
        self._refuse(self.nemesis.call(READING))
        session = self.sessions[audience_id]
        if self.state.is_pending(PLATFORM, session.swap):
            return Receipt(Settlement.PROCESSING, 0)
        is_done = session.whole and session.id == last.session_id
        return Receipt(Settlement.SETTLED if is_done else Settlement.UNKNOWN, 0)

    def _take(
        self, fault: Fault | None, operation: Operation, audience_id: str, rows: tuple[Row, ...]
    ) -> Receipt | None:
        self.tend(audience_id)
        session = self.sessions.get(audience_id)
        if session is not None and not session.swap:
            raise RetryableError("this list is being replaced")
        return super()._take(fault, operation, audience_id, rows)

    def _part(
        self, fault: Fault | None, audience_id: str, rows: tuple[Row, ...], part: ReplacementPart
    ) -> Receipt | None:
        """A part arrives, or does not."""
        sent, rng = len(rows), self.nemesis.rng
        if fault is Fault.LOST_BEFORE:
            return None
        if fault is Fault.PARTIAL:
            return Receipt(Settlement.UNKNOWN, sent, unknown=sent)
        session = self._session(audience_id, part)
        session.parts.append(rows)
        if part.last:
            session.whole = fault is not Fault.SLOW or rng.random() < SLOW_AND_WHOLE
            self._swap(audience_id, session, self._delay_seconds(fault))
        lost = fault in (Fault.LOST_AFTER, Fault.LATE)
        return None if lost else Receipt(Settlement.SETTLED, sent, settled=sent)

    def _session(self, audience_id: str, part: ReplacementPart) -> Session:
        """The session a part goes on with, or begins."""
        self.tend(audience_id)
        session = self.sessions.get(audience_id)
        if session is not None and not session.swap and session.id != part.session_id:
            raise RetryableError("this list is being replaced")
        if part.ordinal == 1 and (session is None or session.id != part.session_id):
            session = self.sessions[audience_id] = Session(part.session_id, self.state.clock.now())
        if session is None or session.swap or session.id != part.session_id or part.ordinal != len(session.parts) + 1:
            raise PermanentRefusalError("this session cannot go on")
        return session

    def _has(self, audience_id: str, part: ReplacementPart) -> bool:
        session = self.sessions.get(audience_id)
        return session is not None and session.id == part.session_id and part.ordinal <= len(session.parts)

    def _swap(self, audience_id: str, session: Session, seconds: float) -> None:
        """The end: what has come takes the old list's place, or is thrown away where that takes hours and fails."""
        session.swap = self._request()
        everybody = [row.identifiers for part in session.parts for row in part]
        if session.whole or not seconds:
            self.state.clear_members(PLATFORM, audience_id, session.swap, seconds)
            self.state.add_members(PLATFORM, audience_id, everybody, session.swap, seconds)
        else:
            self.state.add_members(PLATFORM, audience_id, (), session.swap, seconds)
        self.state.settle()


@dataclass
class ReplacingInPhases(SimulatedDestination):
    """Parts are uploads like others; the end takes out whoever was last added before the refresh began."""

    ends: dict[str, bool] = field(default_factory=dict)  # request -> whether it does in the end what it should

    replaces_at_once = False

    def replace(self, audience_id: str, members: pa.Table, part: ReplacementPart) -> Receipt:
        rows, name = tuple(rows_of(members)), f"{part.session_id} {part.ordinal}"
        return self._sent(
            "refresh",
            Operation.ADD,
            audience_id,
            name,
            rows,
            lambda fault: self._take(fault, Operation.ADD, audience_id, rows),
        )

    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:
        if request_id:
            return self._asked(request_id)
        self.nemesis.at("refresh end: before effect")
        fault = self.nemesis.call(ENDING)
        self._refuse(fault)
        request, rng = self._request(), self.nemesis.rng
        self.ends[request] = fault is not Fault.SLOW or rng.random() < SLOW_AND_WHOLE
        if self.ends[request] and fault is not Fault.LOST_BEFORE:
            self.state.clear_members(PLATFORM, audience_id, request, self._delay_seconds(fault), last.started_at)
            self.state.settle()
        self.nemesis.at("refresh end: after effect")
        if fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATE):
            raise OutcomeUnknownError("no answer")
        return self._asked(request)

    def _asked(self, request: str) -> Receipt:
        self.nemesis.at("refresh end")
        self._refuse(self.nemesis.call(READING))
        if self.state.is_pending(PLATFORM, request):
            return Receipt(Settlement.PROCESSING, 0, request_id=request)
        return Receipt(Settlement.SETTLED if self.ends[request] else Settlement.UNKNOWN, 0)
