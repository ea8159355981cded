"""The daemon: every tick asks what is due, claims it in the ledger, and runs it; one run at a time.

Every process may tick: the slot row's key decides who runs. A claim carries a lease that ticks renew while the run
goes on; a lease that ran out is resumable work, not lost work.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

from activator.config.project import RunKind
from activator.errors import ActivatorError
from activator.ports import Clock
from activator.schedule.slots import Slot, Timetable, decide, slots
from activator.schedule.stop import RunParkedError, StopSignal
from activator.schedule.store import SlotState, SlotStore
from activator.schedule.ticker import Ticker

log = logging.getLogger("activator.schedule")

TICK_SECONDS = 20.0
LEASE = timedelta(seconds=180)  # renewed at every tick, so several may fail before another process takes over
LOOK_SECONDS = 0.5  # how soon an idle daemon notices a stop

Runner: TypeAlias = Callable[[Slot, StopSignal], str]
"""Does one run and returns a short account of it.

Raises ActivatorError (recorded, the daemon goes on) or RunParkedError (asked to stop; resumed at the next start).
"""


class Daemon:
    """The state of one process: what it has claimed, and whether it is running it. See `serve`."""

    def __init__(
        self,
        schedules: Sequence[Timetable],
        store: SlotStore,
        clock: Clock,
        runners: Mapping[RunKind, Runner],
        stop: StopSignal,
        health_file: Path | None = None,
    ) -> None:
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._store = store
        self._clock = clock
        self._runners = runners
        self._stop = stop
        self._health_file = health_file
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.Lock()  # the store is never used by two threads at once
        self._mine: Slot | None = None
        self._inbox: SimpleQueue[Slot | Exception] = SimpleQueue()

    def tick(self) -> None:
        """Renew the claim of the run going on, or else claim the oldest slot that is due. Called by the clock."""
        try:
            with self._lock:
                if self._mine is not None:
                    self._renew(self._mine)
                elif not self._stop.is_set():
                    self._claim_one()
            if self._health_file is not None:
                self._health_file.touch()
        except ActivatorError as error:
            log.error("tick_failed", extra={"fields": _described(error)})  # noqa: TRY400 - a traceback may quote data
        except Exception as error:  # noqa: BLE001 - a fault of ours must end the daemon, not die in a worker thread
            self._inbox.put(error)

    def run_next(self, wait_seconds: float = 0.0) -> bool:
        """Run what a tick has claimed; False when nothing came within wait_seconds.

        Raises whatever unexpected fault a tick met.
        """
        try:
            claimed = self._inbox.get(timeout=wait_seconds) if wait_seconds else self._inbox.get_nowait()
        except Empty:
            return False
        if isinstance(claimed, Exception):
            raise claimed
        state, detail = self._run(claimed)
        with self._lock:
            self._mine = None
            self._record(claimed, state, detail)
        return True

    def _claim_one(self) -> None:
        for slot in self._due():
            if self._store.claim(slot.schedule, slot.instant, slot.local_date, self._clock.now(), self._holder, LEASE):
                self._mine = slot
                self._inbox.put(slot)
                return

    def _due(self) -> Iterator[Slot]:
        """The slots to run now, oldest first; the others that are due are recorded as skipped."""
        now = self._clock.now()
        runnable: list[Slot] = []
        for schedule in self._schedules.values():
            due = slots(schedule, self._store.recorded_until(schedule.name, now), now)
            decision = decide(due, now, schedule.catch_up_hours)
            for skipped in decision.skipped:
                slot = skipped.slot
                self._store.skip(slot.schedule, slot.instant, slot.local_date, now, skipped.reason)
                log.warning("slot_skipped", extra={"fields": {**_named(slot), "reason": skipped.reason}})
            if decision.run is not None:
                runnable.append(decision.run)
        return iter(sorted(runnable, key=lambda slot: slot.instant))

    def _renew(self, slot: Slot) -> None:
        if not self._store.renew(slot.schedule, slot.instant, self._clock.now(), self._holder, LEASE):
            log.warning("lease_lost", extra={"fields": {**_named(slot), "holder": self._holder}})

    def _run(self, slot: Slot) -> tuple[SlotState, str]:
        if self._stop.is_set():
            return SlotState.PARKED, "stopped before it began"
        kind = self._schedules[slot.schedule].run
        log.info("run_started", extra={"fields": {**_named(slot), "run": kind}})
        try:
            return SlotState.DONE, self._runners[kind](slot, self._stop)
        except RunParkedError as parked:
            return SlotState.PARKED, str(parked)
        except ActivatorError as error:
            log.error("run_failed", extra={"fields": {**_named(slot), **_described(error)}})  # noqa: TRY400 - as above
            return SlotState.FAILED, error.message
        except Exception as error:  # noqa: BLE001 - a fault in one kind of run must not stop the others
            fields = {**_named(slot), "error": type(error).__name__, "place": _place(error)}
            log.critical("run_broke", extra={"fields": fields})
            return SlotState.FAILED, f"unexpected {type(error).__name__} at {_place(error)}"

    def _record(self, slot: Slot, state: SlotState, detail: str) -> None:
        try:
            now = self._clock.now()
            self._store.finish(slot.schedule, slot.instant, now, self._holder, state, detail)
        except ActivatorError as error:  # the lease runs out and the slot is taken up again
            log.error("slot_not_recorded", extra={"fields": {**_named(slot), **_described(error)}})  # noqa: TRY400
        else:
            log.info("run_ended", extra={"fields": {**_named(slot), "state": state, "detail": detail}})


def serve(
    schedules: Sequence[Timetable],
    store: SlotStore,
    clock: Clock,
    runners: Mapping[RunKind, Runner],
    stop: StopSignal,
    tick_seconds: float = TICK_SECONDS,
    health_file: Path | None = None,
) -> None:
    """Run what is due until `stop` is set; then let the run going on finish or park, and return.

    Runs happen in the calling thread. health_file, if given, is touched at every tick that could use the ledger.
    """
    daemon = Daemon(schedules, store, clock, runners, stop, health_file)
    ticker = Ticker(daemon.tick, tick_seconds)
    log.info("started")
    with _running(ticker):
        while not stop.is_set():
            ticker.revive()
            daemon.run_next(wait_seconds=LOOK_SECONDS)
    while daemon.run_next():  # claimed between the last look and the stop: parked, not left to its lease
        pass
    log.info("stopped")


@contextlib.contextmanager
def _running(ticker: Ticker) -> Iterator[None]:
    ticker.start()
    try:
        yield
    finally:
        ticker.stop()


def _named(slot: Slot) -> dict[str, str]:
    return {
        "schedule": slot.schedule,
        "local_date": slot.local_date.isoformat(),
        "instant": slot.instant.isoformat(),
    }


def _described(error: ActivatorError) -> dict[str, str]:
    return {"error": type(error).__name__, "detail": error.message, "next_step": error.next_step}


def _place(error: Exception) -> str:
    """File and line that raised: enough to find the fault, and nothing of what it was working on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
