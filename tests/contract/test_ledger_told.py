"""What the ledger tells people later: the last plan, what was sent and what came of it, who approved, what ads did.

Asked of both stores.
"""

from datetime import timedelta

from activator.ledger import approvals, overview, performance, plans
from activator.ledger.slots import LedgerSlots
from activator.ledger.store import Ledger
from activator.model.approval import Approval
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.performance import PerformanceRow
from tests.clocks import ManualClock
from tests.contract.test_ledger import answer, clock, intend, ledger, send

__all__ = ["clock", "ledger"]  # fixtures


def test_what_was_sent_is_told_with_what_the_platform_said_newest_first(ledger: Ledger, clock: ManualClock) -> None:
    intend(ledger)
    send(ledger)
    answer(ledger, Receipt(Settlement.SETTLED, 10, settled=9, rejected=1, request_id="r-1", detail="one malformed"))
    first = clock.now()
    clock.advance(minutes=1)
    intend(ledger, "b" * 32, Operation.REMOVE)
    send(ledger, "b" * 32)
    intend(ledger, "c" * 32)
    with ledger.reading() as connection:
        under_way, settled = overview.sends(connection)
    assert settled == {
        "at": first,
        "plan_id": "p1",
        "destination": "meta",
        "audience_key": "audience/high",
        "operation": "add",
        "rows": 10,
        "settled": 9,
        "rejected": 1,
        "processing": 0,
        "unknown": 0,
        "sends": 1,
        "state": "settled",
        "detail": "one malformed",
        "receipt": "r-1",
    }
    assert under_way["at"] == clock.now()
    assert (under_way["operation"], under_way["settled"], under_way["receipt"]) == ("remove", 0, None)


def test_the_last_plan_is_told_with_how_far_it_came(ledger: Ledger, clock: ManualClock) -> None:
    def told() -> dict[str, object] | None:
        with ledger.reading() as connection:
            return overview.last_plan(connection)

    assert told() is None
    began = clock.now()
    with ledger.writing() as connection:
        plans.begin(connection, clock, "p1", 0, "2 changes")
    as_begun = {"plan_id": "p1", "state": "applying", "summary": "2 changes", "started_at": began, "finished_at": None}
    assert told() == as_begun
    clock.advance(minutes=2)
    with ledger.writing() as connection:
        plans.finish(connection, clock, "p1", complete=False, uses=(), tiers={})
    assert told() == as_begun | {"state": "partial", "finished_at": clock.now()}
    with ledger.writing() as connection:
        plans.begin(connection, clock, "p2", ledger.serial(), "")
    assert (told() or {})["plan_id"] == "p2"


def test_of_each_schedule_the_newest_slot_is_told(ledger: Ledger, clock: ManualClock) -> None:
    slots, lease = LedgerSlots(ledger), timedelta(minutes=3)
    first = clock.now()
    for schedule in ("weekly", "nightly"):
        slots.claim(schedule, first, first.date(), first, "a", lease)
        slots.finish(schedule, first, first, "a", "failed", "no export")
    clock.advance(days=1)
    slots.claim("nightly", clock.now(), clock.now().date(), clock.now(), "a", lease)
    with ledger.reading() as connection:
        assert overview.newest_slots(connection) == [
            {"schedule": "nightly", "instant": clock.now(), "state": "claimed", "detail": ""},
            {"schedule": "weekly", "instant": first, "state": "failed", "detail": "no export"},
        ]


def test_approvals_are_kept_as_they_were_first_given(ledger: Ledger, clock: ManualClock) -> None:
    maria = Approval("p1", "maria", "maria@host:1", clock.now(), "looked at it")
    joe = Approval("p1", "joe", "joe@host:2", clock.now() + timedelta(hours=1), "me too")
    other = Approval("p2", "maria", "maria@host:3", clock.now(), "")
    again = Approval("p1", "maria", "maria@host:4", clock.now() + timedelta(hours=2), "again")
    with ledger.writing() as connection:
        for given in (joe, maria, other, again):
            approvals.approve(connection, given)
    with ledger.reading() as connection:
        assert approvals.of_plan(connection, "p1") == (maria, joe)
        assert approvals.of_plan(connection, "p2") == (other,)


def test_performance_is_told_of_every_ad_and_day_asked_for(ledger: Ledger, clock: ManualClock) -> None:
    today = clock.now().date()
    rows = [
        PerformanceRow(destination, "1", "2", ad, today - timedelta(days=back), 5_000_000, 100, 10, 2_000, back, "EUR")
        for destination, ad in (("google", "8"), ("meta", "3"), ("meta", "4"))
        for back in (2, 1)
    ]
    with ledger.writing() as connection:
        assert performance.record(connection, clock, reversed(rows)) == 6
    with ledger.reading() as connection:
        assert performance.latest(connection, today - timedelta(days=2), today) == tuple(rows)
        assert performance.latest(connection, today - timedelta(days=1), today) == tuple(rows[1::2])
        assert performance.latest(connection, today - timedelta(days=9), today - timedelta(days=2)) == tuple(rows[::2])
