"""The contract of destinations as tests: subclass DestinationContract, give it a world, and run pytest.

Built-in connectors pass it against the sandbox; any other may use a local stand-in of its platform. See
docs/how-to/write-a-destination.md.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from activator.errors import DestinationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AdSpec, AudienceSpec, ObjectSpec, RemoteObject, kind_of
from activator.model.checks import Severity
from activator.model.delivery import Operation, Receipt, ReplacementPart, Settlement
from activator.ports import AccountWideRemoval, Clock, Destination, DestinationReader, ReplacingDestination

if TYPE_CHECKING:
    import pyarrow as pa

PAUSED = "PAUSED"


class World(Protocol):
    """One project on one account of a platform (or its stand-in), fresh for every test.

    destination: opened on it; clock: the one it was opened with; secrets: texts that no error may show.
    """

    destination: Destination
    clock: Clock
    secrets: Sequence[str]

    def reopen(self) -> Destination:
        """The same destination as another process would open it."""
        ...

    def stranger(self) -> DestinationReader:
        """Another project on the same account: it must not see ours."""
        ...

    def locked_out(self) -> DestinationReader:
        """The same destination with credentials the platform does not take."""
        ...

    def specs(self) -> Sequence[ObjectSpec]:
        """At least two audiences, a campaign, two groups and two ads; parents first."""
        ...

    def members(self, first: int, rows: int) -> "pa.Table":
        """People numbered from first, in the columns of the destination's identifier form."""
        ...

    def settle(self) -> None:
        """Let everything the platform has accepted take effect."""
        ...

    def member_count(self, audience_id: str) -> int:
        """Who is effectively in an audience: the stand-in knows."""
        ...

    def calls(self) -> int:
        """Calls the platform has answered so far."""
        ...

    def lose_answer(self) -> Destination:
        """Let the next changing call take effect without an answer; returns the destination to make it with."""
        ...

    def refuse_for_now(self) -> None:
        """Let the next call be refused with a time to wait."""
        ...


