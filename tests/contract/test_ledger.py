"""The ledger: intent before send, lost sends remembered, one writer, and a serial that makes plans go stale.

Asked of both stores, SQLite beside the project and a real PostgreSQL server.
"""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from activator.config.ledger_place import LedgerPlace
from activator.errors import LeaseHeldError, LeaseLostError, LedgerError, StalePlanError
from activator.ledger import (
    batches,
    compaction,
    files,
    lease,
    objects,
    performance,
    plans,
    reassertions,
    replacements,
    retired,
)
from activator.ledger.lease import Lease
from activator.ledger.schema import audit
from activator.ledger.slots import LedgerSlots
from activator.ledger.store import Ledger, LedgerReader
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.ledger import BatchRecord, BatchState, ReplacementRecord
from activator.model.performance import PerformanceRow
from tests.clocks import ManualClock

WINDOW = timedelta(hours=24)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(place: LedgerPlace, clock: ManualClock) -> Iterator[Ledger]:
    ledger = Ledger(place, clock)
    yield ledger
    ledger.close()


def intend(
    ledger: Ledger, batch_id: str = "a" * 32, operation: Operation = Operation.ADD, *, owed: bool = False
) -> None:
    file = f"membership/meta/{batch_id}.members"
    (ledger.folder / file).parent.mkdir(parents=True, exist_ok=True)
    (ledger.folder / file).write_bytes(batch_id.encode())
    with ledger.writing() as connection:
        files.share(connection, ledger.folder, file)
        batches.intend(
            connection,
            ledger.clock,
            batch_id=batch_id,
            plan_id="p1",
            destination="meta",
            audience_key="audience/high",
            operation=operation,
            file=file,
            digest="d" * 64,
            rows=10,
            owed=owed,
        )


def found(ledger: Ledger, batch_id: str = "a" * 32) -> BatchRecord:
    with ledger.reading() as connection:
        record = batches.find(connection, ledger.folder, batch_id)
    assert record is not None
    return record


def send(ledger: Ledger, batch_id: str = "a" * 32) -> None:
    record = found(ledger, batch_id)
    with ledger.writing() as connection:
        batches.about_to_send(connection, ledger.clock, record, WINDOW)


def answer(ledger: Ledger, receipt: Receipt, batch_id: str = "a" * 32) -> None:
    with ledger.writing() as connection:
        batches.record_receipt(connection, ledger.clock, batch_id, receipt)


SETTLED = Receipt(Settlement.SETTLED, 10, settled=9, rejected=1)


def test_the_store_is_private_to_its_owner(tmp_path: Path, clock: ManualClock) -> None:
    ledger = Ledger(tmp_path / ".activator", clock)
    assert stat.S_IMODE(ledger.folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in ledger.folder.glob("ledger.sqlite*"))


def test_a_reader_cannot_write(place: LedgerPlace, clock: ManualClock) -> None:
    reader = LedgerReader(place, clock)
    with pytest.raises(LedgerError, match=r"read-?only"), reader.reading() as connection:
        plans.note(connection, clock, "me", "wrote", "something")
    reader.close()


def test_a_crash_between_intent_and_answer_leaves_an_unresolved_batch(ledger: Ledger) -> None:
    intend(ledger)
    send(ledger)
    assert found(ledger).state.unresolved
    assert [record.batch_id for record in ledger.open_batches()] == ["a" * 32]
    assert len(ledger.audience_log("meta", "audience/high").lost) == 1


def test_an_answered_send_is_no_longer_in_the_air(ledger: Ledger) -> None:
    intend(ledger)
    send(ledger)
    answer(ledger, SETTLED)
    record = found(ledger)
    assert (record.state, record.settled, record.rejected) == (BatchState.SETTLED, 9, 1)
    assert ledger.audience_log("meta", "audience/high").lost == ()


def test_a_lost_send_is_remembered_past_a_later_answer_until_its_window_ends(
    ledger: Ledger, clock: ManualClock
) -> None:
    intend(ledger)
    send(ledger)
    answer(ledger, Receipt(Settlement.UNKNOWN, 10, unknown=10))
    send(ledger)
    answer(ledger, SETTLED)
    assert len(ledger.audience_log("meta", "audience/high").lost) == 1
    clock.advance(hours=24, seconds=1)
    assert ledger.audience_log("meta", "audience/high").lost == ()


def test_a_refused_resend_stays_unknown_while_an_earlier_send_was_lost(ledger: Ledger) -> None:
    intend(ledger)
    send(ledger)
    answer(ledger, Receipt(Settlement.UNKNOWN, 10, unknown=10))
    assert (found(ledger).settled, found(ledger).unknown) == (0, 10)
    send(ledger)
    with ledger.writing() as connection:
        batches.record_no_effect(connection, "a" * 32, "throttled")
    assert found(ledger).state is BatchState.UNKNOWN


