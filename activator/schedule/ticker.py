"""The only user of APScheduler: an in-memory clock that calls one function every few seconds, and nothing else.

No persistent store, no cron triggers, no default grace: two schedulers on one store ran 100 due jobs 200 times, cron
lost days around clock changes, and the default grace of 1 s dropped 900 of 1,000 jobs in silence (APScheduler 3.11.3,
docs/adr/0003).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

GRACE_SECONDS = 3600  # a tick this late still counts; what it finds due is decided from the ledger, not from its time
SILENT_TICKS = 3


class Ticker:
    """Calls `tick` every `seconds` from one background thread, never twice at once."""

    def __init__(self, tick: Callable[[], None], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._last = time.monotonic()
        self.scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        self.scheduler.add_job(
            self._run,
            "interval",
            seconds=seconds,
            id="tick",
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=GRACE_SECONDS,
        )

    def start(self) -> None:
        """Tick now, and from now on."""
        self.scheduler.start()

    def stop(self) -> None:
        """Wait for a tick that is going on, then stop."""
        self.scheduler.shutdown(wait=True)

    def revive(self) -> None:
        """Tick now if there has been none for three periods of real time.

        APScheduler plans by the wall clock: set back by an hour, it would otherwise not tick for an hour.
        """
        if time.monotonic() - self._last > SILENT_TICKS * self._seconds:
            self._last = time.monotonic()
            self.scheduler.modify_job("tick", next_run_time=datetime.now(UTC))

    def _run(self) -> None:
        self._last = time.monotonic()
        self._tick()
