"""What platforms allow outlives the process: asked of both ledgers, and of the memory of a process."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from activator.config.allowances import ProcessAllowances
from activator.ledger.schema import platform_uses, platform_waits
from activator.ledger.store import Ledger, LedgerReader
from activator.ports import Allowances
from tests.clocks import ManualClock
from tests.contract.ledger_places import place_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgres"])
def another(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[], LedgerReader]]:
    """Opens the same ledger as another process would."""
    place = place_of(request, tmp_path, request.param)
    opened: list[LedgerReader] = []

    def process() -> LedgerReader:
        opened.append(LedgerReader(place, clock))
        return opened[-1]

    yield process
    for ledger in opened:
        ledger.close()


@pytest.fixture(params=["sqlite", "postgres", "process"])
def allowances(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Allowances]:
    if request.param == "process":
        yield ProcessAllowances(clock)
        return
    with closing(Ledger(place_of(request, tmp_path, request.param), clock)) as ledger:
        yield ledger.allowances


def test_a_wait_lasts_until_it_is_over_and_is_never_shortened(allowances: Allowances, clock: ManualClock) -> None:
    until = clock.now() + HOUR
    allowances.wait("meta act_1 ads", until)
    allowances.wait("meta act_1 ads", until - timedelta(minutes=5))
    allowances.wait("meta act_2 ads", until - timedelta(minutes=5))
    assert allowances.waits() == {"meta act_1 ads": until, "meta act_2 ads": until - timedelta(minutes=5)}
    clock.advance(minutes=56)
    assert allowances.waits() == {"meta act_1 ads": until}
    clock.advance(minutes=4)
    assert allowances.waits() == {}
    allowances.wait("meta act_1 ads", clock.now() + HOUR)
    assert allowances.waits() == {"meta act_1 ads": clock.now() + HOUR}


def test_a_ration_is_used_up_and_comes_back_as_time_passes(allowances: Allowances, clock: ManualClock) -> None:
    began = clock.now()
    assert allowances.use("google operations", 3, 10, DAY) is None
    clock.advance(hours=1)
    assert allowances.use("google operations", 6, 10, DAY) is None
    assert allowances.use("google operations", 2, 10, DAY) == began + DAY, "the first three suffice"
    assert allowances.use("google operations", 5, 10, DAY) == clock.now() + DAY, "they do not"
    assert allowances.used("google operations", DAY) == 9, "what was not allowed is not counted"
    assert allowances.use("another", 10, 10, DAY) is None
    clock.advance(hours=23)
    assert allowances.used("google operations", DAY) == 6
    assert allowances.use("google operations", 4, 10, DAY) is None


def test_more_than_is_ever_allowed_at_once_is_refused_without_a_fault(
    allowances: Allowances, clock: ManualClock
) -> None:
    assert allowances.use("google operations", 11, 10, DAY) == clock.now() + DAY
    assert allowances.used("google operations", DAY) == 0


def test_another_process_waits_and_counts_as_well(another: Callable[[], LedgerReader], clock: ManualClock) -> None:
    first, second = another().allowances, another().allowances
    first.wait("meta act_1 ads", clock.now() + HOUR)
    assert second.waits() == {"meta act_1 ads": clock.now() + HOUR}
    assert [each.use("budget of 700", 1, 4, HOUR) for each in (first, second, first, second)] == [None] * 4
    assert first.use("budget of 700", 1, 4, HOUR) == clock.now() + HOUR


def test_what_is_over_is_not_kept(another: Callable[[], LedgerReader], clock: ManualClock) -> None:
    ledger = another()
    for number in range(40):
        ledger.allowances.wait(f"meta act_{number} ads", clock.now() + HOUR)
        ledger.allowances.use(f"budget of {number}", 1, 4, HOUR)
        ledger.allowances.use("google operations", 1, 100, DAY)
        clock.advance(days=2)
    with ledger.reading() as connection:
        assert len(connection.execute(platform_waits.select()).all()) == 1
        assert len(connection.execute(platform_uses.select()).all()) < 20