def test_a_receipt_that_does_not_add_up_is_impossible() -> None:
    with pytest.raises(AssertionError, match="balance"):
        Receipt(Settlement.SETTLED, 10, settled=9)


def take(ledger: Ledger, holder: str) -> Lease:
    with ledger.writing() as connection:
        return lease.take(connection, ledger.clock, "apply", holder)


def write_under(ledger: Ledger, held: Lease) -> None:
    with ledger.writing() as connection:
        lease.renew(connection, ledger.clock, held)


def test_only_one_run_holds_the_lease_until_it_is_over(ledger: Ledger, clock: ManualClock) -> None:
    first = take(ledger, "elsewhere:1")
    with pytest.raises(LeaseHeldError, match="another run is at work"):
        take(ledger, "me:2")
    clock.advance(minutes=9)
    write_under(ledger, first)
    clock.advance(minutes=9)
    with pytest.raises(LeaseHeldError):
        take(ledger, "me:2")
    clock.advance(minutes=2)
    second = take(ledger, "me:2")
    assert second.succeeds, "nobody knows whether the first is still alive"


def test_a_run_whose_lease_was_taken_over_writes_nothing_more(ledger: Ledger, clock: ManualClock) -> None:
    first = take(ledger, "elsewhere:1")
    clock.advance(hours=1)
    second = take(ledger, "me:2")
    with pytest.raises(LeaseLostError, match="took over"):
        write_under(ledger, first)
    with ledger.writing() as connection:
        lease.release(connection, clock, second)
    third = take(ledger, "elsewhere:1")
    with pytest.raises(LeaseLostError):
        write_under(ledger, first)
    assert (third.epoch, third.succeeds) == (3, False), "an epoch is never used twice, not even by the same holder"


def test_a_dead_run_gives_its_lease_up_at_once(ledger: Ledger) -> None:
    dead = lease.this_process().rpartition(":")[0] + ":4194304"  # above any real pid on Linux
    take(ledger, dead)
    assert not take(ledger, "me:2").succeeds


def test_taking_over_an_audience_presumes_its_open_sends_lost_from_now_on(ledger: Ledger, clock: ManualClock) -> None:
    intend(ledger)
    send(ledger)
    clock.advance(hours=23)
    with ledger.writing() as connection:
        batches.presume_lost(connection, clock, "meta", "audience/high", WINDOW)
    clock.advance(hours=23)
    assert len(ledger.audience_log("meta", "audience/high").lost) == 1
    clock.advance(hours=2)
    assert ledger.audience_log("meta", "audience/high").lost == ()


def test_a_batch_sent_again_after_a_refusal_is_open_again(ledger: Ledger) -> None:
    intend(ledger)
    send(ledger)
    with ledger.writing() as connection:
        batches.record_no_effect(connection, "a" * 32, "throttled")
    assert found(ledger).state is BatchState.REJECTED
    send(ledger)
    assert found(ledger).state.unresolved


def test_adds_that_a_removal_owes_stay_in_doubt_when_refused(ledger: Ledger) -> None:
    intend(ledger, owed=True)
    send(ledger)
    with ledger.writing() as connection:
        batches.record_no_effect(connection, "a" * 32, "throttled")
    assert found(ledger).state.unresolved


def test_the_end_of_an_upload_is_recorded_once_and_not_over_a_later_send(ledger: Ledger, clock: ManualClock) -> None:
    intend(ledger)
    send(ledger)
    answer(ledger, Receipt(Settlement.PROCESSING, 10, processing=10, request_id="r"))
    asked = found(ledger)
    for receipt in (Receipt(Settlement.UNKNOWN, 10, unknown=10), SETTLED):
        with ledger.writing() as connection:
            batches.record_settlement(connection, clock, asked, receipt, WINDOW)
    assert found(ledger).state is BatchState.UNKNOWN
    assert len(ledger.audience_log("meta", "audience/high").lost) == 1, "what failed may have had a part of its effect"


@pytest.mark.parametrize(("lost_before", "state"), [(False, BatchState.REJECTED), (True, BatchState.UNKNOWN)])
def test_an_upload_refused_in_the_end_had_no_effect_unless_an_earlier_send_had(
    ledger: Ledger, clock: ManualClock, *, lost_before: bool, state: BatchState
) -> None:
    intend(ledger)
    if lost_before:
        send(ledger)
        answer(ledger, Receipt(Settlement.UNKNOWN, 10, unknown=10))
    send(ledger)
    answer(ledger, Receipt(Settlement.PROCESSING, 10, processing=10, request_id="r"))
    refused = Receipt(Settlement.REJECTED, 10, rejected=10, detail="malformed")
    with ledger.writing() as connection:
        batches.record_settlement(connection, clock, found(ledger), refused, WINDOW)
    assert (found(ledger).state, found(ledger).rejected, found(ledger).detail) == (state, 10, "malformed")
    assert len(ledger.audience_log("meta", "audience/high").lost) == lost_before


