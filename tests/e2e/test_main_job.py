"""The main job against both platforms: plan, apply, an empty plan, the next day's moves, and refusals."""

import pytest

from activator.errors import StalePlanError, UnsafePlanError
from activator.model.delivery import Operation
from activator.model.people import Outcome
from activator.model.plan import ChangeMembers, CreateObject, Plan, UpdateObject
from activator.sync import apply_plan, make_plan
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop


def moved(plan: Plan, destination: str) -> set[tuple[str, str, str, int]]:
    return {
        (move.from_tier, move.to_tier, move.reason, move.people)
        for move in plan.movements
        if move.destination == destination
    }


def test_two_days_of_a_shop(shop: Shop, sandbox: Sandbox) -> None:
    runner = shop.open()
    plan, folder = make_plan(runner)
    assert {(tier.tier, tier.people) for tier in plan.tiers} == {("high", 4), ("mid", 6), ("low", 6), ("rest", 4)}
    created = [change.spec.key for change in plan.changes if isinstance(change, CreateObject)]
    assert created.count("campaign") == 2
    assert "group/rest" not in created, "a suppressed tier is delivered nowhere"

    assert apply_plan(runner, plan, folder).exit_code == 0
    assert shop.members("meta") == shop.members("google") == {"high": 4, "mid": 6, "low": 6, "rest": 4}

    again, _ = make_plan(shop.runner())
    assert again.changes == ()

    shop.people[21] = (5000, "granted")  # joins at the top, pushing the fourth best down
    del shop.people[10]  # leaves the exports
    shop.people[9] = (900, "denied")  # withdraws consent
    shop.export()
    shop.suppress(8)
    runner = shop.runner()
    plan, folder = make_plan(runner, rejects=shop.folder / "rejects.csv")
    assert moved(plan, "meta") == moved(plan, "google")
    assert ("", "high", "joined", 1) in moved(plan, "meta")
    assert ("low", "", "no longer in the exports", 1) in moved(plan, "meta")
    assert ("low", "", "no consent", 1) in moved(plan, "meta")
    assert ("low", "", "suppressed", 1) in moved(plan, "meta")
    rejects = (shop.folder / "rejects.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in rejects if "no_consent" in line] == [
        '"contacts","contacts.csv","line",10,"","no_consent","consent denied","email","p***@e***"'
    ]
    sent = [change for change in plan.changes if isinstance(change, ChangeMembers)]
    assert [change.operation for change in sent] == sorted(
        (change.operation for change in sent), key=lambda operation: operation is Operation.ADD
    ), "people are taken out before others are put in"
    assert apply_plan(runner, plan, folder).exit_code == 0
    assert sum(shop.members("meta").values()) == sum(shop.members("google").values()) == 18
    assert make_plan(shop.runner())[0].changes == ()


def test_everything_is_created_paused_and_delivers_nothing(shop: Shop, sandbox: Sandbox) -> None:
    runner = shop.open()
    apply_plan(runner, *make_plan(runner))
    from activator.plan.destinations import open_destinations

    for port in open_destinations(runner.workspace, runner.clock, None).values():
        objects = [remote for remote in port.observe().objects if remote.kind != "audience"]
        assert objects
        assert {remote.status for remote in objects} == {"PAUSED"}


def test_every_source_row_has_one_outcome(shop: Shop) -> None:
    shop.people[30] = (0, "unknown")
    plan, _ = make_plan(shop.open(google=False))
    by_source: dict[str, int] = {}
    for count in plan.sources:
        by_source[count.source] = by_source.get(count.source, 0) + count.rows
    assert by_source == {"contacts": 21, "orders": 21}
    assert sum(count.rows for count in plan.sources if count.outcome is Outcome.NO_CONSENT) == 1


def test_the_same_inputs_make_the_same_plan(shop: Shop) -> None:
    first, _ = make_plan(shop.open(google=False))
    second, _ = make_plan(shop.runner())
    assert first.plan_id == second.plan_id


