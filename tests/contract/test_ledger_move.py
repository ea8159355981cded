"""Moving a ledger between SQLite and PostgreSQL, both ways: everything arrives, and the old one is used no more."""

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from activator.config.ledger_place import LedgerPlace
from activator.errors import LeaseHeldError, LedgerError
from activator.ledger import batches, files, lease, move, moved, outbox, plans
from activator.ledger.copying import compare_rows
from activator.ledger.database import open_database
from activator.ledger.schema import metadata, performance, shared_files, slots
from activator.ledger.store import Ledger, LedgerReader
from activator.model.delivery import Operation
from tests.clocks import ManualClock
from tests.contract.ledger_places import place_of

BATCHES = ("a" * 32, "b" * 32)
WINDOW = timedelta(hours=24)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=[("sqlite", "postgres"), ("postgres", "sqlite")], ids=["to the server", "to the folder"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[LedgerPlace, LedgerPlace]:
    """An empty place of each kind, with the same folder, as they are on one host."""
    one, other = (place_of(request, tmp_path, kind) for kind in request.param)
    return one, other


def content(name: str) -> bytes:
    return f"members of {name}".encode()


def used(place: LedgerPlace, clock: ManualClock) -> None:
    """A ledger with something in many tables: batches, one of them lost, an outbox, reports, an audit log."""
    with closing(Ledger(place, clock)) as ledger:
        for name in BATCHES:
            keep(ledger, f"membership/meta/{name}.parquet", content(name))
        keep(ledger, "outbox/seen-1.parquet", b"who was seen")
        with ledger.writing() as connection:
            for name in BATCHES:
                file, digest = f"membership/meta/{name}.parquet", hashlib.sha256(content(name)).hexdigest()
                batches.intend(
                    connection, clock, batch_id=name, plan_id="p1", destination="meta", audience_key="audience/high",
                    operation=Operation.ADD, file=file, digest=digest, rows=10, owed=False,
                )  # fmt: skip
            outbox.move_seen(connection, json.dumps({"file": "seen-1.parquet", "tags": []}))
            plans.begin(connection, clock, "p1", 0, "Zwölf Änderungen, “quoted”")
            plans.note(connection, clock, "anna@host:1", "apply", "p1", "größer")
            connection.execute(
                insert(performance).values(
                    destination="meta", ad_id="1", day=clock.now().date(), as_of=clock.now(), campaign_id="2",
                    group_id="3", spend_micros=2**40, impressions=1, clicks=0, conversions_milli=0, value_micros=0,
                    currency="EUR",
                )
            )  # fmt: skip
            first = batches.find(connection, ledger.folder, BATCHES[0])
            assert first is not None
            batches.about_to_send(connection, clock, first, WINDOW)


def keep(ledger: Ledger, name: str, body: bytes) -> None:
    (ledger.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (ledger.folder / name).write_bytes(body)
    with ledger.writing() as connection:
        files.share(connection, ledger.folder, name)


@pytest.fixture
def moved_on(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> tuple[LedgerPlace, LedgerPlace]:
    used(way[0], clock)
    move.move(*way, clock)
    return way


def test_everything_arrives(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    old, new = way
    used(old, clock)
    told = move.move(old, new, clock)
    assert told.batches == len(BATCHES)
    one, other = open_database(old), open_database(new)
    with one.reading() as before, other.reading() as after:
        assert compare_rows(before, after) == told.rows - 1, "all but how often it was moved"
        for table in metadata.sorted_tables:
            if table.name not in ("fact", "shared_file"):
                assert sorted(map(repr, before.execute(select(table)))) == sorted(
                    map(repr, after.execute(select(table)))
                )
    one.engine.dispose()
    other.engine.dispose()


def test_another_host_finds_the_files_too(
    moved_on: tuple[LedgerPlace, LedgerPlace], clock: ManualClock, tmp_path: Path
) -> None:
    elsewhere = moved_on[1] if moved_on[1].server is None else replace(moved_on[1], folder=tmp_path / "other-host")
    with closing(LedgerReader(elsewhere, clock)) as ledger:
        found = {batch.batch_id: batch.file.read_bytes() for batch in ledger.every_batch()}
        assert found == {name: content(name) for name in BATCHES}
        assert [lost.batch_id for lost in ledger.audience_log("meta", "audience/high").lost] == [BATCHES[0]]


def test_the_ledger_keeps_its_name_and_goes_on_counting(
    way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock
) -> None:
    used(way[0], clock)
    with closing(LedgerReader(way[0], clock)) as before:
        name = before.lineage
    move.move(*way, clock)
    with closing(Ledger(way[1], clock)) as ledger:
        assert (ledger.lineage, ledger.serial()) == (name, 1)
        with ledger.writing() as connection:
            plans.note(connection, clock, "anna@host:1", "apply", "p2")
            assert [it.subject for it in connection.execute(select(metadata.tables["audit"]))] == ["p1", "p2"]
        keep(ledger, "membership/meta/c.parquet", b"c")
        with ledger.writing() as connection:
            batches.intend(
                connection, clock, batch_id="c" * 32, plan_id="p2", destination="meta", audience_key="audience/high",
                operation=Operation.ADD, file="membership/meta/c.parquet", digest="d", rows=1, owed=False,
            )  # fmt: skip
        assert [batch.batch_id[0] for batch in ledger.every_batch()] == ["a", "b", "c"]


def test_the_old_one_is_used_no_more_and_says_where_the_new_one_is(
    moved_on: tuple[LedgerPlace, LedgerPlace], clock: ManualClock
) -> None:
    old, new = moved_on
    with pytest.raises(LedgerError, match="was moved and is used no more; it is now the ledger") as caught:
        LedgerReader(old, clock)
    where = new.schema if new.server is not None else str(new.folder)
    assert where in caught.value.message
    assert "only-here" not in f"{caught.value.message} {caught.value.next_step}", "no password"
    assert "ACTIVATOR_LEDGER_URL" in caught.value.next_step


def test_who_had_it_open_before_cannot_write_any_more(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    used(way[0], clock)
    with closing(Ledger(way[0], clock)) as still_open:
        move.move(*way, clock)
        with pytest.raises(LedgerError, match="was moved"), still_open.writing():
            pass


def test_it_can_be_moved_back_and_forth(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    old, new = way
    used(old, clock)
    for source, target in ((old, new), (new, old), (old, new)):
        move.move(source, target, clock)
        with closing(Ledger(target, clock)) as ledger, ledger.writing() as connection:
            plans.note(connection, clock, "anna@host:1", "moved", "it")
    with closing(LedgerReader(new, clock)) as last, last.reading() as connection:
        written = connection.execute(select(metadata.tables["audit"])).all()
    assert len(written) == 4, "nothing written in between is lost"


def test_it_is_not_moved_while_a_run_is_at_work(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    used(way[0], clock)
    with closing(Ledger(way[0], clock)) as ledger:
        with ledger.writing() as connection:
            held = lease.take(connection, clock, "apply", "elsewhere:1")
        with pytest.raises(LeaseHeldError, match="elsewhere:1"):
            move.move(*way, clock)
        with ledger.writing() as connection:
            lease.release(connection, clock, held)
            connection.execute(
                insert(slots).values(
                    schedule="nightly", instant=clock.now(), state="claimed", holder="elsewhere:2",
                    lease_until=clock.now() + timedelta(minutes=1),
                )
            )  # fmt: skip
        with pytest.raises(LeaseHeldError, match="elsewhere:2"):
            move.move(*way, clock)
        clock.advance(minutes=2)
        move.move(*way, clock)


def test_a_place_in_use_is_left_alone(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    old, new = way
    used(old, clock)
    with closing(Ledger(new, clock)) as stranger:
        name = stranger.lineage
        with stranger.writing() as connection:
            plans.begin(connection, clock, "other", 0, "another project's")
    with pytest.raises(LedgerError, match="in use already"):
        move.move(old, new, clock)
    with closing(LedgerReader(new, clock)) as stranger:
        assert (stranger.lineage, stranger.serial()) == (name, 1)
    with closing(LedgerReader(old, clock)) as ledger:
        assert ledger.serial() == 1, "the old one goes on"


def test_a_place_that_was_only_looked_at_is_free(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    used(way[0], clock)
    LedgerReader(way[1], clock).close()
    move.move(*way, clock)
    with closing(LedgerReader(way[1], clock)) as ledger:
        assert ledger.serial() == 1


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_file_that_is_not_whole_stops_the_move_and_the_old_one_goes_on(
    way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock, harm: str
) -> None:
    old, new = way
    used(old, clock)
    name = f"membership/meta/{BATCHES[1]}.parquet"
    database = open_database(old)
    if old.server is None:
        (old.folder / name).unlink() if harm == "missing" else (old.folder / name).write_bytes(b"cut")
    else:
        of_it = shared_files.c.name == name
        with database.writing() as connection:
            harmed = shared_files.delete() if harm == "missing" else shared_files.update().values(content=b"cut")
            connection.execute(harmed.where(of_it))
    database.engine.dispose()
    with pytest.raises(LedgerError, match=name):
        move.move(old, new, clock)
    with closing(Ledger(old, clock)) as ledger, ledger.writing() as connection:
        assert moved.mark_of(connection) is None
    with closing(LedgerReader(new, clock)) as there:
        assert there.serial() == 0, "nothing is left at the new place"


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the end", "after the end"])
def test_a_move_that_was_killed_leaves_no_ledger_in_use_and_goes_on(
    way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock, *, after_commit: bool
) -> None:
    old, new = way
    used(old, clock)
    if after_commit:
        move.move(old, new, clock)
    else:  # what such a process leaves: the mark, and nothing at the new place
        one, other = open_database(old), open_database(new)
        mark = move._mark(one, other, new)
        with one.changing() as connection:
            moved.put_mark(connection, mark)
        one.engine.dispose()
        other.engine.dispose()
    with pytest.raises(LedgerError, match="was moved"):
        LedgerReader(old, clock)
    told = move.move(old, new, clock)
    assert told.batches == len(BATCHES)
    with closing(LedgerReader(new, clock)) as ledger:
        assert ledger.serial() == 1


def test_the_older_of_two_marked_ledgers_never_replaces_the_newer(
    way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock
) -> None:
    old, new = way
    used(old, clock)
    move.move(old, new, clock)
    move.move(new, old, clock)  # `new` keeps its mark and what it knew then
    one, other = open_database(old), open_database(new)
    with one.changing() as connection:  # a third move begins, and is killed
        moved.put_mark(connection, replace(move._mark(one, other, new), number=3))
    one.engine.dispose()
    other.engine.dispose()
    with pytest.raises(LedgerError, match="is the newer one"):
        move.move(new, old, clock)
    with pytest.raises(LedgerError, match="was moved"):
        LedgerReader(new, clock)
    move.move(old, new, clock)
    with closing(LedgerReader(new, clock)) as ledger:
        assert ledger.serial() == 1


def test_there_must_be_a_ledger(way: tuple[LedgerPlace, LedgerPlace], clock: ManualClock) -> None:
    with pytest.raises(LedgerError, match=r"there is no ledger to move|is empty"):
        move.move(*way, clock)
