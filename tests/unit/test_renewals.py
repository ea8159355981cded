"""Contracts: what they will bring by their own renewals, and who counts as a buyer like any other."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from activator.people.forecast.contracts import fit_contracts
from activator.people.pipeline import CanonicalSource
from activator.people.valuation import ValuingPolicy
from tests.people_relations import build, order, source

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def ago(days: int | None) -> date | None:
    return None if days is None else AS_OF - timedelta(days=days)


def contracts(
    *rows: tuple[str, int, int | None], interval: str = "month", minor: int | None = 1_000
) -> CanonicalSource:
    """(who, days since it began, days since it ended)."""
    told = [
        {
            "email": f"{who}@example.com", "subscription_id": f"s{number}", "started_on": ago(began),
            "ended_on": ago(ended), "amount_minor": minor, "currency": "EUR", "interval": interval,
        }
        for number, (who, began, ended) in enumerate(rows)
    ]  # fmt: skip
    return source(Entity.SUBSCRIPTIONS, told)


def paid(*people: str) -> CanonicalSource:
    """One charge each, long ago, so that everybody is a customer."""
    return source(Entity.ORDERS, [order(f"{who}@example.com", 1_000 + n) for n, who in enumerate(people)])


def told(engine: Engine, *sources: CanonicalSource, horizon_days: int = 365) -> list[dict[str, Any]]:
    """Everybody, least value first: in the order of `paid`."""
    found = build(engine, *sources, valuing=ValuingPolicy(horizon_days=horizon_days))
    rows: list[dict[str, Any]] = found.standing().to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: row["value_minor"])


def test_a_running_contract_brings_at_most_its_renewals(engine: Engine) -> None:
    gone = [(f"x{n}", 400, 200 + n) for n in range(20)]
    (a,) = told(engine, paid("a"), contracts(("a", 300, None), *gone))[-1:]
    assert 0 < a["predicted_minor"] < 12 * 1_000
    assert 0 < a["churn_risk"] < 0.5


def test_a_running_contract_makes_a_customer_also_without_an_order(engine: Engine) -> None:
    """Worth the terms begun: the first and three renewals. Who has left and never ordered is none."""
    known = [paid("a", "b", "c"), contracts(("new", 100, None), ("left", 100, 40))]
    found = {row["value_minor"]: row for row in told(engine, *known)}
    assert sorted(found) == [0, 1_000, 1_001, 1_002, 4_000]
    assert (found[4_000]["tier"], found[4_000]["orders"]) == ("high", 0)
    assert found[0]["tier"] is None  # who has left
    assert 0 < found[4_000]["predicted_minor"] < 12 * 1_000
    assert (found[4_000]["activity"], found[4_000]["days_since_last_order"]) == ("no_order", None)


def test_where_charges_are_exported_who_was_never_charged_is_worth_nothing_yet(engine: Engine) -> None:
    unpaid, a = told(engine, paid("a"), contracts(("unpaid", 700, None), ("a", 100, None)))
    assert (unpaid["value_minor"], unpaid["orders"], a["value_minor"]) == (0, 0, 1_000)
    assert unpaid["tier"] is not None


def test_who_has_renewed_more_often_stays_more_surely(engine: Engine) -> None:
    early = [(f"x{n}", 400, 370) for n in range(30)]
    new, old = told(engine, paid("new", "old"), contracts(("new", 5, None), ("old", 900, None), *early))[-2:]
    assert old["predicted_minor"] > new["predicted_minor"]
    assert old["churn_risk"] < new["churn_risk"]


def test_a_contract_that_ended_brings_nothing_more(engine: Engine) -> None:
    buys = source(Entity.ORDERS, [order("a@example.com", 1_000, ordered_at=datetime(2026, 1, 5))])  # noqa: DTZ001
    _, a = told(engine, buys, contracts(("a", 300, 100), ("b", 300, None)))  # b was never charged
    assert (a["predicted_minor"], a["churn_risk"]) == (0, 1.0)


def test_who_bought_after_the_contract_ended_is_a_buyer_like_any_other(engine: Engine) -> None:
    days = [datetime(2026, month, 1) for month in (8, 9, 10)]  # noqa: DTZ001
    buys = source(Entity.ORDERS, [order("a@example.com", 5_000, ordered_at=day) for day in days])
    _, a = told(engine, buys, contracts(("a", 300, 100), ("b", 300, None)))  # b was never charged
    assert a["predicted_minor"] > 0
    assert a["churn_risk"] < 1


def test_a_yearly_contract_not_due_within_the_horizon_pays_nothing_and_is_not_at_risk(engine: Engine) -> None:
    (a,) = told(engine, paid("a"), contracts(("a", 30, None), interval="year"), horizon_days=90)
    assert (a["predicted_minor"], round(a["churn_risk"], 6)) == (0, 0)
    (b,) = told(engine, paid("b"), contracts(("b", 330, None), interval="year"), horizon_days=90)
    assert 0 < b["predicted_minor"] <= 1_000


@pytest.mark.parametrize("minor", [None, 0, -500, 10**15])
def test_odd_amounts_stay_finite(engine: Engine, minor: int | None) -> None:
    (a,) = told(engine, paid("a"), contracts(("a", 0, None), minor=minor))
    assert a["predicted_minor"] >= 0


@pytest.mark.parametrize(
    ("lost", "kept"), [([0.0], [0.0]), ([0.0], [5.0]), ([5.0], [0.0]), ([0.0] * 50, [0.0] * 49 + [1.0]), ([1e6], [1e6])]
)
def test_any_history_of_contracts_gives_a_finite_model(lost: list[float], kept: list[float]) -> None:
    model = fit_contracts(np.array(lost), np.array(kept))
    survival = model.survival(np.arange(100.0))
    assert np.isfinite(survival).all()
    assert ((survival > 0) & (survival <= 1)).all()


def test_contracts_of_different_ages_give_the_chances_they_were_drawn_with() -> None:
    """10,000 contracts that began in different months and are seen today: running ones are not taken for loyal."""
    random = np.random.default_rng(3)
    leaves = random.geometric(random.beta(0.7, 3.8, 10_000))
    age = random.integers(1, 25, 10_000)
    ended = leaves <= age
    lost = np.bincount(leaves[ended] - 1, minlength=25).astype(float)
    kept = np.bincount(age[~ended], minlength=26).astype(float)
    model = fit_contracts(lost, kept)
    assert model.alpha == pytest.approx(0.7, rel=0.15)
    assert model.beta == pytest.approx(3.8, rel=0.15)
