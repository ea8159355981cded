"""A full refresh against a platform that dies, refuses and forgets: the list is whole in the end, and known to be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from activator.apply import replacement
from activator.apply.context import LEASE_NAME
from activator.apply.result import ChangeState
from activator.errors import (
    ConfigurationError,
    LeaseLostError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RetryableError,
)
from activator.ledger import lease
from activator.model.delivery import Receipt, ReplacementPart, Settlement
from activator.model.plan import ReplaceMembers
from activator.ports import ReplacingDestination
from tests.integration.test_membership_protocol import HIGH, World
from tests.platform import MemoryDestination

REFRESH = frozenset({HIGH.key})


class Died(BaseException):
    """The process is gone."""


@dataclass
class Replacing(MemoryDestination):
    """at_once: as Meta, the last part swaps the list; else as Google, people are added, and the end takes others out.

    ends: what completing answers, one after the other; SETTLED when there are none. dies: before (or, negative, after)
    the part of this number has arrived; meanwhile: happens once, while the first part is on its way.
    """

    replaces_at_once: bool = True
    ends: list[Settlement] = field(default_factory=list)
    dies: int = 0
    meanwhile: Callable[[], object] | None = None
    parts: dict[int, dict[int, list[frozenset[str]]]] = field(default_factory=dict)

    def replace(self, audience_id: str, members: pa.Table, part: ReplacementPart) -> Receipt:
        if part.ordinal == self.dies:
            self.dies = 0
            raise Died
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self._meet_fault(lambda: None)
        self.calls.append(f"part {part.ordinal} of {part.rows_total}" + " again" * part.again + " last" * part.last)
        people = [frozenset({name}) for name in members["EMAIL"].to_pylist()]
        session = self.parts.setdefault(part.session_id, {})
        assert sorted(session) == list(range(1, len(session) + 1))
        session[part.ordinal] = people
        if not self.replaces_at_once:
            self.rows[audience_id] = list({*self.rows[audience_id], *people})
        elif part.last:
            self.rows[audience_id] = self._everybody(part)
        if part.ordinal == -self.dies:
            self.dies = 0
            raise Died
        return Receipt(Settlement.SETTLED, len(people), settled=len(people))

    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:
        self.calls.append(f"end {request_id}".rstrip())
        end = self.ends.pop(0) if self.ends else Settlement.SETTLED
        if end is Settlement.SETTLED and not self.replaces_at_once:
            self.rows[audience_id] = self._everybody(last)
        return Receipt(end, 0, request_id="the end")

    def _everybody(self, part: ReplacementPart) -> list[frozenset[str]]:
        return [
            person for ordinal in sorted(self.parts[part.session_id]) for person in self.parts[part.session_id][ordinal]
        ]

    def sent(self) -> list[str]:
        """What was asked of the platform, without looking."""
        return [call for call in self.calls if call.startswith(("part", "end", "add", "remove"))]


@pytest.fixture(params=[True, False], ids=["at once", "one after the other"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """A list of a, b, c and x, of whom x is to leave; somebody else has put in z."""
    platform = Replacing(replaces_at_once=request.param)
    assert isinstance(platform, ReplacingDestination)
    made = World(tmp_path, platform=platform)
    made.apply(made.plan({"a", "b", "c", "x"}))
    platform.rows[platform.objects[HIGH.key].platform_id].append(frozenset({"z"}))
    platform.calls.clear()
    return made


def go_on(world: World) -> None:
    """What every sync does first."""
    with world.ledger.writing() as connection:
        held = lease.take(connection, world.clock, LEASE_NAME, "test:1")
    replacement.go_on(world.ledger, held, {"meta": world.platform})


def platform_of(world: World) -> Replacing:
    assert isinstance(world.platform, Replacing)
    return world.platform


def nothing_left(world: World, people: Sequence[str]) -> None:
    again = world.plan(set(people))
    assert (again.removes, again.adds, again.adds_after) == ((), (), ())
    assert world.platform.emails(HIGH.key) == set(people)


def test_everybody_is_sent_in_parts_and_nobody_else_is_left(world: World) -> None:
    plan = world.plan({"a", "b", "c", "d", "e"}, refreshing=REFRESH)

    assert (plan.removes, plan.adds) == ((), ())
    (change,) = plan.replaced
    assert (change.rows, [part.rows for part in change.batches], [gone.rows for gone in change.leaving]) == (
        5,
        [2, 2, 1],
        [1],
    )
    (state,) = [state for state in plan.states if state.audience_key == HIGH.key]
    assert (state.believed, state.adds, state.removes) == (4, 2, 1)
    result = world.apply(plan)

    assert result.complete
    (row,) = [row for row in result.results if row.sent]
    assert (row.subject, row.state, row.sent, row.settled) == ("refresh audience high", ChangeState.DONE, 5, 5)
    assert platform_of(world).sent() == ["part 1 of 5", "part 2 of 5", "part 3 of 5 last", "end"]
    nothing_left(world, "abcde")


@pytest.mark.parametrize("dies", [1, -1, 2, -2, 3, -3])
def test_killed_at_any_part_the_same_plan_goes_on_with_what_is_missing(world: World, dies: int) -> None:
    platform = platform_of(world)
    platform.dies = dies
    plan = world.plan(set("abcde"), refreshing=REFRESH)
    with pytest.raises(Died):
        world.apply(plan)

    assert world.apply(plan).complete

    sent = platform.sent()
    assert [call.split(" of ")[0] for call in sent if "again" not in call and call != "end"] == [
        f"part {n}" for n in (1, 2, 3) if n != dies
    ]
    assert sum("again" in call for call in sent) == 1  # the part in doubt says so, and no other is sent twice
    assert world.apply(plan).results[-1].state is ChangeState.ALREADY
    nothing_left(world, "abcde")


@pytest.mark.parametrize("dies", [1, -1, 2, -2, 3, -3])
def test_killed_at_any_part_a_fresh_plan_puts_right_whatever_is_in_doubt(world: World, dies: int) -> None:
    platform_of(world).dies = dies
    with pytest.raises(Died):
        world.apply(world.plan(set("abcde"), refreshing=REFRESH))

    go_on(world)
    world.apply(world.plan(set("abcde")))
    world.clock.advance(hours=25)
    world.apply(world.plan(set("abcde")))

    assert set("abcde") <= world.platform.emails(HIGH.key) <= set("abcdez")
    assert "x" not in world.platform.emails(HIGH.key)
    again = world.plan(set("abcde"))
    assert (again.removes, again.adds, again.adds_after) == ((), (), ())


def test_while_a_list_given_up_may_still_land_only_who_is_in_it_is_added(world: World) -> None:
    platform = platform_of(world)
    platform.dies = -3
    with pytest.raises(Died):
        world.apply(world.plan(set("abcde"), refreshing=REFRESH))
    go_on(world)

    plan = world.plan(set("abcdef"))
    waiting = sum(state.held_back for state in plan.states)
    assert waiting == int(platform.replaces_at_once)  # f; where people only join, nobody undoes it
    world.apply(plan)
    world.clock.advance(hours=25)
    world.apply(world.plan(set("abcdef")))

    assert set("abcdef") <= world.platform.emails(HIGH.key)


def test_a_run_that_was_overtaken_while_a_part_was_under_way_leaves_everybody_in_doubt(world: World) -> None:
    def overtaken() -> None:
        world.clock.advance(minutes=11)
        go_on(world)
        assert world.sync(set("abcde")).complete

    platform_of(world).meanwhile = overtaken
    with pytest.raises(LeaseLostError):
        world.apply(world.plan(set("abcde"), refreshing=REFRESH))

    log = world.ledger.audience_log("meta", HIGH.key)
    assert log.replacement is not None
    assert log.replacement.quiet_until == world.clock.now() + world.platform.quiet_window
    again = world.plan(set("abcde"))  # the part that came alone may yet take the place of the list
    assert sum(change.rows for change in (*again.adds, *again.adds_after)) == 5


def test_a_list_changed_by_hand_while_a_refresh_goes_on_is_not_taken_for_asserted(world: World) -> None:
    platform_of(world).ends = [Settlement.PROCESSING]
    world.apply(world.plan(set("abcde"), refreshing=REFRESH))
    world.clock.advance(days=6)
    go_on(world)
    world.clock.advance(days=1)

    assert HIGH.key in world.ledger.assertions_due("meta", timedelta(days=7))


def test_an_end_that_takes_time_is_asked_about_by_later_runs(world: World) -> None:
    platform = platform_of(world)
    platform.ends = [Settlement.PROCESSING, Settlement.PROCESSING]
    result = world.apply(world.plan(set("abcde"), refreshing=REFRESH))
    assert result.complete
    assert [row.state for row in result.results if row.sent] == [ChangeState.PROCESSING]
    between = world.plan(set("abcde"))
    assert (between.removes, between.adds) == ((), ())

    go_on(world)
    go_on(world)
    go_on(world)

    assert platform.sent()[-3:] == ["end", "end the end", "end the end"]
    nothing_left(world, "abcde")


@pytest.mark.parametrize("end", [Settlement.UNKNOWN, Settlement.REJECTED])
def test_a_platform_that_gives_up_leaves_everybody_in_doubt(world: World, end: Settlement) -> None:
    platform_of(world).ends = [end]
    result = world.apply(world.plan(set("abcde"), refreshing=REFRESH))
    (row,) = [row for row in result.results if row.sent]
    assert (row.state, type(row.error)) == (ChangeState.FAILED, PermanentRefusalError)

    world.apply(world.plan(set("abcde")))
    world.clock.advance(hours=25)
    world.apply(world.plan(set("abcde")))

    assert set("abcde") <= world.platform.emails(HIGH.key) <= set("abcdez")


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_part(world: World) -> None:
    world.platform.faults.extend([OutcomeUnknownError("no answer")])
    assert world.apply(world.plan(set("abcde"), refreshing=REFRESH)).complete
    assert platform_of(world).sent()[0] == "part 1 of 5 again"
    nothing_left(world, "abcde")


def test_a_platform_that_is_busy_is_left_and_gone_on_with(world: World) -> None:
    world.platform.faults.extend([RetryableError("busy")])
    plan = world.plan(set("abcde"), refreshing=REFRESH)
    assert [row.state for row in world.apply(plan).results] == [ChangeState.LEFT]
    assert world.apply(plan).complete
    nothing_left(world, "abcde")


def test_a_session_that_cannot_go_on_is_given_up(world: World) -> None:
    world.platform.faults.extend([PermanentRefusalError("finished")])
    plan = world.plan(set("abcde"), refreshing=REFRESH)
    assert [row.state for row in world.apply(plan).results] == [ChangeState.FAILED]
    (row,) = world.apply(plan).results
    assert row.error is not None
    assert "cannot go on" in row.error.message


def test_nothing_is_refreshed_while_something_sent_may_still_land(world: World) -> None:
    world.platform.faults.extend(["lost_before"] * 3)
    world.apply(world.plan(set("abcd")))
    with pytest.raises(ConfigurationError, match="may still take effect"):
        world.plan(set("abcd"), refreshing=REFRESH)


def test_no_list_is_refreshed_to_nobody(world: World) -> None:
    with pytest.raises(ConfigurationError, match="has nobody"):
        world.plan(set(), refreshing=REFRESH)


def test_a_plan_says_who_is_in_the_new_list_and_who_is_known_to_leave(world: World) -> None:
    assert [type(change) for change in world.plan(set("abc"), refreshing=REFRESH).replaced] == [ReplaceMembers]
