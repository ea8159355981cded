"""A full refresh: a whole new list in the old one's place, on both platforms, whatever interrupts it."""

import pytest

from activator.config.clock import SystemClock
from activator.ledger.overview import state_of
from activator.ledger.store import LedgerReader
from activator.model.plan import ReplaceMembers
from activator.sync import apply_plan, make_plan, sync
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop, twenty_people


def in_use(shop: Shop) -> None:
    shop.people = twenty_people()
    shop.open()
    assert sync(shop.runner())[1].complete


def put_in_by_hand(shop: Shop, sandbox: Sandbox, platform: str, tier: str) -> None:
    """Somebody we never sent."""
    ledger = LedgerReader(shop.runner().workspace.ledger_place, SystemClock())
    audience_id = ledger.owned(platform)[f"audience/{tier}"].platform_id
    ledger.close()
    assert audience_id is not None
    sandbox.state.add_members(platform, audience_id, [{"EMAIL:" + "ab" * 32}], settle_seconds=0)


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_whoever_is_not_ours_is_out_afterwards(shop: Shop, sandbox: Sandbox, platform: str) -> None:
    in_use(shop)
    put_in_by_hand(shop, sandbox, platform, "high")
    assert shop.members(platform)["high"] == 5
    del shop.people[20]  # who is in the highest tier, and known to leave
    shop.export()

    plan, folder = make_plan(shop.runner(), refresh=[f"{platform}/high"], accepted={"full-refresh": "a small shop"})

    (change,) = [change for change in plan.changes if isinstance(change, ReplaceMembers)]
    assert (change.destination, change.audience_key, change.rows) == (platform, "audience/high", 4)
    assert sum(batch.rows for batch in change.leaving) == 1
    assert apply_plan(shop.runner(), plan, folder).complete
    state = state_of(shop.runner().workspace, SystemClock())
    going = [(one["destination"], one["audience_key"], one["rows"]) for one in state["refreshes"]]
    assert going == [("google", "audience/high", 4)] * (platform == "google")  # its second phase is a later run's
    for _ in range(3):
        sync(shop.runner())

    assert shop.members(platform)["high"] == 4
    again, _ = make_plan(shop.runner())
    assert again.changes == ()
    assert {state.believed for state in again.audiences if state.tier == "high"} == {4}