def test_who_did_what_and_when_is_written_down(ledger: Ledger, clock: ManualClock) -> None:
    with ledger.writing() as connection:
        plans.note(connection, clock, "anna@host:1", "approve", "p1", "seen")
        plans.note(connection, clock, "host:2", "apply", "p1")
    with ledger.reading() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.sequence)).all()
    told = [(row.at, row.actor, row.action, row.subject, row.detail) for row in rows]
    assert told == [
        (clock.now(), "anna@host:1", "approve", "p1", "seen"),
        (clock.now(), "host:2", "apply", "p1", ""),
    ]


def test_a_plan_made_before_another_began_is_stale(ledger: Ledger, clock: ManualClock) -> None:
    with ledger.writing() as connection:
        plans.begin(connection, clock, "p1", 0, "")
    with pytest.raises(StalePlanError, match="another plan"), ledger.writing() as connection:
        plans.begin(connection, clock, "p2", 0, "")


def test_an_interrupted_plan_goes_on_and_a_finished_one_does_not(ledger: Ledger, clock: ManualClock) -> None:
    with ledger.writing() as connection:
        plans.begin(connection, clock, "p1", 0, "")
    assert ledger.resumable("p1")
    made_meanwhile = ledger.serial()
    with ledger.writing() as connection:
        plans.begin(connection, clock, "p1", 0, "")
        plans.finish(connection, clock, "p1", complete=True, uses=(), tiers={})
    with pytest.raises(StalePlanError, match="already been applied"), ledger.writing() as connection:
        plans.begin(connection, clock, "p1", 0, "")
    with pytest.raises(StalePlanError, match="another plan"), ledger.writing() as connection:
        plans.begin(connection, clock, "p2", made_meanwhile, "")


def test_the_intent_of_a_create_is_kept_until_its_answer(ledger: Ledger, clock: ManualClock) -> None:
    with ledger.writing() as connection:
        objects.intend(connection, clock, "p1", "meta", "audience", "audience/high", "n [act:0]")
    assert ledger.owned("meta")["audience/high"].platform_id is None
    with ledger.writing() as connection:
        objects.acknowledge(connection, "meta", "audience/high", "777")
    assert ledger.owned("meta")["audience/high"].platform_id == "777"


def test_an_audience_is_asserted_a_week_after_it_was_made_or_last_asserted(ledger: Ledger, clock: ManualClock) -> None:
    def due() -> frozenset[str]:
        return ledger.assertions_due("meta", timedelta(days=7))

    with ledger.writing() as connection:
        objects.intend(connection, clock, "p1", "meta", "audience", "audience/high", "n [act:0]")
        objects.acknowledge(connection, "meta", "audience/high", "777")
    assert due() == frozenset()
    clock.advance(days=7)
    assert due() == {"audience/high"}
    with ledger.writing() as connection:
        reassertions.record(connection, clock.now(), [("meta", "audience/high")])
    assert due() == frozenset()
    clock.advance(days=7)
    assert due() == {"audience/high"}


def test_performance_shows_the_newest_restatement(ledger: Ledger, clock: ManualClock) -> None:
    day = clock.now().date()

    def row(value_micros: int) -> PerformanceRow:
        return PerformanceRow("meta", "1", "2", "3", day, 5_000_000, 100, 10, 2_000, value_micros, "EUR")

    with ledger.writing() as connection:
        performance.record(connection, clock, [row(1)])
    clock.advance(hours=1)
    with ledger.writing() as connection:
        performance.record(connection, clock, [row(2)])
    with ledger.reading() as connection:
        assert [kept.value_micros for kept in performance.latest(connection, day, day)] == [2]


def test_one_local_date_is_claimed_once_whatever_the_instant(ledger: Ledger, clock: ManualClock) -> None:
    slots, now = LedgerSlots(ledger), clock.now()
    minutes = timedelta(minutes=3)
    assert slots.claim("nightly", now, now.date(), now, "a", minutes)
    assert not slots.claim("nightly", now, now.date(), now, "b", minutes)
    assert not slots.claim("nightly", now + timedelta(hours=1), now.date(), now, "b", minutes)
    assert slots.claim("nightly", now, now.date(), now + timedelta(hours=1), "b", minutes)


