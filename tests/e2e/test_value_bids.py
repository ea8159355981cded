"""Bids and budgets made from what tiers are worth, from exports to what the platform shows."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from activator.apply.result import ApplyResult
from activator.errors import StalePlanError
from activator.experiments.records import record_verdict
from activator.experiments.verdict import Arm, verdict
from activator.model.ads import GroupSpec
from activator.model.plan import CreateObject, PauseObject, Plan, UpdateObject
from activator.sync import Runner, apply_plan, make_plan
from tests.clocks import ManualClock
from tests.e2e.shop import Shop

CONFIRMED = verdict(Arm(10_000, 200), Arm(10_000, 300), look=1, looks=1, planned_per_arm=10_000)
TIERS = ["high", "mid", "low"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


class ValueShop:
    """A shop of regulars: the same number of orders each, so that what they spend is what they will spend."""

    def __init__(self, shop: Shop, clock: ManualClock) -> None:
        self.shop, self.clock = shop, clock
        shop.people = {number: (100 + number, "granted") for number in range(1, 41)}
        shop.open(google=False)
        self.bidding(total="100.00")
        self.spending({"high": 300, "mid": 100, "low": 90, "rest": 80})

    def bidding(self, total: str, **more: object) -> None:
        """Leave bids and budgets of meta to value."""
        path = self.shop.folder / "activator.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        meta = document["destinations"]["meta"]
        meta["tiers"] = {tier: {} for tier in TIERS}
        meta |= {"strategy": "bid_cap", "bidding": {"total_daily_budget": total, "base": {"amount": "2.00"}, **more}}
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def spending(self, by_tier: dict[str, int]) -> None:
        """Four orders in the last year for everyone, as large as the tier says. Tiers of 8, 12, 12 and 8."""
        with (self.shop.folder / "orders.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["order_id", "customer_id", "ordered_at", "amount", "currency"])
            for number in range(1, 41):
                tier = "high" if number > 32 else "mid" if number > 20 else "low" if number > 8 else "rest"
                for order in range(4):
                    day = date(2026, 11, 1) - timedelta(days=90 * order)
                    writer.writerow([f"o{number}-{order}", number, day, by_tier[tier], "EUR"])

    @property
    def runner(self) -> Runner:
        runner = self.shop.runner()
        return Runner(runner.workspace, self.clock, actor=runner.actor)

    def plan(self, accepted: dict[str, str] | None = None) -> tuple[Plan, Path]:
        return make_plan(self.runner, accepted)

    def sync(self, accepted: dict[str, str] | None = None) -> Plan:
        plan, folder = self.plan(accepted)
        result: ApplyResult = apply_plan(self.runner, plan, folder)
        assert result.complete
        return plan

    def confirm(self, *tiers: str) -> None:
        for tier in tiers:
            record_verdict(self.runner.workspace, self.clock, "test", tier, CONFIRMED, "test")


@pytest.fixture
def value_shop(shop: Shop, clock: ManualClock) -> ValueShop:
    return ValueShop(shop, clock)


def budgets(plan: Plan) -> dict[str, int]:
    return {made.tier: made.daily_budget_minor or 0 for made in plan.terms}


def groups(plan: Plan) -> dict[str, GroupSpec]:
    changes = [change for change in plan.changes if isinstance(change, CreateObject | UpdateObject)]
    return {change.spec.tier: change.spec for change in changes if isinstance(change.spec, GroupSpec)}


def test_a_first_plan_bids_by_value_and_spends_the_total(value_shop: ValueShop) -> None:
    plan = value_shop.sync()
    high, mid, low = plan.terms
    assert (high.multiplier_bp or 0) > 12_000
    assert (mid.multiplier_bp, low.multiplier_bp) == (10_000, 10_000)
    assert sum(budgets(plan).values()) == 10_000
    made = groups(plan)
    assert made["high"].bid.amount_minor == (200 * (high.multiplier_bp or 0) + 5_000) // 10_000
    assert made["mid"].bid.amount_minor == 200
    assert high.why_bid.startswith(f"high: {(high.multiplier_bp or 0) / 10_000:.2f} = ")
    assert "before multipliers x" in high.why_budget


def test_applied_once_it_stays_so(value_shop: ValueShop) -> None:
    first = value_shop.sync()
    again, _ = value_shop.plan()
    assert again.changes == ()
    assert budgets(again) == budgets(first)


def test_no_budget_grows_before_a_verdict_and_the_total_is_kept_afterwards(value_shop: ValueShop) -> None:
    first = value_shop.sync()
    value_shop.clock.advance(days=15)  # the third week: a larger share of the way
    held, _ = value_shop.plan()
    assert not held.refused
    assert (held.terms[0].multiplier_bp or 0) > (first.terms[0].multiplier_bp or 0)
    assert budgets(held)["high"] == budgets(first)["high"]
    assert "no confirmed verdict on its copy yet" in held.terms[0].why_budget
    assert all(budgets(held)[tier] <= budgets(first)[tier] for tier in TIERS)

    value_shop.confirm("high")
    grown, _ = value_shop.plan()
    assert budgets(grown)["high"] > budgets(first)["high"]
    assert sum(budgets(grown).values()) == 10_000

    path = value_shop.shop.folder / "activator.yaml"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace("Gear for every season.", "Gear for any weather."), encoding="utf-8")
    other, _ = value_shop.plan()
    assert budgets(other)["high"] == budgets(first)["high"]
    assert "its texts have changed since they were tested" in other.terms[0].why_budget


def test_a_plan_made_before_the_last_verdict_is_stale(value_shop: ValueShop) -> None:
    value_shop.sync()
    plan, folder = value_shop.plan()
    value_shop.confirm("high")
    with pytest.raises(StalePlanError, match="verdict was recorded since"):
        apply_plan(value_shop.runner, plan, folder)


def test_a_reason_lets_a_budget_grow_and_is_part_of_the_plan(value_shop: ValueShop) -> None:
    first = value_shop.sync()
    value_shop.clock.advance(days=15)
    grown, _ = value_shop.plan({"unproven-budget": "sale week"})
    assert not grown.refused
    assert budgets(grown)["high"] > budgets(first)["high"]
    assert [(f.guard, f.subject, f.accepted) for f in grown.guards] == [
        ("unproven-budget", "meta/group/high", "sale week")
    ]


def test_a_tier_worth_too_little_is_paused_and_kept_out_not_bid_down(value_shop: ValueShop) -> None:
    value_shop.sync()
    value_shop.spending({"high": 300, "mid": 200, "low": 12, "rest": 10})
    plan = value_shop.sync()
    assert [made.tier for made in plan.terms if made.excluded] == ["low"]
    assert "excluded" in plan.terms[2].why_bid
    assert budgets(plan)["low"] == 0
    paused = {change.remote.key for change in plan.changes if isinstance(change, PauseObject)}
    assert "group/low" not in paused, "it was created paused and nobody has started it"
    value_shop.clock.advance(days=1)
    assert value_shop.plan()[0].terms[2].excluded


def test_what_a_tier_says_itself_comes_first(value_shop: ValueShop) -> None:
    path = value_shop.shop.folder / "activator.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["destinations"]["meta"]["tiers"]["low"] = {"daily_budget": "15.00", "bid": {"amount": "0.70"}}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    plan, _ = value_shop.plan()
    assert budgets(plan)["low"] == 1_500
    assert groups(plan)["low"].bid.amount_minor == 70
    assert sum(budgets(plan).values()) == 10_000


PRICE = """\
copy:
  - name: fair
    motivation: price
    headlines: [Fair, Square, Cheap]
    descriptions: [More for less., No tricks.]
    message: Fair.
"""


def test_a_raised_budget_of_the_file_needs_a_verdict_or_a_reason_where_copy_is_motivated(shop: Shop) -> None:
    shop.open(google=True)
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8").replace("copy:\n", PRICE, 1)
    path.write_text(text.replace("{name: high, top_share: 0.20}", "{name: high, top_share: 0.20, motivation: price}"))
    runner = shop.runner()
    plan, folder = make_plan(runner)
    assert apply_plan(runner, plan, folder).complete
    text = path.read_text(encoding="utf-8")
    louder = text.replace('daily_budget: "60.00"', 'daily_budget: "61.00"').replace('"80.00"', '"81.00"')
    path.write_text(louder.replace('daily_budget: "30.00"', 'daily_budget: "31.00"'))
    raised, _ = make_plan(shop.runner())
    assert {(f.guard, f.subject) for f in raised.guards if f.accepted is None} == {
        ("unproven-budget", "meta/group/high"),
        ("unproven-budget", "google/campaign"),
    }
    path.write_text(text.replace('daily_budget: "60.00"', 'daily_budget: "59.00"'))
    assert not make_plan(shop.runner())[0].refused
