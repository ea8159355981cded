"""A value-based list: every member is sent with what the customer is worth, also when everything is said again."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from activator.errors import ConfigurationError
from activator.model.delivery import Operation
from activator.model.plan import ChangeMembers, ReplaceMembers
from activator.sync import apply_plan, make_plan
from connectors.sandbox.meta.context import AUDIENCE
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop, twenty_people


def worth_at(folder: Path, files: list[str]) -> list[int]:
    return sorted(value for file in files for value in pq.read_table(folder / file)["LOOKALIKE_VALUE"].to_pylist())


def valued(shop: Shop) -> None:
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace('high: {daily_budget: "60.00"}', 'high: {daily_budget: "60.00", value_based: true}', 1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def test_members_are_sent_with_their_worth_in_whole_minor_units(shop: Shop, sandbox: Sandbox) -> None:
    others = {it["id"] for it in sandbox.state.list("meta", AUDIENCE)}  # one sandbox has the shops of all tests
    shop.people = twenty_people()
    shop.open(google=False)
    valued(shop)

    plan, folder = make_plan(shop.runner())
    with_values = {
        change.audience_key: worth_at(folder, [batch.file for batch in change.batches])
        for change in plan.changes
        if isinstance(change, ChangeMembers)
        and "LOOKALIKE_VALUE" in pq.read_schema(folder / change.batches[0].file).names
    }
    assert with_values == {"audience/high": [170_000, 180_000, 190_000, 200_000]}
    assert apply_plan(shop.runner(), plan, folder).complete
    assert shop.members("meta")["high"] == 4
    made = [it for it in sandbox.state.list("meta", AUDIENCE) if it["id"] not in others and "high" in it["name"]]
    assert [it["is_value_based"] for it in made] == [True]

    del shop.people[20]
    shop.people[1] = (9000, "granted")
    shop.export()
    plan, folder = make_plan(shop.runner())
    adds = [c for c in plan.changes if isinstance(c, ChangeMembers) and c.audience_key == "audience/high"]
    added = [batch.file for change in adds if change.operation is Operation.ADD for batch in change.batches]
    assert 900_000 in worth_at(folder, added)
    assert apply_plan(shop.runner(), plan, folder).complete

    plan, folder = make_plan(shop.runner(), {"full-refresh": "a small shop"}, refresh=["high"])
    (change,) = plan.changes
    assert isinstance(change, ReplaceMembers)
    assert len(worth_at(folder, [batch.file for batch in change.batches])) == change.rows
    assert apply_plan(shop.runner(), plan, folder).complete
    assert make_plan(shop.runner())[0].changes == ()


def test_a_list_keeps_its_kind_and_the_plan_says_so_before_anything_is_sent(shop: Shop, sandbox: Sandbox) -> None:
    shop.people = twenty_people()
    shop.open(google=False)
    valued(shop)
    runner = shop.runner()
    assert apply_plan(runner, *make_plan(runner)).complete
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(", value_based: true", ""), encoding="utf-8")
    before = len(sandbox.calls("meta"))
    with pytest.raises(ConfigurationError, match=r"tier high: list \d+ was made with values"):
        make_plan(shop.runner())
    assert {call.method.split()[0] for call in list(sandbox.calls("meta"))[before:]} == {"GET"}
    path.write_text(text, encoding="utf-8")
    assert make_plan(shop.runner())[0].changes == ()


def test_google_has_no_such_lists(shop: Shop) -> None:
    shop.people = twenty_people()
    shop.open()
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('low: {bid: {amount: "0.40"}}', 'low: {bid: {amount: "0.40"}, value_based: true}'))

    with pytest.raises(ConfigurationError, match="no lists whose members have a value"):
        make_plan(shop.runner())
