"""Planning and applying membership against a platform that loses answers: it ends equal to what was desired."""

import hashlib
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import pytest

from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.executor import execute
from activator.apply.result import ApplyResult, ChangeState
from activator.errors import AuthenticationRequiredError, RateLimitedError
from activator.ledger import lease, objects
from activator.ledger.store import Ledger
from activator.model.ads import AudienceSpec
from activator.model.plan import Bindings, CreateObject, Plan
from activator.people.engine import open_engine
from activator.people.identifiers import FORM_COLUMNS
from activator.people.membership import Members
from activator.plan.members import MemberPlan, MemberPlanner
from activator.plan.order import in_order
from tests.clocks import ManualClock
from tests.platform import MemoryDestination

HIGH = AudienceSpec("audience/high", "high [act:000000000001]", "", "high", suppress=False)
LOW = AudienceSpec("audience/low", "low [act:000000000002]", "", "low", suppress=False)


@dataclass
class World:
    """One project with one destination and two tiers, planned and applied over and over."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    platform: MemoryDestination = field(default_factory=MemoryDestination)
    rounds: int = 0

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.folder / ".activator", self.clock)

    def plan(
        self,
        high: Set[str],
        low: Set[str] = frozenset(),
        phones: dict[str, str] | None = None,
        asserting: Set[str] = frozenset(),
        refreshing: Set[str] = frozenset(),
    ) -> MemberPlan:
        """People are named by a word, which stands for the digest of their e-mail."""
        self.rounds += 1
        folder = self.folder / f"plan{self.rounds}"
        folder.mkdir()
        rows = []
        for tier, people in (("high", high), ("low", low)):
            for name in sorted(people):
                phone = (phones or {}).get(name, "")
                row = dict.fromkeys(FORM_COLUMNS["meta"], "")
                row |= {"EMAIL": name, "PHONE": phone}
                row |= {"person_key": _key(name.split("#")[0]), "member_key": _key(name + phone)}
                rows.append(row | {"tier": tier})
        kinds = dict.fromkeys(("person_key", "member_key", "tier"), "string")
        schema = ibis.schema(kinds | FORM_COLUMNS["meta"])
        with open_engine(self.folder / "scratch") as engine:
            people = ibis.memtable(rows, schema=schema).cast({"person_key": "uuid", "member_key": "uuid"})
            people = engine.materialise("members", people)
            text = people.person_key.cast("string").replace("-", "")
            status = people.select("tier", person_key=text, outcome=ibis.literal("member"))
            members = Members(
                keys=people.select(*kinds),
                written=lambda wanted: people.drop("tier").semi_join(wanted, "member_key"),
                sent=lambda rows: rows,
            )
            planner = MemberPlanner(engine, "meta", "meta", 2, folder, members, lambda: status)
            ledger = self.ledger
            logs = [(spec, ledger.audience_log("meta", spec.key)) for spec in (HIGH, LOW)]
            return planner.plan(logs, asserting, refreshing)

    def apply(self, members: MemberPlan, should_stop: Callable[[], bool] = lambda: False) -> ApplyResult:
        """Execute a member plan, creating what is missing first."""
        observed = {"meta": {remote.key: remote for remote in self.platform.objects.values()}}
        creates = tuple(CreateObject("meta", spec) for spec in (HIGH, LOW) if spec.key not in observed["meta"])
        plan = Plan(
            plan_id=f"plan{self.rounds}",
            created_at=self.clock.now(),
            project_id="p",
            bindings=Bindings("", 0, "", "", "", "", {}, self.clock.now()),
            changes=in_order((*members.removes, *members.adds, *members.adds_after), creates, (), members.replaced),
            audiences=members.states,
            movements=members.movements,
            guards=(),
            sources=(),
            tiers=(),
            motivations=(),
        )
        ledger = self.ledger
        with ledger.writing() as connection:
            held = lease.take(connection, self.clock, LEASE_NAME, "test:1")
        return execute(
            ApplyContext(
                plan=plan,
                folder=self.folder / f"plan{self.rounds}",
                ledger=ledger,
                lease=held,
                destinations={"meta": self.platform},
                observed=observed,
                clock=self.clock,
                should_stop=should_stop,
            )
        )

    def sync(self, high: Set[str], low: Set[str] = frozenset()) -> ApplyResult:
        return self.apply(self.plan(high, low))


def _key(word: str) -> str:
    return hashlib.md5(word.encode()).hexdigest()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def moves(plan: MemberPlan) -> set[tuple[str, str, str, int]]:
    return {(move.from_tier, move.to_tier, move.reason, move.people) for move in plan.movements}


def test_the_platform_becomes_what_was_desired_and_a_second_plan_is_empty(world: World) -> None:
    result = world.sync({"anna", "bo", "cy"}, {"dee"})
    assert result.exit_code == 0
    assert world.platform.emails("audience/high") == {"anna", "bo", "cy"}
    again = world.plan({"anna", "bo", "cy"}, {"dee"})
    assert (again.adds, again.removes, again.adds_after, again.movements) == ((), (), (), ())


def test_joining_leaving_and_moving_are_told_apart(world: World) -> None:
    world.sync({"anna", "bo"}, {"dee"})
    plan = world.plan({"anna", "dee", "new"}, {"bo"})
    assert moves(plan) == {
        ("", "high", "joined", 1),
        ("high", "low", "value changed", 1),
        ("low", "high", "value changed", 1),
    }
    world.apply(plan)
    assert world.platform.emails("audience/high") == {"anna", "dee", "new"}
    assert world.platform.emails("audience/low") == {"bo"}


def test_people_are_taken_out_before_others_are_put_in(world: World) -> None:
    world.sync({"anna"}, {"bo"})
    world.platform.calls.clear()
    world.sync({"bo"}, {"anna"})
    operations = [call.split()[0] for call in world.platform.calls]
    assert operations == ["remove", "remove", "add", "add"]


def test_batches_are_never_larger_than_the_platform_takes(world: World) -> None:
    world.sync({"a", "b", "c", "d", "e"})
    sizes = [int(call.split()[2]) for call in world.platform.calls if call.startswith("add")]
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize("fault", ["lost_after", "lost_before"])
def test_a_lost_answer_is_resolved_by_the_identical_batch(world: World, fault: str) -> None:
    world.platform.faults.extend(["none", "none", fault])
    assert world.sync({"anna", "bo"}).exit_code == 0
    assert world.platform.emails("audience/high") == {"anna", "bo"}


def test_a_batch_is_sent_three_times_at_most_and_then_left_for_later(world: World) -> None:
    world.platform.faults.extend(["none", "none", *["lost_before"] * 3])
    plan = world.plan({"anna"})
    result = world.apply(plan)
    assert result.exit_code == 7
    assert sum(call.startswith("add") for call in world.platform.calls) == 3
    assert world.apply(plan).exit_code == 0
    assert world.platform.emails("audience/high") == {"anna"}


def test_nobody_is_removed_while_a_lost_add_of_theirs_may_still_land(world: World) -> None:
    world.platform.faults.extend(["none", "none", *["lost_before"] * 3])
    world.sync({"anna"})
    plan = world.plan(set())
    assert plan.removes == ()
    assert plan.states[0].held_back == 1
    world.clock.advance(hours=24, seconds=1)
    plan = world.plan(set())
    assert [change.rows for change in plan.removes] == [1]


def test_a_lost_add_is_remembered_even_after_its_resend_was_answered(world: World) -> None:
    world.platform.faults.extend(["none", "none", "lost_before"])
    world.sync({"anna"})
    assert world.plan(set()).removes == ()
    world.clock.advance(hours=25)
    assert world.plan(set()).removes != ()


def test_a_changed_phone_is_removed_before_the_new_row_is_added(world: World) -> None:
    world.apply(world.plan({"anna"}, phones={"anna": "1"}))
    plan = world.plan({"anna"}, phones={"anna": "2"})
    assert moves(plan) == {("high", "high", "identifiers changed", 1)}
    assert [change.after_removals for change in plan.adds_after] == [True]
    world.apply(plan)
    assert world.platform.rows[world.platform.objects["audience/high"].platform_id] == [frozenset({"anna", "2"})]


def test_somebody_who_shares_an_identifier_with_a_leaver_is_put_back(world: World) -> None:
    world.apply(world.plan({"anna", "bo"}, phones={"anna": "1", "bo": "1"}))
    world.apply(world.plan({"bo"}, phones={"bo": "1"}))
    assert world.platform.rows[world.platform.objects["audience/high"].platform_id] == [frozenset({"bo", "1"})]


def test_adds_after_removals_wait_for_slow_removals(world: World) -> None:
    world.apply(world.plan({"anna"}, phones={"anna": "1"}))
    world.platform.faults.append("processing")
    plan = world.plan({"anna"}, phones={"anna": "2"})
    world.platform.settle_wait_seconds = 0.0
    result = world.apply(plan)
    assert result.exit_code == 0, "the poll before the add already found the removal settled"
    assert world.platform.calls.index("settle") < max(
        index for index, call in enumerate(world.platform.calls) if call.startswith("add")
    )


def test_a_throttled_destination_is_left_and_resumed(world: World) -> None:
    plan = world.plan({"anna", "bo", "cy"})
    world.platform.faults.extend(["none", "none", "none", RateLimitedError("wait", retry_after_seconds=60)])
    result = world.apply(plan)
    assert result.exit_code == 7
    assert [row.state for row in result.results if row.error] == [ChangeState.LEFT]
    assert world.apply(plan).exit_code == 0
    assert world.platform.emails("audience/high") == {"anna", "bo", "cy"}


def test_lost_access_needs_a_human(world: World) -> None:
    world.platform.faults.append(AuthenticationRequiredError("token expired"))
    result = world.sync({"anna"})
    assert result.exit_code == 6
    assert all(row.state in (ChangeState.FAILED, ChangeState.LEFT) for row in result.results)


@pytest.mark.parametrize("fault", ["lost_after", "lost_before"])
def test_a_create_whose_answer_got_lost_makes_no_twin(world: World, fault: str) -> None:
    world.platform.faults.append(fault)
    assert world.sync({"anna"}).exit_code == 0
    assert sorted(world.platform.objects) == ["audience/high", "audience/low"]


def test_an_audience_whose_create_was_never_answered_is_known_again(world: World) -> None:
    """Else no assertion would reach it, and somebody who is forgotten would stay in it."""
    world.sync({"ann"})
    made = world.ledger.owned("meta")[HIGH.key].platform_id
    with world.ledger.writing() as connection:
        objects.forget(connection, "meta", HIGH.key)
        objects.intend(connection, world.clock, "lost", "meta", "audience", HIGH.key, HIGH.name)
    assert world.ledger.owned("meta")[HIGH.key].platform_id is None
    world.sync({"ann"})
    assert world.ledger.owned("meta")[HIGH.key].platform_id == made


def test_an_audience_somebody_else_is_at_work_on_is_left_for_later(world: World) -> None:
    plan = world.plan({"anna"})
    ledger = world.ledger
    with ledger.writing() as connection:
        other = lease.take(connection, world.clock, "meta/audience/high", "elsewhere:7")
    result = world.apply(plan)
    assert [row.state for row in result.results if row.error] == [ChangeState.LEFT]
    with ledger.writing() as connection:
        lease.release(connection, world.clock, other)
    assert world.apply(plan).exit_code == 0


def test_a_removal_that_may_arrive_again_lets_nobody_follow_who_shares_an_identifier(world: World) -> None:
    world.apply(world.plan({"anna", "bo"}, phones={"anna": "1", "bo": "1"}))
    world.platform.faults.append("lost_before")
    plan = world.plan({"bo"}, phones={"bo": "1"})
    assert world.apply(plan).exit_code == 7, "the first send of the removal may still land"
    assert world.plan({"bo"}, phones={"bo": "1"}).states[0].held_back == 1
    world.clock.advance(hours=25)
    world.apply(world.plan({"bo"}, phones={"bo": "1"}))
    assert world.platform.rows[world.platform.objects["audience/high"].platform_id] == [frozenset({"bo", "1"})]


def test_who_was_taken_out_with_somebody_is_put_back_even_if_the_run_ends_in_between(world: World) -> None:
    world.apply(world.plan({"anna", "bo"}, phones={"anna": "1", "bo": "1"}))
    plan = world.plan({"bo"}, phones={"bo": "1"})
    world.platform.calls.clear()
    world.apply(plan, should_stop=lambda: "remove" in " ".join(world.platform.calls))
    assert world.platform.emails("audience/high") == set()
    world.apply(world.plan({"bo"}, phones={"bo": "1"}))
    assert world.platform.rows[world.platform.objects["audience/high"].platform_id] == [frozenset({"bo", "1"})]


def test_asserting_an_audience_repairs_what_nobody_told_us_of(world: World) -> None:
    world.sync({"anna", "bo"})
    world.sync({"anna"})
    high = world.platform.objects["audience/high"].platform_id
    world.platform.rows[high] = [frozenset({"bo"})]  # edited by hand
    assert world.plan({"anna"}).adds == ()
    plan = world.plan({"anna"}, asserting={"audience/high"})
    assert [(change.rows, change.asserted) for change in (*plan.removes, *plan.adds)] == [(1, True), (1, True)]
    assert (plan.states[0].adds, plan.states[0].removes, plan.movements) == (0, 0, ())
    world.apply(plan)
    assert world.platform.emails("audience/high") == {"anna"}


def test_asserting_takes_out_nobody_who_shares_an_identifier_with_a_leaver(world: World) -> None:
    world.apply(world.plan({"anna", "bo"}, phones={"anna": "1", "bo": "1"}))
    world.apply(world.plan({"bo"}, phones={"bo": "1"}))
    plan = world.plan({"bo"}, phones={"bo": "1"}, asserting={"audience/high"})
    assert (plan.removes, [change.rows for change in plan.adds]) == ((), [1])


def test_asserting_sends_nobody_whose_opposite_may_still_land(world: World) -> None:
    world.sync({"anna", "bo"})
    world.platform.faults.extend(["lost_before"] * 3)
    world.sync({"bo"})
    plan = world.plan({"anna", "bo"}, asserting={"audience/high"})
    assert [(change.rows, change.asserted) for change in (*plan.removes, *plan.adds)] == [(1, True)]


def test_a_stopped_apply_parks_the_rest_and_goes_on_later(world: World) -> None:
    plan = world.plan({"a", "b", "c", "d"})

    def after_the_first_batch() -> bool:
        return sum(call.startswith("add") for call in world.platform.calls) >= 1

    result = world.apply(plan, should_stop=after_the_first_batch)
    assert (result.stopped, result.exit_code) == (True, 7)
    assert len(world.platform.emails("audience/high")) == 2
    assert world.apply(plan).exit_code == 0
    assert world.platform.emails("audience/high") == {"a", "b", "c", "d"}


def test_an_apply_stopped_before_it_made_anything_names_what_is_left_and_is_not_complete(world: World) -> None:
    result = world.apply(world.plan({"a"}), should_stop=lambda: True)
    assert world.platform.objects == {}
    assert not result.complete
    made = [(row.subject, row.state, row.error is None) for row in result.results if row.subject.startswith("create")]
    assert made == [
        ("create audience high", ChangeState.LEFT, False),
        ("create audience low", ChangeState.LEFT, False),
    ]
