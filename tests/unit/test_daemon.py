"""The daemon: one run per slot, failures recorded, stops honoured, nothing lost over crashes and clock steps."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from activator.config.project import RunKind, ScheduleSection
from activator.errors import ConfigurationError, LedgerError
from activator.schedule.daemon import LEASE, Daemon, Runner, serve
from activator.schedule.log import JsonLines
from activator.schedule.slots import Slot, timetable
from activator.schedule.stop import RunParkedError, StopSignal
from activator.schedule.store import SlotState
from activator.schedule.ticker import Ticker
from tests.unit.slot_store import MemoryStore, Row

NIGHTLY = timetable(ScheduleSection.model_validate({"name": "nightly", "run": "sync", "at": "02:30"}), "UTC")
MORNING = timetable(ScheduleSection.model_validate({"name": "morning", "run": "briefing", "at": "07:00"}), "UTC")


class HandClock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        self.instant = datetime(2026, 5, day, hour, minute, tzinfo=UTC)


class House:
    """One project with a nightly sync and a morning briefing, and as many daemons as a test starts."""

    def __init__(self) -> None:
        self.clock, self.store, self.ran = HandClock(), MemoryStore(), list[str]()
        self.stop = StopSignal()
        self.runners: dict[RunKind, Runner] = {RunKind.SYNC: self.note, RunKind.BRIEFING: self.note}

    def note(self, slot: Slot, stop: StopSignal) -> str:
        self.ran.append(f"{slot.schedule} {slot.local_date.day}")
        return "3 added"

    def daemon(self) -> Daemon:
        daemon = Daemon((NIGHTLY, MORNING), self.store, self.clock, self.runners, self.stop)
        daemon.tick()
        return daemon

    def pass_time(self, daemon: Daemon, day: int, hour: int, minute: int = 0) -> None:
        """Move the clock and let the daemon do everything that is due."""
        self.clock.at(day, hour, minute)
        daemon.tick()
        while daemon.run_next():
            daemon.tick()


@pytest.fixture
def house() -> House:
    return House()


def test_nothing_older_than_the_first_start_is_owed(house: House) -> None:
    house.pass_time(house.daemon(), 1, 23)
    assert house.ran == []


def test_each_slot_runs_once_however_often_the_clock_ticks(house: House) -> None:
    daemon = house.daemon()
    for minute in (29, 30, 31, 32):
        house.pass_time(daemon, 2, 2, minute)
    assert house.ran == ["nightly 2"]
    assert house.store.states() == [("nightly", "05-02 02:30", "done")]
    assert house.store.rows["nightly", datetime(2026, 5, 2, 2, 30, tzinfo=UTC)].detail == "3 added"


def test_what_was_missed_is_caught_up_in_its_own_order(house: House) -> None:
    house.pass_time(house.daemon(), 2, 9)
    assert house.ran == ["nightly 2", "morning 2"]


def test_after_days_of_absence_one_run_is_caught_up_and_the_rest_is_recorded(house: House) -> None:
    house.daemon()
    house.pass_time(house.daemon(), 4, 5)
    assert house.ran == ["nightly 4"]
    assert house.store.states() == [
        ("nightly", "05-02 02:30", "skipped"),
        ("morning", "05-02 07:00", "skipped"),
        ("nightly", "05-03 02:30", "skipped"),
        ("morning", "05-03 07:00", "skipped"),
        ("nightly", "05-04 02:30", "done"),
    ]


def test_two_processes_share_the_slots(house: House) -> None:
    first, second = house.daemon(), house.daemon()
    house.clock.at(2, 2, 30)
    first.tick()
    second.tick()
    assert not second.run_next()
    assert first.run_next()
    assert house.ran == ["nightly 2"]


def test_a_clock_set_back_doubles_nothing(house: House) -> None:
    daemon = house.daemon()
    house.pass_time(daemon, 2, 2, 45)
    house.pass_time(daemon, 2, 1, 45)
    house.pass_time(daemon, 2, 2, 45)
    assert house.ran == ["nightly 2"]


def test_a_refused_run_is_recorded_and_the_daemon_goes_on(house: House) -> None:
    def refuse(slot: Slot, stop: StopSignal) -> str:
        raise ConfigurationError("tier `gold` is unknown", "Name one of the tiers.")

    house.runners[RunKind.SYNC] = refuse
    house.pass_time(house.daemon(), 2, 9)
    assert house.ran == ["morning 2"]
    assert house.store.states()[0] == ("nightly", "05-02 02:30", "failed")


def test_an_unexpected_fault_is_recorded_without_its_text(house: House, caplog: pytest.LogCaptureFixture) -> None:
    def break_down(slot: Slot, stop: StopSignal) -> str:
        raise KeyError("anna@example.com")

    house.runners[RunKind.SYNC] = break_down
    with caplog.at_level(logging.INFO, "activator.schedule"):
        house.pass_time(house.daemon(), 2, 9)
    assert house.ran == ["morning 2"]
    detail = house.store.rows["nightly", datetime(2026, 5, 2, 2, 30, tzinfo=UTC)].detail
    assert detail.startswith("unexpected KeyError at test_daemon.py:")
    assert "anna" not in detail + caplog.text + str([vars(record) for record in caplog.records])


def test_a_run_told_to_stop_is_parked_and_goes_on_at_the_next_start(house: House) -> None:
    def stop_early(slot: Slot, stop: StopSignal) -> str:
        house.stop.set()
        raise RunParkedError("2 of 5 batches settled")

    house.runners[RunKind.SYNC] = stop_early
    house.pass_time(house.daemon(), 2, 9)
    assert house.store.states() == [("nightly", "05-02 02:30", "parked")]
    house.stop, house.runners[RunKind.SYNC] = StopSignal(), house.note
    house.pass_time(house.daemon(), 2, 9, 5)
    assert house.ran == ["nightly 2", "morning 2"]


def test_a_slot_claimed_just_before_the_stop_is_parked_unrun(house: House) -> None:
    daemon = house.daemon()
    house.clock.at(2, 3)
    daemon.tick()
    house.stop.set()
    assert daemon.run_next()
    assert house.ran == []
    assert house.store.states() == [("nightly", "05-02 02:30", "parked")]


def test_after_a_kill_the_slot_waits_for_its_lease_and_is_taken_up_again(house: House) -> None:
    killed = house.daemon()
    house.clock.at(2, 3)
    killed.tick()  # claims, and is never heard of again
    house.pass_time(house.daemon(), 2, 3, 1)
    assert house.ran == []
    house.clock.sleep(LEASE.total_seconds())
    later = house.clock.instant
    house.pass_time(house.daemon(), later.day, later.hour, later.minute)
    assert house.ran == ["nightly 2"]


def test_ticks_during_a_long_run_keep_its_lease(house: House) -> None:
    daemon = house.daemon()
    other = house.daemon()

    def long_run(slot: Slot, stop: StopSignal) -> str:
        for _ in range(20):
            house.clock.sleep(LEASE.total_seconds() / 3)
            daemon.tick()
            other.tick()
        return house.note(slot, stop)

    house.runners[RunKind.SYNC] = long_run
    house.clock.at(2, 3)
    daemon.tick()
    daemon.run_next()
    assert not other.run_next()
    assert house.ran == ["nightly 2"]


def test_while_the_ledger_is_broken_nothing_runs_and_nothing_is_lost(house: House) -> None:
    daemon = house.daemon()
    house.store.broken = True
    house.pass_time(daemon, 2, 3)
    assert house.ran == []
    house.store.broken = False
    house.pass_time(daemon, 2, 3, 1)
    assert house.ran == ["nightly 2"]


def test_a_result_that_cannot_be_recorded_leaves_the_slot_to_its_lease(house: House) -> None:
    def break_ledger(slot: Slot, stop: StopSignal) -> str:
        house.store.broken = True
        return "done"

    house.runners[RunKind.SYNC] = break_ledger
    house.pass_time(house.daemon(), 2, 3)
    assert house.store.states() == [("nightly", "05-02 02:30", "claimed")]


def test_a_fault_of_ours_in_a_tick_ends_the_daemon(house: House) -> None:
    daemon = house.daemon()
    house.store.rows[("nightly", "not a date")] = Row(SlotState.DONE)  # type: ignore[index]
    daemon.tick()
    with pytest.raises(TypeError):
        daemon.run_next()


def test_the_health_file_is_touched_only_while_the_ledger_answers(house: House, tmp_path: Path) -> None:
    health = tmp_path / "healthz"
    daemon = Daemon((NIGHTLY,), house.store, house.clock, house.runners, house.stop, health)
    house.store.broken = True
    daemon.tick()
    assert not health.exists()
    house.store.broken = False
    daemon.tick()
    assert health.exists()


def test_served_by_the_real_scheduler_a_due_slot_runs_once(house: House) -> None:
    def then_stop(slot: Slot, stop: StopSignal) -> str:
        stop.set()
        return house.note(slot, stop)

    house.runners[RunKind.SYNC] = then_stop
    house.daemon()
    house.clock.at(2, 3)
    serve((NIGHTLY,), house.store, house.clock, house.runners, house.stop, tick_seconds=0.02)
    assert house.ran == ["nightly 2"]
    assert house.store.states() == [("nightly", "05-02 02:30", "done")]


def test_the_ticker_revives_itself_when_the_wall_clock_was_set_back() -> None:
    stop, ticks = StopSignal(), list[int]()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) > 1:
            stop.set()

    ticker = Ticker(tick, seconds=0.01)
    ticker.scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(days=1))
    ticker.start()
    while not stop.wait(0.02):
        ticker.scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(days=1))
        ticker.revive()
        stop.wait(0.02)
    ticker.stop()
    assert len(ticks) > 1


WAITING_DAEMON = """
import sys
from activator.config.project import RunKind
from activator.schedule.daemon import serve
from activator.schedule.log import log_to
from activator.schedule.stop import RunParkedError, StopSignal, stop_on_signals
from tests.unit.slot_store import MemoryStore
from tests.unit.test_daemon import NIGHTLY, HandClock