class DestinationContract:
    """What activator relies on. Subclass it, name the class Test…, and override the fixture `world`."""

    @pytest.fixture
    def world(self) -> World:
        """Override me."""
        raise NotImplementedError

    # What it says of itself

    def test_its_limits_make_sense(self, world: World) -> None:
        """They decide how batches are cut and how long a lost one is remembered."""
        destination = world.destination
        assert destination.identifier_form
        assert destination.batch_rows_max > 0
        assert destination.members_min >= 0
        assert destination.quiet_window > timedelta(0)
        assert destination.settle_wait_seconds >= 0
        assert destination.budget_level in {"group", "campaign"}

    # Objects

    def test_what_is_created_is_observed_as_wanted_and_paused(self, world: World) -> None:
        """Create, look, and find it as the planner compares it; nothing spends before somebody switches it on."""
        ids = build(world)

        observation = world.destination.observe()

        seen = observation.by_key()
        assert observation.complete
        assert {key: remote.platform_id for key, remote in seen.items()} == ids
        for spec in world.specs():
            assert seen[spec.key].kind == kind_of(spec)
            assert seen[spec.key].fields == world.destination.comparable(spec), spec.key
            if not isinstance(spec, AudienceSpec):
                assert seen[spec.key].status.upper() == PAUSED, spec.key

    def test_only_ours_is_observed(self, world: World) -> None:
        """What another project made on the same account is not touched, so it is not even seen."""
        build(world)

        assert world.stranger().observe().objects == ()

    def test_observing_and_comparing_change_nothing(self, world: World) -> None:
        """Planning only reads, and the same is seen twice."""
        build(world)

        assert world.destination.observe() == world.reopen().observe()

    def test_bringing_back_what_has_not_changed_is_no_call(self, world: World) -> None:
        """An update sends what differs, and so nothing where nothing does."""
        ids = build(world)
        seen = world.destination.observe().by_key()
        before = world.calls()

        for spec in world.specs():
            world.destination.update(spec, seen[spec.key], ids)

        assert world.calls() == before

    def test_a_text_that_changed_is_brought_back(self, world: World) -> None:
        """The ad stays the same object and shows the new text afterwards."""
        ids = build(world)
        ad = next(spec for spec in world.specs() if isinstance(spec, AdSpec))
        wanted = replace(ad, landing_url=f"{ad.landing_url}new")
        before = world.destination.observe().by_key()[ad.key]

        world.destination.update(wanted, before, ids)

        after = world.destination.observe().by_key()[ad.key]
        assert after.fields == world.destination.comparable(wanted)

    def test_a_create_without_an_answer_is_unknown_and_found_by_looking(self, world: World) -> None:
        """Nobody has idempotency keys: the caller looks for the marker before it creates again."""
        audience = world.specs()[0]
        losing = world.lose_answer()

        with pytest.raises(OutcomeUnknownError):
            losing.create(audience, {})

        assert audience.key in world.reopen().observe().by_key()

    def test_pausing_twice_is_pausing_once(self, world: World) -> None:
        """Whatever runs can be stopped, and stopping it again is no error."""
        build(world)
        for remote in world.destination.observe().objects:
            world.destination.pause(remote)
            world.destination.pause(remote)

        assert {remote.status.upper() for remote in delivering(world.destination.observe().objects)} == {PAUSED}

    # Members

    def test_members_come_and_go_and_every_receipt_balances(self, world: World) -> None:
        """Sent = settled + rejected + unknown, and the list holds exactly who was added and not removed."""
        audience_id = one_audience(world)

        added = send(world, Operation.ADD, audience_id, (0, 300), 1)
        removed = send(world, Operation.REMOVE, audience_id, (0, 100), 2)

        assert (added.settlement, added.settled) == (Settlement.SETTLED, 300)
        assert (removed.settlement, removed.settled) == (Settlement.SETTLED, 100)
        assert world.member_count(audience_id) == 200

    def test_an_identical_batch_may_be_sent_again(self, world: World) -> None:
        """Twice is once: that is how a lost answer is got over."""
        audience_id = one_audience(world)

        first, second = (send(world, Operation.ADD, audience_id, (0, 150), 1) for _ in range(2))

        assert (first.settled, second.settled) == (150, 150)
        assert world.member_count(audience_id) == 150

    def test_several_batches_may_be_under_way_at_once(self, world: World) -> None:
        """Each on a thread of its own; none of them is lost or mistaken for another."""
        audience_id = one_audience(world)

        def add(number: int) -> Receipt:
            people = world.members(number * 150, 150)
            return world.destination.send(Operation.ADD, audience_id, people, batch(audience_id, number))

        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(add, range(8)))

        assert [through(world, receipt).settled for receipt in sent] == [150] * 8
        assert world.member_count(audience_id) == 1200

    def test_a_send_without_an_answer_is_unknown_after_one_try(self, world: World) -> None:
        """Only the caller, who has written down what it is about to do, may send again."""
        audience_id = one_audience(world)
        people = world.members(0, 150)
        losing = world.lose_answer()

        with pytest.raises(OutcomeUnknownError) as raised:
            losing.send(Operation.ADD, audience_id, people, batch(audience_id, 1))

        assert says_nothing_secret(raised.value, world, people)
        assert send(world, Operation.ADD, audience_id, (0, 150), 1).settled == 150
        assert world.member_count(audience_id) == 150

    def test_nobody_to_send_is_no_call(self, world: World) -> None:
        """An empty batch is settled at once."""
        audience_id = one_audience(world)
        before = world.calls()

        receipt = world.destination.send(Operation.ADD, audience_id, world.members(0, 0), batch(audience_id, 1))

        assert (receipt.sent, receipt.settlement) == (0, Settlement.SETTLED)
        assert world.calls() == before

    def test_more_than_a_batch_is_refused_before_anything_is_sent(self, world: World) -> None:
        """Cutting lists into batches is the planner's work, with its intents written down."""
        audience_id = one_audience(world)
        before = world.calls()

        with pytest.raises(PermanentRefusalError):
            world.destination.send(
                Operation.ADD,
                audience_id,
                world.members(0, world.destination.batch_rows_max + 1),
                batch(audience_id, 1),
            )

        assert world.calls() == before

    def test_a_full_batch_is_one_call(self, world: World) -> None:
        """Many small uploads are what platforms throttle."""
        audience_id = one_audience(world)
        people = world.members(0, world.destination.batch_rows_max)
        before = world.calls()

        receipt = world.destination.send(Operation.ADD, audience_id, people, batch(audience_id, 1))

        assert world.calls() == before + 1
        assert receipt.sent == people.num_rows

    def test_a_list_that_does_not_exist_is_refused_without_saying_who_was_in_it(self, world: World) -> None:
        """Errors name objects and codes, never people or secrets."""
        people = world.members(0, 5)

        with pytest.raises(DestinationError) as raised:
            send(world, Operation.ADD, "999999999", (0, 5), 1)

        assert says_nothing_secret(raised.value, world, people)

    # Waiting

    def test_a_told_wait_is_kept(self, world: World) -> None:
        """Sat out, or handed back with the time to come again; never called through."""
        audience_id = one_audience(world)
        world.refuse_for_now()
        started = world.clock.now()

        assert send(world, Operation.ADD, audience_id, (0, 150), 1).settled == 150

        assert world.clock.now() > started

    # Reports and checks

    def test_what_never_ran_has_no_performance(self, world: World) -> None:
        """Rows are about our ads and days with delivery, nothing else."""
        build(world)
        today = world.clock.now().date()

        assert list(world.destination.performance(today - timedelta(days=7), today)) == []

    def test_a_healthy_account_is_found_healthy(self, world: World) -> None:
        """And what is printed can be printed."""
        findings = world.destination.check()

        assert findings
        assert [finding.check for finding in findings if finding.severity is Severity.ERROR] == []
        assert json.dumps([finding.message for finding in findings])

    def test_a_wrong_credential_is_a_finding_with_a_fix_and_shows_no_secret(self, world: World) -> None:
        """`doctor` never raises."""
        findings = world.locked_out().check()

        wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
        assert wrong
        assert all(finding.fix for finding in wrong)
        assert not any(secret in repr(findings) for secret in world.secrets)

    # What a destination may be able to do

    def test_a_replacement_leaves_exactly_the_new_list(self, world: World) -> None:
        """Where it is offered: two parts, one of them sent twice."""
        destination = world.destination
        if not isinstance(destination, ReplacingDestination):
            pytest.skip("does not offer replacing")
        audience_id = one_audience(world)
        send(world, Operation.ADD, audience_id, (0, 300), 1)
        wait(world, 1)
        first = ReplacementPart(
            int(batch(audience_id, 0)[:15], 16), 1, last=False, rows_total=250, started_at=world.clock.now()
        )
        last = replace(first, ordinal=2, last=True)

        parts = [
            destination.replace(audience_id, world.members(200, 150), first),
            destination.replace(audience_id, world.members(200, 150), replace(first, again=True)),
            destination.replace(audience_id, world.members(350, 100), last),
        ]
        world.settle()
        assert [through(world, part).settled for part in parts] == [150, 150, 100]
        asked = [""]

        def end() -> Receipt:
            said = destination.complete_replacement(audience_id, last, asked[0])
            asked[0] = said.request_id or ""
            return said

        receipt = completed(world, end)

        assert receipt.settlement is Settlement.SETTLED
        assert world.member_count(audience_id) == 250

    def test_an_account_wide_removal_reaches_every_list(self, world: World) -> None:
        """Where it is offered: an erasure must."""
        destination = world.destination
        if not isinstance(destination, AccountWideRemoval):
            pytest.skip("does not offer removal from all lists")
        ids = build(world)
        lists = [ids[spec.key] for spec in world.specs() if isinstance(spec, AudienceSpec)]
        for number, audience_id in enumerate(lists):
            send(world, Operation.ADD, audience_id, (0, 150), number + 1)

        receipt = destination.remove_everywhere(world.members(0, 10), batch(lists[0], 99))
        settled = through(world, receipt)

        assert settled.settled == 10
        assert [world.member_count(audience_id) for audience_id in lists] == [140] * len(lists)


