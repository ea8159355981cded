"""Compacting the membership log changes nothing that is believed, and forgets who left long ago."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activator.apply.tidying import folding
from activator.ledger import compaction, lease
from activator.ledger.compaction import BaseFile, Policy
from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord, BatchState
from activator.people.engine import open_engine
from tests.integration.test_membership_protocol import World

KEY = "audience/high"
POLICY = Policy(keep_left=timedelta(days=30), batches_max=3)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Four mornings: people came, one left, one has another phone, one add was never answered."""
    world = World(tmp_path)
    world.apply(world.plan({"anna", "bo", "cy"}, phones={"cy": "1"}))
    world.apply(world.plan({"anna", "cy", "dee"}, phones={"cy": "2"}))
    world.clock.advance(hours=1)
    world.platform.faults.extend(["lost_before"] * 3)
    world.apply(world.plan({"anna", "cy", "dee", "eve"}, phones={"cy": "2"}))
    world.clock.advance(hours=30)
    return world


def compact(world: World, policy: Policy = POLICY) -> int:
    ledger = world.ledger
    with ledger.writing() as connection:
        held = lease.take(connection, world.clock, f"meta/{KEY}", "me:1")
    folder = world.folder / f"bases{held.epoch}"
    folder.mkdir()
    with open_engine(world.folder / "scratch") as engine:
        replaced = compaction.compact(ledger, held, "meta", KEY, policy, folding(engine, "meta", folder))
    with ledger.writing() as connection:
        lease.release(connection, world.clock, held)
    return replaced


def log(world: World) -> Sequence[BatchRecord]:
    return world.ledger.audience_log("meta", KEY).batches


def rows(batch: BatchRecord) -> list[dict[str, str]]:
    found: list[dict[str, str]] = pq.read_table(batch.file).to_pylist()
    return found


def names(world: World) -> dict[tuple[Operation, bool], set[str]]:
    return {
        (batch.operation, batch.state.unresolved): {row["EMAIL"] + row["PHONE"] for row in rows(batch)}
        for batch in log(world)
    }


def files(world: World) -> set[str]:
    return {path.name for path in (world.folder / ".activator" / "membership").rglob("*.parquet")}


def test_a_base_says_the_same_of_each_member_in_few_files(world: World) -> None:
    before = world.plan({"anna", "cy", "dee"}, phones={"cy": "2"})
    old = len(log(world))
    assert compact(world) == old > 4
    assert names(world) == {
        (Operation.ADD, False): {"anna", "cy2", "dee"},
        (Operation.REMOVE, False): {"bo", "cy1"},
        (Operation.ADD, True): {"eve"},
    }
    after = world.plan({"anna", "cy", "dee"}, phones={"cy": "2"})
    assert (after.states, after.movements) == (before.states, before.movements)
    assert [change.batches[0].digest for change in after.removes] == [c.batches[0].digest for c in before.removes]


def test_a_base_of_a_base_keeps_the_rules_each_row_was_made_with(world: World) -> None:
    compact(world)
    first = {row["EMAIL"]: row["normaliser_version"] for batch in log(world) for row in rows(batch)}
    assert all(first.values())
    for people in ({"anna"}, {"anna", "fay"}, {"fay"}):
        world.apply(world.plan(people))
        world.clock.advance(hours=30)
    assert compact(world)
    again = {row["EMAIL"]: row["normaliser_version"] for batch in log(world) for row in rows(batch)}
    assert first.items() <= again.items()


def test_who_left_long_ago_is_forgotten_with_every_file_that_named_them(world: World) -> None:
    world.clock.advance(days=31)
    compact(world, Policy(keep_left=timedelta(days=30)))
    assert (Operation.REMOVE, False) not in names(world)
    world.clock.advance(hours=2)
    compaction.sweep(world.ledger)
    assert files(world) == {batch.file.name for batch in log(world)} | {
        batch.file.name for batch in world.ledger.audience_log("meta", "audience/low").batches
    }


def test_removing_somebody_once_more_does_not_keep_them_for_longer(world: World) -> None:
    for _ in range(5):
        world.clock.advance(days=7)
        world.apply(world.plan({"anna", "cy", "dee", "eve"}, phones={"cy": "2"}, asserting={KEY}))
    compact(world, Policy(keep_left=timedelta(days=30)))
    assert (Operation.REMOVE, False) not in names(world)


def test_a_log_about_which_something_may_still_change_is_left_alone_from_there_on(world: World) -> None:
    world.platform.faults.extend(["lost_before"] * 3)
    world.apply(world.plan({"anna", "cy", "dee", "eve"}, phones={"cy": "2"}))
    unresolved = log(world)[-1]
    compact(world)
    assert log(world)[-1] == unresolved
    assert world.plan(set()).states[0].held_back == 1, "eve's add may still land"


@pytest.mark.parametrize("at", ["before a file is written", "after the files are written"])
def test_an_interrupted_compaction_changes_nothing_and_its_files_go(world: World, at: str) -> None:
    ledger, before, known = world.ledger, log(world), files(world)
    with ledger.writing() as connection:
        held = lease.take(connection, world.clock, f"meta/{KEY}", "me:1")

    def fold(batches: Sequence[BatchRecord], left_since: datetime) -> Sequence[BaseFile]:
        (world.folder / "base.parquet").write_bytes(batches[0].file.read_bytes())
        there = BaseFile(world.folder / "base.parquet", batches[0].rows, Operation.ADD, certain=True)
        gone = BaseFile(world.folder / "none.parquet", 1, Operation.ADD, certain=False)
        return (gone,) if at.startswith("before") else (there, gone)

    with pytest.raises(FileNotFoundError):
        compaction.compact(ledger, held, "meta", KEY, POLICY, fold)
    assert log(world) == before
    world.clock.advance(hours=2)
    compaction.sweep(ledger)
    assert files(world) == known


def test_files_stay_for_a_while_as_a_plan_may_be_reading_them(world: World) -> None:
    known = files(world)
    compact(world)
    compaction.sweep(world.ledger)
    assert files(world) >= known
    assert all(batch.state is not BatchState.REJECTED for batch in log(world))
