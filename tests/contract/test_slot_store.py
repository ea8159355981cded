"""What the daemon relies on, asked of the ledger's slot table and of the in-memory one the daemon's tests use."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from activator.config.project import RunKind
from activator.ledger.slots import LedgerSlots
from activator.ledger.store import Ledger
from activator.schedule.daemon import Daemon
from activator.schedule.slots import Slot
from activator.schedule.stop import StopSignal
from activator.schedule.store import SlotState, SlotStore
from tests.contract.ledger_places import place_of
from tests.unit.slot_store import MemoryStore
from tests.unit.test_daemon import NIGHTLY, HandClock

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DUE = NOW + timedelta(hours=14, minutes=30)
DAY = date(2026, 5, 2)
LEASE = timedelta(minutes=3)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SlotStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    ledger = Ledger(place_of(request, tmp_path, request.param), HandClock())
    yield LedgerSlots(ledger)
    ledger.close()


def claim(store: SlotStore, now: datetime, holder: str = "one") -> bool:
    return store.claim("nightly", DUE, DAY, now, holder, LEASE)


def test_a_schedule_begins_when_it_is_first_seen(store: SlotStore) -> None:
    assert store.recorded_until("nightly", NOW) == NOW
    assert store.recorded_until("nightly", NOW + timedelta(days=3)) == NOW
    assert store.recorded_until("other", NOW + timedelta(days=3)) == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("state", "recorded"), [(SlotState.DONE, DUE), (SlotState.FAILED, DUE), (SlotState.PARKED, NOW)]
)
def test_only_final_states_count_as_recorded(store: SlotStore, state: SlotState, recorded: datetime) -> None:
    store.recorded_until("nightly", NOW)
    assert claim(store, DUE)
    assert store.recorded_until("nightly", DUE) == NOW
    store.finish("nightly", DUE, DUE + MINUTE, "one", state, "said")
    assert store.recorded_until("nightly", DUE + MINUTE) == recorded


def test_a_slot_is_claimed_once(store: SlotStore) -> None:
    assert claim(store, DUE)
    assert not claim(store, DUE + MINUTE, "two")
    store.finish("nightly", DUE, DUE + MINUTE, "one", SlotState.DONE, "")
    assert not claim(store, DUE + timedelta(days=1), "two")


def test_a_parked_slot_is_free_at_once(store: SlotStore) -> None:
    assert claim(store, DUE)
    store.finish("nightly", DUE, DUE, "one", SlotState.PARKED, "")
    assert claim(store, DUE, "two")


def test_a_lease_that_ended_frees_the_slot_and_its_old_holder_is_told(store: SlotStore) -> None:
    assert claim(store, DUE)
    assert not claim(store, DUE + LEASE, "two")
    assert claim(store, DUE + LEASE + MINUTE, "two")
    assert not store.renew("nightly", DUE, DUE + LEASE + MINUTE, "one", LEASE)
    store.finish("nightly", DUE, DUE + LEASE + MINUTE, "one", SlotState.DONE, "too late")
    assert not claim(store, DUE + LEASE + 2 * MINUTE, "three")
    assert store.recorded_until("nightly", NOW) == NOW


def test_renewing_keeps_the_slot(store: SlotStore) -> None:
    assert claim(store, DUE)
    assert store.renew("nightly", DUE, DUE + 2 * MINUTE, "one", LEASE)
    assert not claim(store, DUE + 4 * MINUTE, "two")
    assert claim(store, DUE + 6 * MINUTE, "two")


def test_skipping_is_final_but_spares_what_is_running(store: SlotStore) -> None:
    store.recorded_until("nightly", NOW)
    assert claim(store, DUE)
    store.skip("nightly", DUE, DAY, DUE + MINUTE, "missed")
    assert store.recorded_until("nightly", DUE) == NOW
    store.skip("nightly", DUE, DAY, DUE + LEASE + MINUTE, "missed")
    assert store.recorded_until("nightly", DUE) == DUE
    assert not claim(store, DUE + timedelta(hours=1))


def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    def race(number: int) -> bool:
        ledger = Ledger(tmp_path / "state", HandClock())
        try:
            return claim(LedgerSlots(ledger), DUE, f"holder {number}")
        finally:
            ledger.close()

    Ledger(tmp_path / "state", HandClock()).close()
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(8))) == [False] * 7 + [True]


def test_the_daemon_runs_on_it(store: SlotStore) -> None:
    clock, ran = HandClock(), list[str]()

    def run(slot: Slot, stop: StopSignal) -> str:
        ran.append(slot.local_date.isoformat())
        return "done"

    daemon = Daemon((NIGHTLY,), store, clock, {RunKind.SYNC: run}, StopSignal())
    daemon.tick()
    for day in (2, 3, 6):
        clock.at(day, 3)
        daemon.tick()
        daemon.run_next()
        daemon.tick()
    assert ran == ["2026-05-02", "2026-05-03", "2026-05-06"]
    assert not daemon.run_next()
