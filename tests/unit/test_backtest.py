"""Predictions tried on the past: what is measured, which method is used, and what is done where none can be tried."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from activator.people.engine import Engine, open_engine
from activator.people.forecast.backtest import (
    SPREAD_MIN,
    Backtest,
    area_under_curve,
    backtest,
    by_fifth,
    capture,
)
from activator.people.forecast.forecast import Method
from activator.people.forecast.histories import distinct_histories, histories
from activator.people.forecast.predict import corrected, predictions
from activator.people.forecast.seasons import seasons

END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def purchases(engine: Engine, rows: Sequence[tuple[int, int, int]]) -> ir.Table:
    """(person, days before the end, net value in minor units) as purchase days."""
    table = [{"person": who, "day": END - timedelta(days=ago), "net_minor": net} for who, ago, net in rows]
    schema = ibis.schema({"person": "int64", "day": "date", "net_minor": "int64"})
    return engine.materialise("days", ibis.memtable(table, schema=schema))


def shop(engine: Engine, customers: int, days: int, seed: int = 7) -> ir.Table:
    """Customers who join at random, buy at a rate of their own and leave at a chance of their own."""
    random = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        rate, leaves, spend = random.gamma(0.8, 1 / 30), random.beta(0.9, 6), random.lognormal(8, 0.5)
        day = float(random.integers(0, days))
        while day < days:
            rows.append((who, days - int(day), int(spend * random.lognormal(0, 0.3))))
            if random.random() < leaves:
                break
            day += max(1.0, random.exponential(1 / rate))
    return purchases(engine, rows)


@pytest.fixture(scope="module")
def tried(engine: Engine) -> Backtest:
    return backtest(shop(engine, 1_500, 540), END, 180)


SEASON_DAYS = 3 * 365
OUT_OF_SEASON = 12 / (10 + 2 * 3)  # revenue of a day outside of the season, by that of a mean one


@pytest.fixture(scope="module")
def seasonal(engine: Engine) -> ir.Table:
    """A shop whose days of November and December bring three times those of other months, and grows."""
    random = np.random.default_rng(3)
    rows = []
    for ago in range(SEASON_DAYS):
        dear = (END - timedelta(days=ago)).month in (11, 12)
        net = round(1_000 * (3 if dear else 1) * 1.3 ** (-ago / 365))
        rows += [(int(who), ago, net) for who in random.choice(400, size=4, replace=False)]
    return purchases(engine, rows)


@pytest.mark.parametrize(
    ("origin", "horizon_days", "expected"),
    [
        (END, 90, OUT_OF_SEASON),
        (date(2026, 10, 31), 61, 3 * OUT_OF_SEASON),
        (END, 365, 1.0),
        (date(2025, 6, 30), 90, OUT_OF_SEASON),
    ],
)
def test_a_horizon_is_worth_its_seasons_and_growth_is_none(
    seasonal: ir.Table, origin: date, horizon_days: int, expected: float
) -> None:
    found = seasons(seasonal, END)
    assert found is not None
    assert found.factor(origin, horizon_days) == pytest.approx(expected, rel=0.08)


def test_seasons_need_two_years_and_buyers_in_each_part(seasonal: ir.Table) -> None:
    assert seasons(seasonal.filter(seasonal.day > END - timedelta(days=2 * 365)), END) is not None
    assert seasons(seasonal.filter(seasonal.day > END - timedelta(days=2 * 365 - 1)), END) is None
    assert seasons(seasonal.filter(seasonal.person < 20), END) is None
    assert seasons(seasonal.limit(0), END) is None


def test_predictions_go_by_the_seasons(seasonal: ir.Table) -> None:
    found = backtest(seasonal, END, 90)
    assert found.season == pytest.approx(OUT_OF_SEASON, rel=0.08)
    told = predictions(seasonal, END, 90, found).predicted_minor.sum().to_pyarrow().as_py()
    plain = predictions(seasonal, END, 90, replace(found, season=None)).predicted_minor.sum().to_pyarrow().as_py()
    assert told == pytest.approx(plain * (found.season or 0), rel=0.001)


def test_where_nothing_came_in_the_past_nothing_may_come(engine: Engine) -> None:
    """Everybody bought once: no order ever followed, so the interval reaches down to nothing and the reason says so."""
    tried = backtest(purchases(engine, [(who, who, 1000) for who in range(400)]), END, 365)
    assert (tried.method, tried.low) == (Method.PAST_SPEND, 0.0)
    assert tried.reason == "nothing came from anybody in 3 trials"


def test_what_could_not_be_tried_is_assumed_within_a_factor_of_two(engine: Engine) -> None:
    tried = backtest(purchases(engine, [(who, who, 1000) for who in range(20)]), END, 365)
    assert (tried.trials, tried.low, tried.high) == ((), 0.5, 2.0)
    assert tried.scale == pytest.approx(19 / 365), "19 days of first orders are no pace for a year: as much again"


class TestHistories:
    def test_one_line_per_buyer(self, engine: Engine) -> None:
        days = purchases(engine, [(1, 100, 2_000), (1, 30, 1_000), (1, 10, 4_000), (2, 7, 500)])
        found = histories(days, END).order_by("person").to_pyarrow().to_pylist()
        assert found == [
            {"person": 1, "value_minor": 7_000, "repeats": 2, "last_days": 90, "age_days": 100, "repeat_minor": 5_000},
            {"person": 2, "value_minor": 500, "repeats": 0, "last_days": 0, "age_days": 7, "repeat_minor": 0},
        ]

    def test_a_day_of_returns_lowers_the_value_and_is_no_purchase(self, engine: Engine) -> None:
        days = purchases(engine, [(1, 50, 2_000), (1, 20, 3_000), (1, 5, -1_000), (2, 5, -1_000)])
        found = histories(days, END).to_pyarrow().to_pylist()
        assert [(row["person"], row["repeats"], row["last_days"], row["value_minor"]) for row in found] == [
            (1, 1, 30, 4_000)
        ]

    def test_later_days_are_not_looked_at(self, engine: Engine) -> None:
        days = purchases(engine, [(1, 50, 2_000), (1, 20, 3_000), (2, 20, 1)])
        found = histories(days, END - timedelta(days=30)).to_pyarrow().to_pylist()
        assert [(row["person"], row["repeats"], row["age_days"]) for row in found] == [(1, 0, 20)]

    def test_equal_histories_are_counted_once(self, engine: Engine) -> None:
        days = purchases(engine, [(who, 14, who) for who in range(1, 6)])
        found = distinct_histories(histories(days, END))
        assert (found.people.tolist(), found.weeks.tolist()) == ([5], [2])


class TestMeasures:
    def test_capture_is_the_revenue_of_the_best_fifth(self) -> None:
        came = np.array([50.0, 20, 10, 10, 10])
        assert capture(np.array([5.0, 4, 3, 2, 1]), came) == 0.5
        assert capture(np.array([1.0, 2, 3, 4, 5]), came) == 0.1

    def test_customers_predicted_alike_share_the_places(self) -> None:
        assert capture(np.ones(5), np.array([100.0, 0, 0, 0, 0])) == 0.2

    def test_area_under_the_curve(self) -> None:
        assert area_under_curve(np.array([0.9, 0.8, 0.2, 0.1]), np.array([1.0, 1, 0, 0])) == 1
        assert area_under_curve(np.array([0.9, 0.2, 0.8, 0.1]), np.array([1.0, 1, 0, 0])) == 0.75
        assert area_under_curve(np.array([0.5, 0.5]), np.array([1.0, 0])) == 0.5
        assert area_under_curve(np.array([0.5, 0.6]), np.array([1.0, 1])) == 0.5

    def test_fifths_are_by_prediction(self) -> None:
        predicted = np.array([0.9, 0.1, 0.5, 0.3, 0.7])
        above = (predicted > 0.4).astype(float)
        assert by_fifth(predicted, above) == ((0.1, 0), (0.3, 0), (0.5, 1), (0.7, 1), (0.9, 1))


class TestScale:
    def test_the_interval_holds_every_trial_after_scaling(self, tried: Backtest) -> None:
        own = [trial for trial in tried.trials if trial.method is tried.method]
        for trial in own:
            assert tried.low <= 1 / (trial.total_ratio * tried.scale) + 1e-4
            assert tried.high >= 1 / (trial.total_ratio * tried.scale) - 1e-4

    def test_the_models_totals_are_its_own_and_others_are_those_of_the_middle_trial(self, engine: Engine) -> None:
        found = backtest(shop(engine, 250, 540), END, 180)
        assert {trial.method for trial in found.trials} == {Method.PAST_SPEND, Method.ROBUST}, "too few for a model"
        ratios = [1 / trial.total_ratio for trial in found.trials if trial.method is found.method]
        assert found.scale == pytest.approx(np.median(ratios), abs=1e-3)
        assert found.trend is Method.ROBUST

    def test_who_grows_is_judged_by_more_than_the_past_total(self, tried: Backtest) -> None:
        assert tried.trend is not Method.PAST_SPEND
        assert tried.scale == (1.0 if tried.method is Method.MODEL else tried.scale)


class TestChoice:
    def test_every_method_is_tried_at_three_origins(self, tried: Backtest) -> None:
        assert {trial.method for trial in tried.trials} == set(Method)
        assert len({trial.origin for trial in tried.trials}) == 3
        assert all(trial.origin + timedelta(days=180) <= END for trial in tried.trials)

    def test_the_best_mean_capture_is_used(self, tried: Backtest) -> None:
        means = {
            method: np.mean([trial.capture for trial in tried.trials if trial.method is method]) for method in Method
        }
        assert means[tried.method] == max(means.values())
        assert "share of coming revenue found in the best fifth" in tried.reason

    def test_the_interval_is_what_the_trials_missed_by_and_never_narrow(self, tried: Backtest) -> None:
        ratios = [1 / trial.total_ratio for trial in tried.trials if trial.method is tried.method]
        assert tried.low <= min(*ratios, 1 - SPREAD_MIN) + 1e-4
        assert tried.high >= max(*ratios, 1 + SPREAD_MIN) - 1e-4

    def test_the_model_knows_buyers_where_the_world_is_as_it_assumes(self, tried: Backtest) -> None:
        model = [trial for trial in tried.trials if trial.method is Method.MODEL]
        assert all(trial.ranks_buyers > 0.75 for trial in model)
        assert all(abs(trial.buyers_expected - trial.buyers) < 0.06 for trial in model)
        assert all(0.75 < trial.total_ratio < 1.3 for trial in model)

    def test_the_same_orders_give_the_same_table(self, engine: Engine, tried: Backtest) -> None:
        assert backtest(shop(engine, 1_500, 540), END, 180) == tried

    def test_a_short_past_cannot_be_tried_on(self, engine: Engine) -> None:
        tried = backtest(shop(engine, 400, 80), END, 365)
        assert (tried.method, tried.trials) == (Method.PAST_SPEND, ())
        assert "84 are needed" in tried.reason

    def test_few_customers_get_no_model(self, engine: Engine) -> None:
        tried = backtest(shop(engine, 200, 540), END, 180)
        assert Method.MODEL not in {trial.method for trial in tried.trials}


class TestPredictions:
    def test_everybody_who_has_bought_gets_whole_money_and_a_chance(self, engine: Engine, tried: Backtest) -> None:
        days = shop(engine, 1_500, 540)
        for method in Method:
            used = Backtest(tried.trials, method, "", 0.8, 1.2)
            found = engine.materialise("predicted", predictions(days, END, 180, used)).to_pyarrow()
            assert found.num_rows == days.person.nunique().to_pyarrow().as_py()
            assert all(value >= 0 for value in found["predicted_minor"].to_pylist())
            assert all(0 <= value <= 1 for value in found["no_purchase"].to_pylist())

    def test_risks_that_were_off_are_put_right(self) -> None:
        off = Backtest((), Method.MODEL, "", 1, 1, ((0.1, 0.3), (0.3, 0.5), (0.5, 0.6), (0.7, 0.8), (0.9, 0.95)))
        assert corrected(np.array([0, 0.1, 0.4, 0.9, 1]), off) == pytest.approx([0, 0.3, 0.55, 0.95, 1])

    def test_risks_that_were_right_stay(self) -> None:
        right = Backtest((), Method.MODEL, "", 1, 1, ((0.1, 0.12), (0.9, 0.88)))
        assert corrected(np.array([0.1, 0.5]), right).tolist() == [0.1, 0.5]
