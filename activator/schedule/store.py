"""What the daemon needs from the ledger: one row per slot, whose unique key decides who runs it."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol


class SlotState(StrEnum):
    """Where a slot stands. DONE, FAILED, SKIPPED and STARTED are final; the other two can be claimed again.

    STARTED is the mark left when a schedule is first seen: nothing older is owed. PARKED is a run that stopped early,
    on request, and goes on at the next start.
    """

    STARTED = "started"
    CLAIMED = "claimed"
    PARKED = "parked"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class SlotStore(Protocol):
    """The slot table. Instants are UTC. Called from more than one thread, but never by two at once.

    Every method raises LedgerError when the ledger cannot be trusted; the daemon then runs nothing.
    """

    def recorded_until(self, schedule: str, now: datetime) -> datetime:
        """The instant of the schedule's newest slot in a final state. Later slots are owed.

        The first call for a schedule records `now` as STARTED and returns it.
        """
        ...

    def claim(
        self, schedule: str, instant: datetime, local_date: date, now: datetime, holder: str, lease: timedelta
    ) -> bool:
        """Take a slot until now + lease. True for exactly one caller.

        A slot can be taken when it has no row yet, is PARKED, or is CLAIMED with a lease that ended before `now`.
        """
        ...

    def renew(self, schedule: str, instant: datetime, now: datetime, holder: str, lease: timedelta) -> bool:
        """Extend holder's claim to now + lease; False when holder no longer has it."""
        ...

    def finish(
        self, schedule: str, instant: datetime, now: datetime, holder: str, state: SlotState, detail: str
    ) -> None:
        """Record how a claimed slot ended: DONE, FAILED or PARKED. No effect when holder no longer has it."""
        ...

    def skip(self, schedule: str, instant: datetime, local_date: date, now: datetime, reason: str) -> None:
        """Record that a slot will not be run. No effect on a final row or one whose lease is still running."""
        ...
