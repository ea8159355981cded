"""A plan from the same exports takes the last run's answer, and is the same plan as without it."""

import shutil

from activator.people.engine import open_engine
from activator.plan.population import Population, population
from activator.sync import apply_plan, make_plan
from tests.e2e.shop import Shop


def asked(shop: Shop) -> tuple[bool, dict[str, int], int]:
    """Whether the exports were read to answer who is where, and the answers."""
    workspace = shop.runner().workspace
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        found: Population = population(workspace, engine, shop.runner().clock.now().date())
        answer = found.accounts.members("meta"), found.membership("meta").keys.count().to_pyarrow().as_py()
        return "people" in vars(found), *answer


def test_the_same_exports_are_not_read_twice_and_give_the_same_plan(shop: Shop) -> None:
    runner = shop.open(google=False)
    first, folder = make_plan(runner)
    assert asked(shop) == (False, {"high": 4, "mid": 6, "low": 6, "rest": 4}, 20)
    again, _ = make_plan(shop.runner())
    assert again.plan_id == first.plan_id, "everybody is still to be added, and what is sent is made anew"

    assert apply_plan(runner, first, folder).exit_code == 0
    nothing, _ = make_plan(shop.runner())
    assert nothing.changes == ()

    shop.people[21] = (5000, "granted")
    del shop.people[10]
    shop.export()
    assert asked(shop)[0], "other exports are read"
    changed, _ = make_plan(shop.runner())
    shutil.rmtree(shop.folder / ".activator" / "recall")
    assert make_plan(shop.runner())[0].plan_id == changed.plan_id, "the same plan with a memory and without"