def run(slot, stop):
    stop.wait(600)
    raise RunParkedError("1 of 3 batches settled")

log_to(sys.stdout)
clock, store, stop = HandClock(), MemoryStore(), StopSignal()
store.recorded_until("nightly", clock.now())
clock.at(2, 3)
with stop_on_signals(stop):
    serve((NIGHTLY,), store, clock, {RunKind.SYNC: run}, stop, tick_seconds=0.05)
print(store.states())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_parks_the_run_and_the_process_exits_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-c", WAITING_DAEMON]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    events = [json.loads(process.stdout.readline())["event"] for _ in range(2)]
    assert events == ["started", "run_started"]
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    *lines, states = output.splitlines()
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in lines] == ["run_ended", "stopped"]
    assert json.loads(lines[0])["state"] == "parked"
    assert states == "[('nightly', '05-02 02:30', 'parked')]"


class TestLogLines:
    def lines(self, say: Callable[[logging.Logger], None]) -> list[dict[str, str]]:
        stream, logger = StringIO(), logging.getLogger("tests.log_lines")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonLines())
        logger.handlers[:] = [handler]
        say(logger)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    def test_only_allowed_fields_are_written(self) -> None:
        (line,) = self.lines(
            lambda logger: logger.info("run_ended", extra={"fields": {"state": "done", "email": "a@b.example"}})
        )
        assert (line["event"], line["state"], line["level"]) == ("run_ended", "done", "info")
        assert "email" not in line

    def test_arguments_and_exception_texts_stay_out(self) -> None:
        def say(logger: logging.Logger) -> None:
            try:
                MemoryStore(broken=True).recorded_until("secret-1", datetime.now(UTC))
            except LedgerError:
                logger.exception("calling %s", "https://x.example/?token=secret-2")

        (line,) = self.lines(say)
        assert "secret" not in json.dumps(line)
        assert line["error"] == "LedgerError"

    def test_line_breaks_in_a_field_stay_one_line(self) -> None:
        (line,) = self.lines(lambda logger: logger.info("x", extra={"fields": {"detail": 'a\n{"event": "forged"}'}}))
        assert line["detail"] == 'a\n{"event": "forged"}'
