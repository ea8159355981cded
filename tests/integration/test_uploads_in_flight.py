"""Uploads that are equally urgent are under way at once; whatever becomes of one, the answers of the others count."""

import hashlib
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.executor import execute
from activator.apply.result import ApplyResult, ChangeState
from activator.errors import (
    LeaseLostError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
)
from activator.ledger import lease
from activator.ledger.store import Ledger
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.delivery import Operation, Receipt
from activator.model.ledger import BatchRecord, BatchState
from activator.model.plan import ChangeMembers, PlannedBatch, Urgency
from activator.people.identifiers import FORM_COLUMNS
from activator.plan.batches import write_batches
from activator.plan.order import in_order, with_urgency
from tests.clocks import ManualClock
from tests.plans import bare_plan
from tests.platform import MemoryDestination

SPECS = (
    AudienceSpec("audience/never", "never", "", "never", suppress=True),
    AudienceSpec("audience/high", "high", "", "high", suppress=False),
    AudienceSpec("audience/mid", "mid", "", "mid", suppress=False),
    AudienceSpec("audience/low", "low", "", "low", suppress=False),
)
PATIENCE_SECONDS = 20.0


@dataclass
class Crossing:
    """Where uploads meet: each waits until as many as expected are under way, so that a test fails if they never are.

    meet: how many have to be there before the first is let through.
    """

    meet: int = 1
    now: int = 0
    most: int = 0
    condition: threading.Condition = field(default_factory=threading.Condition)

    def enter(self) -> None:
        with self.condition:
            self.now += 1
            self.most = max(self.most, self.now)
            self.condition.notify_all()
            assert self.condition.wait_for(lambda: self.most >= self.meet, PATIENCE_SECONDS), "they never met"

    def leave(self) -> None:
        with self.condition:
            self.now -= 1


@dataclass
class Account(MemoryDestination):
    """Says of every upload what it was, and what a test wants it to do before it is taken."""

    crossing: Crossing = field(default_factory=Crossing)
    before: Callable[[str, int], None] = field(default=lambda _audience, _place: None)
    sent: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
        self.crossing.enter()
        try:
            with self.lock:
                place = len(self.sent)
                self.before(audience_id, place)
                self.sent.append((operation.value, audience_id))
                return super().send(operation, audience_id, members, batch_id)
        finally:
            self.crossing.leave()


