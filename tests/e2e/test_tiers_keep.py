"""Who is in a tier stays near its line: across plans, restarts and a lost memory, and nobody else moves either."""

import shutil

from activator.model.plan import Movement, Plan
from activator.sync import apply_plan, make_plan
from tests.e2e.shop import Shop


def remembering(shop: Shop) -> None:
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "{name: high, top_share: 0.20}", "{name: high, top_share: 0.20, enter_share: 0.10, stay_share: 0.30}"
    )
    path.write_text(text, encoding="utf-8")


def moves(plan: Plan) -> list[tuple[str, str, int]]:
    return [(one.from_tier, one.to_tier, one.people) for one in plan.movements if isinstance(one, Movement)]


def test_a_small_change_moves_nobody_and_a_large_one_does(shop: Shop) -> None:
    shop.open(google=False)
    remembering(shop)
    plan, folder = make_plan(shop.runner())
    assert apply_plan(shop.runner(), plan, folder).exit_code == 0
    assert shop.members("meta") == {"high": 4, "mid": 6, "low": 6, "rest": 4}

    shop.people[16] = (1_750, "granted")  # passes number 17, who has 1,700, and so reaches the best fifth
    shop.export()
    shutil.rmtree(shop.folder / ".activator" / "recall")
    near, folder = make_plan(shop.runner())
    assert moves(near) == []
    assert [tier.stayed for tier in near.tiers] == [1, 1, 0, 0]
    assert apply_plan(shop.runner(), near, folder).exit_code == 0
    assert make_plan(shop.runner())[0].changes == ()

    shop.people[16] = (9_000, "granted")  # the very best
    shop.people[17] = (100, "granted")
    shop.export()
    far, folder = make_plan(shop.runner())
    assert sorted(moves(far)) == [("high", "rest", 1), ("low", "mid", 1), ("mid", "high", 1), ("rest", "low", 1)]
    assert apply_plan(shop.runner(), far, folder).exit_code == 0
    assert make_plan(shop.runner())[0].changes == ()


def test_without_limits_of_that_kind_nothing_is_remembered(shop: Shop) -> None:
    shop.open(google=False)
    plan, folder = make_plan(shop.runner())
    assert apply_plan(shop.runner(), plan, folder).exit_code == 0
    shop.people[16] = (1_750, "granted")
    shop.export()
    assert sorted(moves(make_plan(shop.runner())[0])) == [("high", "mid", 1), ("mid", "high", 1)]
