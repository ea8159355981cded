"""A slot store in memory, for tests of the daemon: the contract of `SlotStore` in its simplest form."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from activator.errors import LedgerError
from activator.schedule.store import SlotState

FINAL = {SlotState.STARTED, SlotState.DONE, SlotState.FAILED, SlotState.SKIPPED}


@dataclass
class Row:
    state: SlotState
    holder: str = ""
    lease_until: datetime | None = None
    detail: str = ""


@dataclass
class MemoryStore:
    rows: dict[tuple[str, datetime], Row] = field(default_factory=dict)
    broken: bool = False

    def recorded_until(self, schedule: str, now: datetime) -> datetime:
        self._check()
        final = [instant for (name, instant), row in self.rows.items() if name == schedule and row.state in FINAL]
        if not final:
            self.rows[schedule, now] = Row(SlotState.STARTED)
        return max(final, default=now)

    def claim(
        self, schedule: str, instant: datetime, local_date: date, now: datetime, holder: str, lease: timedelta
    ) -> bool:
        self._check()
        if not self._free(self.rows.get((schedule, instant)), now):
            return False
        self.rows[schedule, instant] = Row(SlotState.CLAIMED, holder, now + lease)
        return True

    def renew(self, schedule: str, instant: datetime, now: datetime, holder: str, lease: timedelta) -> bool:
        self._check()
        row = self.rows[schedule, instant]
        row.lease_until = now + lease if row.holder == holder else row.lease_until
        return row.holder == holder

    def finish(
        self, schedule: str, instant: datetime, now: datetime, holder: str, state: SlotState, detail: str
    ) -> None:
        self._check()
        if self.rows[schedule, instant].holder == holder:
            self.rows[schedule, instant] = Row(state, detail=detail)

    def skip(self, schedule: str, instant: datetime, local_date: date, now: datetime, reason: str) -> None:
        self._check()
        if self._free(self.rows.get((schedule, instant)), now):
            self.rows[schedule, instant] = Row(SlotState.SKIPPED, detail=reason)

    def states(self) -> list[tuple[str, str, str]]:
        """(schedule, UTC day and time, state) in order, without the marks of a first start."""
        ordered = sorted(self.rows.items(), key=lambda item: item[0][1])
        return [
            (name, f"{instant:%m-%d %H:%M}", str(row.state))
            for (name, instant), row in ordered
            if row.state is not SlotState.STARTED
        ]

    def _free(self, row: Row | None, now: datetime) -> bool:
        if row is None or row.state is SlotState.PARKED:
            return True
        return row.state is SlotState.CLAIMED and row.lease_until is not None and row.lease_until < now

    def _check(self) -> None:
        if self.broken:
            raise LedgerError("the ledger is locked", "Wait, or stop the other process.")