@dataclass
class Project:
    """A plan made by hand: changes of members, each of some batches of two people."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    accounts: dict[str, Account] = field(default_factory=lambda: {"meta": Account()})
    in_flight_max: int = 4
    stop: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.folder / ".activator", self.clock)

    def changes(self, name: str, wanted: Mapping[tuple[str, Operation], int]) -> tuple[ChangeMembers, ...]:
        made = [
            ChangeMembers(name, key, operation, False, 2 * batches, self.batches(name, key, operation, batches))
            for (key, operation), batches in wanted.items()
        ]
        return with_urgency(made, SPECS)

    def batches(self, name: str, key: str, operation: Operation, count: int) -> tuple[PlannedBatch, ...]:
        people = [f"{name} {key} {operation} {number}" for number in range(2 * count)]
        digests = [hashlib.sha256(person.encode()).hexdigest() for person in people]
        keys = pa.array([bytes.fromhex(digest)[:16] for digest in digests], pa.binary())
        columns = {column: pa.array([""] * len(people), pa.string()) for column in FORM_COLUMNS["meta"]}
        columns["EMAIL"] = pa.array(digests)
        table = pa.table({"person_key": keys, "member_key": keys, **columns})
        label = f"{name}-{key.removeprefix('audience/')}-{operation}"
        return write_batches(table.to_batches(), 2, self.folder, label, "1")

    def apply(self, *changes: ChangeMembers) -> ApplyResult:
        plan = bare_plan(self.clock.now(), changes=in_order(changes, (), ()))
        there = {spec.key: RemoteObject("audience", spec.key, spec.key, spec.name, "active") for spec in SPECS}
        for account in self.accounts.values():
            for spec in SPECS:
                account.rows.setdefault(spec.key, [])
        with self.ledger.writing() as connection:
            held = lease.take(connection, self.clock, LEASE_NAME, "test:1")
        return execute(
            ApplyContext(
                plan=plan,
                folder=self.folder,
                ledger=self.ledger,
                lease=held,
                destinations=self.accounts,
                observed=dict.fromkeys(self.accounts, there),
                clock=self.clock,
                should_stop=self.stop,
                in_flight_max=self.in_flight_max,
            )
        )

    def log(self) -> tuple[BatchRecord, ...]:
        return self.ledger.every_batch()

    def states(self) -> Counter[str]:
        return Counter(str(batch.state) for batch in self.log())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.ledger.close()


ADD_HIGH, ADD_MID, ADD_LOW = (
    ("audience/high", Operation.ADD),
    ("audience/mid", Operation.ADD),
    ("audience/low", Operation.ADD),
)
KEEP_OUT, REMOVE_LOW = ("audience/never", Operation.ADD), ("audience/low", Operation.REMOVE)


def test_a_handful_of_uploads_is_under_way_at_once_and_never_more(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4
    result = project.apply(*project.changes("meta", {ADD_MID: 6, ADD_LOW: 6}))
    assert result.complete
    assert account.crossing.most == 4
    assert Counter(account.sent) == {("add", "audience/mid"): 6, ("add", "audience/low"): 6}, "just what was shown"
    assert [row.settled for row in result.results] == [12, 12]
    assert project.states() == {"settled": 12}


def test_what_an_earlier_try_of_the_plan_has_sent_is_said_to_be_done_already(project: Project) -> None:
    changes = project.changes("meta", {ADD_MID: 2, ADD_LOW: 1})
    assert [row.state for row in project.apply(*changes).results] == [ChangeState.DONE] * 2
    again = project.apply(*changes)
    assert again.complete
    assert [(row.state, row.settled) for row in again.results] == [(ChangeState.ALREADY, 4), (ChangeState.ALREADY, 2)]
    assert len(project.accounts["meta"].sent) == 3


def test_one_at_a_time_is_sent_in_the_order_of_the_plan(project: Project) -> None:
    project.in_flight_max = 1
    project.apply(*project.changes("meta", {ADD_MID: 2, REMOVE_LOW: 2, ADD_HIGH: 1, KEEP_OUT: 1}))
    account = project.accounts["meta"]
    assert account.crossing.most == 1
    assert account.sent == [
        *[("remove", "audience/low")] * 2,
        ("add", "audience/never"),
        ("add", "audience/high"),
        *[("add", "audience/mid")] * 2,
    ]


def test_accounts_do_not_wait_for_each_other(project: Project) -> None:
    project.accounts["google"] = Account(crossing=project.accounts["meta"].crossing)
    project.accounts["meta"].crossing.meet = 2
    project.in_flight_max = 1
    changes = [*project.changes("meta", {ADD_MID: 2}), *project.changes("google", {ADD_MID: 2})]
    assert project.apply(*changes).complete


def test_what_is_less_urgent_waits_until_all_before_it_is_answered(project: Project) -> None:
    account = project.accounts["meta"]
    open_then: list[BatchRecord] = []

    def look(audience: str, _place: int) -> None:
        if audience != "audience/low":
            open_then.extend(batch for batch in project.log() if batch.state is BatchState.INTENT and batch.sends)

    account.before = lambda audience, place: look(audience, place) if place == 5 else None
    project.apply(*project.changes("meta", {REMOVE_LOW: 5, ADD_HIGH: 1}))
    assert account.sent[-1] == ("add", "audience/high")
    assert [batch.operation for batch in open_then] == [Operation.ADD]  # itself


def test_a_refusal_ends_its_change_and_keeps_the_answers_of_what_was_under_way(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4
    account.faults.extend([PermanentRefusalError("no"), "none", "none", "none"])
    result = project.apply(*project.changes("meta", {ADD_MID: 4, ADD_LOW: 4}))
    mid, low = result.results
    assert (mid.state, mid.sent, low.state, low.sent) == (ChangeState.FAILED, 8, ChangeState.DONE, 8)
    assert project.states() == {"settled": 7, "rejected": 1}


def test_a_limit_leaves_the_rest_of_the_destination_and_none_of_another(project: Project) -> None:
    project.accounts["google"] = Account()
    project.accounts["meta"].faults.extend(["none", RateLimitedError("wait", retry_after_seconds=3600)])
    changes = [*project.changes("meta", {ADD_MID: 9, ADD_LOW: 2}), *project.changes("google", {ADD_MID: 9})]
    result = project.apply(*changes)
    assert {row.state for row in result.results if row.destination == "meta"} == {ChangeState.LEFT}
    assert [row.settled for row in result.results if row.destination == "google"] == [18]
    taken = len(project.accounts["meta"].sent)
    assert taken <= 2 + project.in_flight_max
    sent = [batch for batch in project.log() if batch.destination == "meta" and batch.state is BatchState.SETTLED]
    assert len(sent) == taken - 1, "every answer is written down"
    project.accounts["meta"].sent.clear()
    assert project.apply(*changes).complete
    assert len(project.accounts["meta"].sent) == 11 - (taken - 1), "what was answered is not sent again"


def test_a_stop_waits_for_what_is_under_way_and_writes_it_down(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4
    project.stop = lambda: account.crossing.most == 4
    result = project.apply(*project.changes("meta", {ADD_MID: 12}))
    assert (result.stopped, result.exit_code) == (True, 7)
    assert project.states() == {"settled": 4}


@pytest.fixture
def ctrl_c_heeded() -> Iterator[None]:
    """As at a terminal: what is started in the background, as CI may be, inherits that Ctrl-C is ignored."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.mark.usefixtures("ctrl_c_heeded")