def test_a_newer_ledger_is_left_alone(ledger: Ledger, place: LedgerPlace, clock: ManualClock) -> None:
    with ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="newer activator"):
        Ledger(place, clock)


def test_a_damaged_ledger_stops_the_run(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError):
        Ledger(tmp_path, clock)


def test_migrations_lead_to_exactly_the_declared_schema(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from activator.ledger.schema import metadata

    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_copies_of_what_another_host_has_deleted_are_deleted_here_too(
    ledger: Ledger, place: LedgerPlace, clock: ManualClock
) -> None:
    intend(ledger)
    intend(ledger, "b" * 32)
    found(ledger)
    with ledger.writing() as connection:
        retired.retire(connection, clock, [f"membership/meta/{'a' * 32}.members"])
    other = replace(place, folder=ledger.folder.with_name("other-host"))
    clock.instant = datetime.now(UTC) + timedelta(hours=2)  # files bear the time of this machine
    if place.server is None:
        compaction.sweep(ledger)
    else:
        with closing(Ledger(other, clock)) as elsewhere:
            assert [batch.file.is_file() for batch in elsewhere.every_batch()] == [True, True]
            compaction.sweep(elsewhere)
        compaction.sweep(ledger)
    assert [path.name for path in (ledger.folder / "membership" / "meta").iterdir()] == [f"{'b' * 32}.members"]


def test_writers_queue_up_so_what_they_read_stays_true(place: LedgerPlace, clock: ManualClock) -> None:
    def begin_one(number: int) -> int:
        with closing(Ledger(place, clock)) as ledger:
            with ledger.writing() as connection:
                plans.begin(connection, clock, f"p{number}", plans.serial(connection), "")
            return ledger.serial()

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(begin_one, range(24))) == 24


def test_a_reader_sees_one_state_while_others_write(ledger: Ledger, clock: ManualClock) -> None:
    with ledger.reading() as connection:
        before = plans.serial(connection)
        with ledger.writing() as writer:
            plans.begin(writer, clock, "p1", 0, "")
        assert plans.serial(connection) == before
    assert ledger.serial() == before + 1


def test_processes_that_start_together_make_one_ledger(place: LedgerPlace, clock: ManualClock) -> None:
    def lineage(_: int) -> str:
        with closing(Ledger(place, clock)) as ledger:
            return ledger.lineage

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lineage, range(8)))) == 1


def test_a_full_refresh_is_kept_until_it_has_ended_and_settles_its_batches(ledger: Ledger, clock: ManualClock) -> None:
    record = ReplacementRecord("meta", "audience/high", "p1", 2**62, 1, 10, at_once=True, started_at=clock.now())
    intend(ledger, "a" * 32, owed=True)
    intend(ledger, "b" * 32, Operation.REMOVE)
    with ledger.writing() as connection:
        replacements.begin(connection, record)
    assert ledger.replacing() == (record,)
    assert ledger.audience_log("meta", "audience/high").replacement == record
    send(ledger)
    answer(ledger, Receipt(Settlement.PROCESSING, 10, processing=9, rejected=1))
    with ledger.writing() as connection:
        replacements.all_sent(connection, record)
    assert found(ledger, "b" * 32).state is BatchState.PROCESSING
    with ledger.writing() as connection:
        replacements.finish(connection, clock, record)

    assert ledger.replacing() == ()
    part, leaving = found(ledger), found(ledger, "b" * 32)
    assert (part.state, part.settled, part.processing, part.rejected) == (BatchState.SETTLED, 9, 0, 1)
    assert (leaving.state, leaving.settled) == (BatchState.SETTLED, 10)


def test_a_full_refresh_given_up_may_land_until_its_quiet_window_ends(ledger: Ledger, clock: ManualClock) -> None:
    record = ReplacementRecord("meta", "audience/high", "p1", 7, 1, 10, at_once=True, started_at=clock.now())
    intend(ledger, "a" * 32, owed=True)
    with ledger.writing() as connection:
        replacements.begin(connection, record)
    send(ledger)
    answer(ledger, Receipt(Settlement.PROCESSING, 10, processing=10))
    with ledger.writing() as connection:
        replacements.give_up(connection, clock, record, WINDOW)

    assert ledger.replacing() == ()
    assert found(ledger).state is BatchState.UNKNOWN
    log = ledger.audience_log("meta", "audience/high")
    assert log.replacement is not None
    assert [lost.quiet_until for lost in log.lost] == [clock.now() + WINDOW]
    clock.advance(hours=25)
    log = ledger.audience_log("meta", "audience/high")
    assert (log.replacement, log.lost) == (None, ())
