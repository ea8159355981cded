"""Other rules for identifiers: everyone they touch is taken out under the old digests and put in under the new ones."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activator.model.identity import IdentifierRules, Separators
from activator.model.people import Entity
from activator.people.engine import open_engine
from activator.people.pipeline import TierCut
from activator.plan.members import MemberPlan, MemberPlanner
from tests.integration.test_membership_protocol import HIGH, World
from tests.people_relations import GRANTED, build, order, source

OLD = IdentifierRules()
NEW = IdentifierRules(meta_name_separators=Separators.KEEP)
PEOPLE = {"anna": "Mary-Jane", "bo": "Bo"}  # the rules differ about the first only


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def planned(world: World, rules: IdentifierRules) -> MemberPlan:
    """Plan the same two people under some rules, by the very steps a sync takes."""
    world.rounds += 1
    folder = world.folder / f"plan{world.rounds}"
    folder.mkdir()
    contacts = [{"email": f"{name}@example.com", "first_name": first, **GRANTED} for name, first in PEOPLE.items()]
    orders = [order(f"{name}@example.com", 100) for name in PEOPLE]
    with open_engine(world.folder / "scratch") as engine:
        people = build(
            engine,
            source(Entity.CONTACTS, contacts),
            source(Entity.ORDERS, orders),
            as_of=date(2026, 11, 1),
            tiers=(TierCut("high", Decimal(1)), TierCut("rest", None)),
            rules=rules,
        )
        planner = MemberPlanner(
            engine, "meta", "meta", 2, folder, people.membership("meta"), lambda: people.status("meta"), rules.version
        )
        return planner.plan([(HIGH, world.ledger.audience_log("meta", HIGH.key))])


def names_sent(folder: Path, files: list[str]) -> set[str]:
    return {name for file in files for name in pq.read_table(folder / file).column("FN").to_pylist()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    assert made.apply(planned(made, OLD)).exit_code == 0
    return made


def test_whom_new_rules_touch_is_removed_by_the_old_digests_before_the_new_ones_are_added(world: World) -> None:
    plan = planned(world, NEW)
    folder = world.folder / f"plan{world.rounds}"
    (removal,), (addition,) = plan.removes, plan.adds_after
    assert plan.adds == ()
    assert names_sent(folder, [batch.file for batch in removal.batches]) == {digest("maryjane")}
    assert names_sent(folder, [batch.file for batch in addition.batches]) == {digest("mary-jane")}
    assert [(move.reason, move.people) for move in plan.movements] == [("identifiers changed", 1)]
    versions = {
        str(pq.read_schema(file).metadata[b"activator.normaliser_version"], "ascii"): file.parent.name
        for file in sorted(world.folder.glob("plan*/*.parquet"))
    }
    assert versions == {"3": "plan1", "3 meta_name_separators=keep": "plan2"}

    assert world.apply(plan).exit_code == 0
    assert world.platform.emails("audience/high") == {digest(f"{name}@example.com") for name in PEOPLE}
    after = planned(world, NEW)
    assert (after.removes, after.adds, after.adds_after) == ((), (), ())


def test_batches_of_a_release_that_knew_fewer_columns_are_still_believed_and_taken_back(world: World) -> None:
    """Version 1 wrote neither EXTERN_ID nor MADID: its files are read as if those were empty."""
    for batch in world.ledger.audience_log("meta", HIGH.key).batches:
        table = pq.read_table(batch.file)
        pq.write_table(table.drop_columns(["EXTERN_ID", "MADID"]), batch.file)
    plan = planned(world, NEW)
    assert [change.rows for change in (*plan.removes, *plan.adds_after)] == [1, 1]