def test_a_truncated_export_is_refused_in_the_preview_and_empties_nothing(shop: Shop) -> None:
    runner = shop.open(google=False)
    apply_plan(runner, *make_plan(runner))
    for number in range(6, 21):
        del shop.people[number]
    shop.export()
    runner = shop.runner()
    plan, folder = make_plan(runner)
    assert {finding.guard for finding in plan.guards} >= {"source-shrunk"}
    assert plan.refused
    with pytest.raises(UnsafePlanError, match="source-shrunk"):
        apply_plan(runner, plan, folder)
    assert shop.members("meta") == {"high": 4, "mid": 6, "low": 6, "rest": 4}


def test_a_guard_accepted_by_name_lets_the_plan_through(shop: Shop) -> None:
    runner = shop.open(google=False)
    apply_plan(runner, *make_plan(runner))
    for number in range(6, 21):
        del shop.people[number]
    shop.export()
    runner = shop.runner()
    every = {finding.guard: "season is over" for finding in make_plan(runner)[0].guards}
    plan, folder = make_plan(runner, every)
    assert not plan.refused
    assert apply_plan(runner, plan, folder).complete
    assert sum(shop.members("meta").values()) == 5


def test_a_plan_goes_stale_when_an_export_changes(shop: Shop) -> None:
    runner = shop.open(google=False)
    plan, folder = make_plan(runner)
    shop.people[99] = (10, "granted")
    shop.export()
    with pytest.raises(StalePlanError, match="an export changed"):
        apply_plan(runner, plan, folder)


def test_a_plan_goes_stale_when_comments_are_read_otherwise(shop: Shop) -> None:
    runner = shop.open(google=False)
    plan, folder = make_plan(runner)
    (shop.folder / "motivation_corrections.csv").write_text("text,motive,language\nIt is reliable.,quality,\n")
    with pytest.raises(StalePlanError, match="corrections, a lexicon or a copy set changed"):
        apply_plan(runner, plan, folder)


def test_a_plan_goes_stale_when_the_project_changes(shop: Shop) -> None:
    plan, folder = make_plan(shop.open(google=False))
    path = shop.folder / "activator.yaml"
    path.write_text(path.read_text().replace("0.20", "0.25"))
    with pytest.raises(StalePlanError, match="project file changed"):
        apply_plan(shop.runner(), plan, folder)


def test_a_plan_goes_stale_when_another_was_applied(shop: Shop) -> None:
    runner = shop.open(google=False)
    plan, folder = make_plan(runner)
    apply_plan(runner, plan, folder)
    with pytest.raises(StalePlanError):
        apply_plan(runner, plan, folder)


def test_a_budget_changed_by_hand_is_brought_back(shop: Shop) -> None:
    runner = shop.open(google=False)
    apply_plan(runner, *make_plan(runner))
    path = shop.folder / "activator.yaml"
    path.write_text(path.read_text().replace('high: {daily_budget: "60.00"}', 'high: {daily_budget: "75.00"}'))
    runner = shop.runner()
    plan, folder = make_plan(runner)
    updates = [change for change in plan.changes if isinstance(change, UpdateObject)]
    assert [(change.spec.key, dict(change.differences)) for change in updates] == [
        ("group/high", {"daily_budget_minor": (6000, 7500)})
    ]
    assert apply_plan(runner, plan, folder).complete
    assert make_plan(shop.runner())[0].changes == ()


def test_a_lost_answer_of_the_real_client_is_survived(shop: Shop, sandbox: Sandbox) -> None:
    runner = shop.open(google=False)
    plan, folder = make_plan(runner)
    sandbox.fault("timeout_after_effect", "meta", count=1, method="POST")
    first = apply_plan(runner, plan, folder)
    if not first.complete:
        assert apply_plan(shop.runner(), plan, folder).complete
    assert shop.members("meta") == {"high": 4, "mid": 6, "low": 6, "rest": 4}
    from activator.plan.destinations import open_destinations

    keys = [remote.key for remote in open_destinations(runner.workspace, runner.clock, None)["meta"].observe().objects]
    assert len(keys) == len(set(keys)), "no object was made twice"
