"""Two ledgers, one account: what the other made is not touched before the project file says that it is ours."""

import pytest

from activator.errors import UnsafePlanError
from activator.model.plan import Plan
from activator.sync import apply_plan, make_plan, sync
from tests.e2e.shop import Shop, twenty_people


def another_ledger(shop: Shop) -> None:
    """The project on a machine that has never seen what was made before."""
    shop.people = twenty_people()
    shop.open()
    assert sync(shop.runner())[1].complete
    (shop.folder / ".activator").rename(shop.folder / "elsewhere")


def campaigns(plan: Plan) -> dict[str, str]:
    """Destination -> id of the campaign the guard names."""
    return {
        finding.subject.split("/")[0]: finding.message.split()[1]
        for finding in plan.guards
        if finding.guard == "unknown-object"
    }


def test_a_campaign_is_adopted_by_its_id_with_all_that_lies_in_it(shop: Shop) -> None:
    another_ledger(shop)
    accepted = {"unknown-audience": "they are ours"}

    plan, folder = make_plan(shop.runner(), accepted)
    assert set(campaigns(plan)) == {"meta", "google"}
    with pytest.raises(UnsafePlanError, match="unknown-object"):
        apply_plan(shop.runner(), plan, folder)

    path = shop.folder / "activator.yaml"
    for name, campaign in campaigns(plan).items():
        text = path.read_text(encoding="utf-8")
        section = f"  {name}:\n    connector: {name}\n"
        path.write_text(text.replace(section, f"{section}    adopt: [{campaign}]\n"), encoding="utf-8")
    plan, folder = make_plan(shop.runner(), accepted)
    assert not plan.refused
    assert {finding.accepted for finding in plan.guards if finding.guard == "unknown-object"} == {
        f"adopted by its id {campaign} in activator.yaml" for campaign in campaigns(plan).values()
    }
    assert apply_plan(shop.runner(), plan, folder).complete

    again, _ = make_plan(shop.runner())
    assert (again.guards, again.changes) == ((), ())