def test_ctrl_c_waits_for_what_is_under_way_and_writes_it_down(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4
    account.before = lambda _audience, place: signal.raise_signal(signal.SIGINT) if place == 0 else None
    with pytest.raises(KeyboardInterrupt):
        project.apply(*project.changes("meta", {ADD_MID: 12}))
    states = project.states()
    assert states["settled"] >= len(account.sent) - 1, "the one that was being written down may be in doubt"
    assert states.keys() <= {"settled", "intent"}
    assert project.apply(*project.changes("meta", {ADD_MID: 12})).complete
    assert len(set(map(frozenset, account.rows["audience/mid"]))) == 24


def test_an_error_of_ours_is_raised_after_the_others_are_written_down(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4
    account.faults.extend([ZeroDivisionError("a defect"), "none", "none", "none"])
    with pytest.raises(ZeroDivisionError):
        project.apply(*project.changes("meta", {ADD_MID: 4, ADD_LOW: 4}))
    assert project.states() == {"settled": 3, "intent": 1}
    (lost,) = (batch for batch in project.log() if batch.state is BatchState.INTENT)
    assert project.ledger.audience_log("meta", lost.audience_key).lost, "it may have arrived"


def test_a_run_that_was_overtaken_confesses_everything_that_was_under_way(project: Project) -> None:
    account = project.accounts["meta"]
    account.crossing.meet = 4

    def overtaken(_audience: str, place: int) -> None:
        if place == 0:
            with project.ledger.writing() as connection:
                project.clock.advance(minutes=11)
                lease.take(connection, project.clock, LEASE_NAME, "elsewhere:7")

    account.before = overtaken
    with pytest.raises(LeaseLostError):
        project.apply(*project.changes("meta", {ADD_MID: 9}))
    confessed = [batch for batch in project.log() if batch.state is BatchState.UNKNOWN]
    assert len(confessed) == len(account.sent) == 4
    assert len(project.ledger.audience_log("meta", "audience/mid").lost) == 8


def test_a_lost_answer_is_asked_for_again_while_others_go_on(project: Project) -> None:
    account = project.accounts["meta"]
    account.faults.extend(["lost_before", "none", "lost_after"])
    result = project.apply(*project.changes("meta", {ADD_MID: 5}))
    assert result.complete
    assert len(account.sent) == 7
    assert sorted(batch.sends for batch in project.log()) == [1, 1, 1, 2, 2]
    assert len(account.rows["audience/mid"]) == 10


def test_what_was_sent_after_a_told_wait_may_land_a_whole_window_after_that(project: Project) -> None:
    account = project.accounts["meta"]

    def sit_out(_audience: str, _place: int) -> None:
        project.clock.advance(minutes=14)
        raise OutcomeUnknownError("no answer")

    account.before = sit_out
    began = project.clock.now()
    assert project.apply(*project.changes("meta", {ADD_MID: 1})).exit_code == 7
    until = [lost.quiet_until - began for lost in project.ledger.audience_log("meta", "audience/mid").lost]
    assert all(
        window >= account.quiet_window + timedelta(minutes=14 * place) for place, window in enumerate(until, start=1)
    )
    assert len(until) == 3


# What goes when a platform does not take everything -----------------------------------------------------------------

WANTED = {
    ADD_LOW: 2,
    ADD_MID: 1,
    ADD_HIGH: 2,
    KEEP_OUT: 1,
    REMOVE_LOW: 2,
    ("audience/high", Operation.REMOVE): 1,
}


class Allowance:
    """So many calls, over all accounts that share it."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, _audience: str, _place: int) -> None:
        if self.left == 0:
            raise RateLimitedError("the day's calls are used up", retry_after_seconds=3600)
        self.left -= 1


def scarce_changes(project: Project) -> list[ChangeMembers]:
    found: list[ChangeMembers] = []
    for name in project.accounts:
        found += project.changes(name, WANTED)
        (withdrawal,) = project.changes(name, {("audience/mid", Operation.REMOVE): 1})
        (assertion,) = project.changes(name, {("audience/never", Operation.REMOVE): 1})
        found += [replace(withdrawal, withdrawn=True), replace(assertion, asserted=True)]
    return found


def all_urgencies(changes: list[ChangeMembers]) -> list[Urgency]:
    return sorted(change.urgency for change in changes for _ in change.batches)


@pytest.mark.parametrize("in_flight_max", [1, 4])
@pytest.mark.parametrize("calls", range(23))
def test_what_has_gone_when_the_allowance_runs_out_is_what_was_most_urgent(
    project: Project, calls: int, in_flight_max: int
) -> None:
    project.in_flight_max = in_flight_max
    project.accounts["google"] = Account()
    allowance = Allowance(calls)
    for account in project.accounts.values():
        account.before = allowance
        account.lock = project.accounts["meta"].lock
    changes = scarce_changes(project)
    result = project.apply(*changes)
    urgent = {(change.destination, change.audience_key, change.operation): change.urgency for change in changes}
    gone = sorted(
        urgent[batch.destination, batch.audience_key, batch.operation]
        for batch in project.log()
        if batch.state is BatchState.SETTLED
    )
    assert gone == all_urgencies(changes)[:calls]
    assert result.complete is (calls >= 22)
