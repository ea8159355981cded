"""The sandbox's platform model: objects, members as sets of identifiers, uploads that settle later."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.state import PlatformState
from tests.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def state(tmp_path: Path, clock: ManualClock) -> Iterator[PlatformState]:
    opened = PlatformState(tmp_path, clock)
    yield opened
    opened.close()


def people(*numbers: int) -> list[frozenset[str]]:
    return [frozenset({f"EMAIL:{number}", f"PHONE:{number}"}) for number in numbers]


class TestObjects:
    def test_ids_are_digits_and_grow(self, state: PlatformState) -> None:
        ids = [state.new_id() for _ in range(3)]
        assert all(made.isdecimal() for made in ids)
        assert sorted(ids, key=int) == ids

    def test_an_object_keeps_its_place_when_it_changes(self, state: PlatformState) -> None:
        for name in ("a", "b"):
            state.put("meta", "ad", name, {"id": name})
        state.put("meta", "ad", "a", {"id": "a", "status": "PAUSED"})
        assert state.list("meta", "ad") == [{"id": "a", "status": "PAUSED"}, {"id": "b"}]
        assert state.list("google", "ad") == []

    def test_what_is_read_is_a_copy(self, state: PlatformState) -> None:
        state.put("meta", "ad", "a", {"names": []})
        found = state.get("meta", "ad", "a")
        assert found is not None
        found["names"].append("changed")
        assert state.get("meta", "ad", "a") == {"names": []}

    def test_a_deleted_object_is_gone(self, state: PlatformState) -> None:
        state.put("meta", "ad", "a", {})
        state.delete("meta", "ad", "a")
        assert state.get("meta", "ad", "a") is None

    def test_a_failed_transaction_leaves_nothing(self, state: PlatformState) -> None:
        def fail() -> None:
            with state.transaction():
                state.put("meta", "ad", "a", {})
                state.add_members("meta", "1", people(1))
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        assert state.list("meta", "ad") == []
        assert state.settle(everything=True) == 0


class TestMembers:
    def test_an_identical_member_is_the_same_member(self, state: PlatformState) -> None:
        state.add_members("meta", "1", people(1, 2))
        state.add_members("meta", "1", [("PHONE:1", "EMAIL:1"), ("EMAIL:1",)])
        state.settle(everything=True)
        assert state.members("meta", "1") == {*people(1, 2), frozenset({"EMAIL:1"})}

    def test_a_removal_takes_everybody_who_shares_an_identifier(self, state: PlatformState) -> None:
        state.add_members("meta", "1", [*people(1, 2), frozenset({"PHONE:1", "EMAIL:9"})])
        state.remove_members("meta", "1", [frozenset({"PHONE:1", "EMAIL:unknown"})])
        state.settle(everything=True)
        assert state.members("meta", "1") == set(people(2))

    def test_somebody_removed_can_come_back_and_go_again(self, state: PlatformState) -> None:
        for _ in range(2):
            state.add_members("meta", "1", people(1))
            state.remove_members("meta", "1", [{"EMAIL:1"}])
        state.settle(everything=True)
        assert state.member_count("meta", "1") == 0

    def test_audiences_and_platforms_are_apart(self, state: PlatformState) -> None:
        for platform, audience in (("meta", "1"), ("meta", "2"), ("google", "1")):
            state.add_members(platform, audience, people(1))
        state.remove_members("meta", "1", people(1))
        state.settle(everything=True)
        counts = [state.member_count(*where) for where in (("meta", "1"), ("meta", "2"), ("google", "1"))]
        assert counts == [0, 1, 1]

    def test_clearing_keeps_its_place_among_uploads(self, state: PlatformState) -> None:
        state.add_members("meta", "1", people(1))
        state.clear_members("meta", "1")
        state.add_members("meta", "1", people(2))
        state.settle(everything=True)
        assert state.members("meta", "1") == set(people(2))

    def test_a_dropped_audience_forgets_pending_uploads_too(self, state: PlatformState) -> None:
        state.add_members("meta", "1", people(1))
        state.settle(everything=True)
        state.add_members("meta", "1", people(2))
        state.drop_audience("meta", "1")
        assert state.settle(everything=True) == 0
        assert state.member_count("meta", "1") == 0

    def test_many_members_can_be_added_and_removed(self, state: PlatformState) -> None:
        everybody = people(*range(30_000))
        for start in range(0, 30_000, 10_000):
            state.add_members("meta", "1", everybody[start : start + 10_000])
        state.remove_members("meta", "1", everybody[5_000:15_000])
        state.settle(everything=True)
        assert state.members("meta", "1") == {*everybody[:5_000], *everybody[15_000:]}


class TestSettling:
    def test_an_upload_is_pending_until_its_time(self, state: PlatformState, clock: ManualClock) -> None:
        state.add_members("google", "1", people(1), request_id="r1")
        assert state.is_pending("google", "r1")
        assert state.member_count("google", "1") == 0
        clock.advance(seconds=0.31)
        assert not state.is_pending("google", "r1")
        assert state.member_count("google", "1") == 1

    def test_a_slow_upload_lands_after_a_quick_one(self, state: PlatformState, clock: ManualClock) -> None:
        state.add_members("meta", "1", people(1), settle_seconds=60)
        state.remove_members("meta", "1", people(1), settle_seconds=0)
        clock.advance(seconds=1)
        assert state.member_count("meta", "1") == 0
        clock.advance(seconds=60)
        assert state.member_count("meta", "1") == 1

    def test_pending_uploads_survive_a_restart(self, tmp_path: Path, clock: ManualClock) -> None:
        first = PlatformState(tmp_path / "kept", clock)
        first.add_members("meta", "1", people(1))
        first.close()
        clock.advance(seconds=1)
        second = PlatformState(tmp_path / "kept", clock)
        assert second.members("meta", "1") == set(people(1))
        second.close()


def test_threads_take_turns(state: PlatformState) -> None:
    made: list[str] = []

    def work() -> None:
        for _ in range(50):
            with state.transaction():
                made.append(state.new_id())
                state.put("meta", "ad", made[-1], {})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(state.list("meta", "ad")) == 200


def test_calls_are_kept_in_order_and_by_platform(state: PlatformState) -> None:
    state.record_call("meta", "POST users", {"rows": 3})
    state.record_call("google", "Search")
    assert [call.method for call in state.calls()] == ["POST users", "Search"]
    assert [call.detail for call in state.calls("meta")] == [{"rows": 3}]
