"""Meta may refuse to take people out of a small list: they stay in, and every plan says so until they are out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activator.model.delivery import Operation
from activator.model.plan import ChangeMembers, Plan
from activator.sync import apply_plan, make_plan
from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop, twenty_people


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Sandbox]:
    options = MetaOptions(refuse_small_removals=True)
    with Sandbox(tmp_path / "sandbox", settle_seconds=0, platforms=("meta",), meta_options=options) as sandbox:
        yield sandbox


def removals(plan: Plan) -> dict[str, int]:
    """People to take out, by audience."""
    return {
        change.audience_key: change.rows
        for change in plan.changes
        if isinstance(change, ChangeMembers) and change.operation is Operation.REMOVE
    }


def test_a_refused_removal_is_owed_until_it_is_taken(refusing: Sandbox, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "small-lists", refusing, twenty_people())
    apply_plan(shop.open(google=False), *make_plan(shop.runner()))
    shop.people[20] = (2_000, "denied")
    shop.export()

    for _ in range(2):
        plan, folder = make_plan(shop.runner())
        assert removals(plan) == {"audience/high": 1}
        result = apply_plan(shop.runner(), plan, folder)

        assert result.exit_code == 6
        (refused,) = [change.error for change in result.results if change.error is not None]
        assert "too small to remove people from" in refused.message
        assert "stay in" in refused.next_step
        assert shop.members("meta")["high"] == 4
