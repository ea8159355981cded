"""Platforms accept uploads and work on them for hours: a plan goes by what they say now, and writes nothing down."""

from contextlib import closing

from activator.ledger.store import LedgerReader
from activator.model.ledger import BatchState
from activator.model.plan import ChangeMembers
from activator.sync import apply_plan
from tests.integration.test_partial_refusals import Brand, brand

__all__ = ["brand"]


def processing(brand: Brand) -> int:
    with closing(LedgerReader(brand.runner.workspace.ledger_place, brand.clock)) as ledger:
        return sum(batch.state is BatchState.PROCESSING for batch in ledger.every_batch())


def test_a_plan_asks_what_became_of_uploads(brand: Brand) -> None:
    brand.people[41] = "granted"
    brand.write()
    brand.one.faults.extend(["processing"] * 9)
    brand.one.busy = True
    plan, folder = brand.plan()
    apply_plan(brand.runner, plan, folder)
    before = processing(brand)
    assert before
    brand.one.busy = False
    del brand.people[41]
    brand.write()
    plan, folder = brand.plan()
    assert [state.held_back for state in plan.audiences] == [0] * len(plan.audiences)
    assert any(isinstance(change, ChangeMembers) and change.destination == "meta" for change in plan.changes)
    assert processing(brand) == before, "planning writes nothing"
    brand.one.faults.clear()
    apply_plan(brand.runner, plan, folder)
    assert brand.plan()[0].changes == ()