def build(world: World) -> dict[str, str]:
    """Create everything; returns platform ids by spec key."""
    ids: dict[str, str] = {}
    for spec in world.specs():
        made = world.destination.create(spec, ids)
        assert made.key == spec.key
        ids[spec.key] = made.platform_id
    return ids


def one_audience(world: World) -> str:
    """The platform id of the first audience, made now."""
    return world.destination.create(world.specs()[0], {}).platform_id


def delivering(objects: Sequence[RemoteObject]) -> list[RemoteObject]:
    """Everything that could spend."""
    return [remote for remote in objects if remote.kind != "audience"]


def batch(audience_id: str, number: int) -> str:
    """The id of a batch: 32 hexadecimal digits, used once on an account."""
    return hashlib.sha256(f"{audience_id} {number}".encode()).hexdigest()[:32]


def send(world: World, operation: Operation, audience_id: str, people: tuple[int, int], number: int) -> Receipt:
    """Send people (first, rows) and see the batch through to its end."""
    receipt = world.destination.send(operation, audience_id, world.members(*people), batch(audience_id, number))
    assert receipt.sent == people[1]
    return through(world, receipt)


def through(world: World, receipt: Receipt) -> Receipt:
    """What becomes of a batch once the platform has worked on it."""
    world.settle()
    request_id = receipt.request_id
    if receipt.settlement is Settlement.PROCESSING:
        assert request_id is not None
        return completed(world, lambda: world.destination.settle(request_id, receipt.sent))
    return receipt


def completed(world: World, ask: Callable[[], Receipt]) -> Receipt:
    """Ask until it is no longer processing."""
    receipt = ask()
    for _ in range(20):
        if receipt.settlement is not Settlement.PROCESSING:
            break
        wait(world, 60)
        world.settle()
        receipt = ask()
    return receipt


def wait(world: World, seconds: float) -> None:
    """Let time pass on the world's clock."""
    world.clock.sleep(seconds)


def says_nothing_secret(error: BaseException, world: World, people: "pa.Table") -> bool:
    """Neither a secret nor a person in any text the error, or what it was raised from, could bring to a screen."""
    digests = {text for row in people.to_pylist() for value in row.values() for text in _texts(value) if len(text) > 31}
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        said += [str(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    text = "\n".join(said)
    return not any(hidden in text for hidden in (*world.secrets, *digests))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []
