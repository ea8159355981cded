"""What `activator value` says: sums that add up, the trials, and answers whatever the orders look like."""

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from activator.model.people import Entity
from activator.model.valuing import Basis, TierRule
from activator.people.engine import Engine, open_engine
from activator.people.forecast.forecast import Method
from activator.people.pipeline import People
from activator.people.tiers import TierCut
from activator.people.valuation import ValuingPolicy
from activator.plan.value_report import value_report
from tests.people_relations import TIERS, build, order, source

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def bought(who: int, ago: int, minor: int) -> dict[str, Any]:
    return order(f"p{who}@example.com", minor, ordered_at=datetime(2026, 11, 1) - timedelta(days=ago))  # noqa: DTZ001


def shop(customers: int, days: int, seed: int = 5) -> list[dict[str, Any]]:
    """Customers who buy at a rate of their own and leave at a chance of their own; regular baskets."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        rate, leaves, basket = random.gamma(0.8, 1 / 30), random.beta(0.9, 4), random.lognormal(8, 0.3)
        day = float(random.integers(0, days))
        while day < days:
            rows.append(bought(who, days - int(day), int(basket * random.lognormal(0, 0.2))))
            if random.random() < leaves:
                break
            day += max(1.0, random.exponential(1 / rate))
    return rows


@pytest.fixture(scope="module")
def people(engine: Engine) -> People:
    policy = ValuingPolicy(Basis.PREDICTED, 180)
    return build(engine, source(Entity.ORDERS, shop(1_000, 700)), valuing=policy, as_of=AS_OF)


def test_tiers_add_up_to_everybody(people: People) -> None:
    found = value_report(people, "EUR")
    standing = people.standing()
    assert sum(tier.customers for tier in found.tiers) == 1_000
    assert sum(tier.predicted_minor for tier in found.tiers) == standing.predicted_minor.sum().to_pyarrow().as_py()
    assert sum(tier.value_minor for tier in found.tiers) == standing.value_minor.sum().to_pyarrow().as_py()
    for tier in found.tiers:
        assert tier.predicted_low_minor <= tier.predicted_minor <= tier.predicted_high_minor
        assert tier.churn_risk is not None
    best, *_, worst = found.tiers
    assert best.churn_risk is not None
    assert worst.churn_risk is not None
    assert best.churn_risk < worst.churn_risk


def test_the_estimate_used_is_the_one_that_won(people: People) -> None:
    found = value_report(people, "EUR")
    means = {
        method: np.mean([trial.capture for trial in found.backtest.trials if trial.method is method])
        for method in Method
    }
    assert means[found.backtest.method] == max(means.values())
    assert found.valuing.method == found.backtest.method.value
    assert found.valuing.rules[-1] == TierRule("rest")


def test_a_horizon_that_is_no_year_is_marked_while_seasons_are_not_known(people: People, engine: Engine) -> None:
    assert value_report(people, "EUR").seasonal
    year = build(engine, source(Entity.ORDERS, [bought(1, 9, 5)]), as_of=AS_OF)
    assert not value_report(year, "EUR").seasonal


DEGENERATE: dict[str, list[dict[str, Any]]] = {
    "one order": [bought(1, 3, 100)],
    "one order on the day": [bought(1, 0, 100)],
    "returns only": [bought(1, 3, -100), bought(2, 300, -5)],
    "free of charge": [bought(n, n, 0) for n in range(20)],
    "nobody came back": [bought(n, n, 100) for n in range(400)],
    "everybody on the same days": [bought(n, ago, 100) for n in range(350) for ago in (300, 200, 100, 1)],
    "everybody heavy": [bought(n % 310, n % 365, 100) for n in range(9_000)],
    "one who brings all": [*[bought(n, 5 + n % 300, 1) for n in range(400)], bought(999, 1, 9 * 10**14)],
    "refunds outweigh": [row for n in range(400) for row in (bought(n, 200, 100), bought(n, 20, -300))],
    "twenty years": [bought(n % 40, n * 20, 500) for n in range(365)],
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("basis", [Basis.PREDICTED, Basis.BLENDED])
def test_any_orders_give_finite_answers_and_everybody_a_tier(engine: Engine, case: str, basis: Basis) -> None:
    found = build(engine, source(Entity.ORDERS, DEGENERATE[case]), as_of=AS_OF, valuing=ValuingPolicy(basis))
    report = value_report(found, "EUR")
    assert 0 <= report.valuing.low <= 0.8 <= 1.2 <= report.valuing.high
    assert math.isfinite(report.valuing.high)
    for row in found.standing().to_pyarrow().to_pylist():
        assert row["tier"] in {tier.name for tier in TIERS}
        assert row["predicted_minor"] is None or row["predicted_minor"] >= 0
        assert row["churn_risk"] is None or 0 <= row["churn_risk"] <= 1
        for label in ("activity", "pattern", "growth", "stage", "rfm"):
            assert row[label] is not None


def test_tiers_by_rfm_name_are_those_of_the_standing(engine: Engine) -> None:
    cuts = (TierCut("best", rfm=("champions", "loyal")), TierCut("back", rfm=("cant_lose",)), TierCut("rest"))
    found = build(engine, source(Entity.ORDERS, shop(300, 400)), as_of=AS_OF, tiers=cuts)
    told = found.standing().to_pyarrow().to_pylist()
    names = {"champions": "best", "loyal": "best", "cant_lose": "back"}
    assert [row["tier"] for row in told] == [names.get(row["rfm"], "rest") for row in told]
    assert {tier.tier: tier.people > 0 for tier in found.tiers} == {"best": True, "back": True, "rest": True}


def test_a_tier_too_small_is_closed_and_says_where_its_people_are(engine: Engine) -> None:
    orders = [bought(n, 5, 1_000 - n) for n in range(20)]
    cuts = (
        TierCut("gold", at_least_minor=998, people_min=4),
        TierCut("silver", at_least_minor=990, people_min=4),
        TierCut("out", suppress=True),
    )
    found = build(engine, source(Entity.ORDERS, orders), as_of=AS_OF, tiers=cuts)
    assert [(tier.tier, tier.people) for tier in found.tiers] == [("gold", 0), ("silver", 11), ("out", 9)]
    assert [rule.closed for rule in found.valuing.rules] == ["silver", "", ""]
    small = (cuts[0], TierCut("silver", at_least_minor=990, people_min=12), cuts[2])
    kept = build(engine, source(Entity.ORDERS, orders), as_of=AS_OF, tiers=small)
    assert [(tier.tier, tier.people) for tier in kept.tiers][-1] == ("out", 9), "nobody is kept out for being few"
