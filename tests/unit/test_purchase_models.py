"""The purchase, spend and contract models against what their authors published.

tests/samples/cdnow_tenth.csv: the CDNOW 1/10 sample, 2,357 customers over 39 weeks (Fader and Hardie), as shipped with
the package lifetimes 0.11.3 (MIT).
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from activator.people.forecast.contracts import fit_contracts
from activator.people.forecast.purchases import Array, Histories, PurchaseModel, fit_purchases
from activator.people.forecast.spend import ShrunkMean, SpendModel, choose_spend, fit_spend

SAMPLE = Path(__file__).parents[1] / "samples" / "cdnow_tenth.csv"


@pytest.fixture(scope="module")
def cdnow() -> tuple[Histories, Array]:
    with SAMPLE.open(encoding="utf-8") as stream:
        rows = [[float(cell) for cell in row] for row in list(csv.reader(stream))[1:]]
    repeats, last, weeks, mean = np.array(rows).T
    return Histories(repeats, last, weeks, np.ones_like(repeats)), mean


def one(repeats: float, last_weeks: float, weeks: float) -> tuple[Array, Array, Array]:
    return np.array([repeats], float), np.array([last_weeks], float), np.array([weeks], float)


class TestBgNbd:
    """Fader, Hardie and Lee 2005, table 2 and section 5."""

    published = PurchaseModel(0.243, 4.414, 0.793, 2.426, modified=False)

    def test_the_published_parameters_come_out(self, cdnow: tuple[Histories, Array]) -> None:
        model = fit_purchases(cdnow[0], modified=False, prior=False)
        assert [round(model.r, 3), round(model.alpha, 3), round(model.a, 3), round(model.b, 3)] == pytest.approx(
            [0.243, 4.414, 0.793, 2.426], abs=0.0011
        )
        assert model.log_likelihood(cdnow[0]) == pytest.approx(-9582.4, abs=0.05)

    def test_expected_purchases_of_new_customers(self, cdnow: tuple[Histories, Array]) -> None:
        model = fit_purchases(cdnow[0], modified=False, prior=False)
        found = model.expected_of_new(np.array([0.1429, 1, 3, 31.857, 32, 78]))
        assert [round(value, 4) for value in found] == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8580]

    def test_what_a_known_customer_will_do(self) -> None:
        assert self.published.expected(*one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=0.0005)

    def test_the_chance_of_none_in_39_weeks(self) -> None:
        assert self.published.no_purchase(*one(0, 0, 0), horizon_weeks=39)[0] == pytest.approx(0.5737864, abs=5e-8)

    def test_a_one_time_buyer_is_surely_alive(self) -> None:
        assert self.published.alive(*one(0, 0, 500))[0] == 1


class TestMbgNbd:
    """Batislam, Denizel and Filiztekin 2007; values of the lifetimes test-suite."""

    def test_the_published_parameters_come_out(self, cdnow: tuple[Histories, Array]) -> None:
        model = fit_purchases(cdnow[0], prior=False)
        assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=0.0006)

    def test_a_one_time_buyer_fades(self, cdnow: tuple[Histories, Array]) -> None:
        alive = fit_purchases(cdnow[0]).alive(np.zeros(3), np.zeros(3), np.array([1.0, 50.0, 500.0]))
        assert 1 > alive[0] > alive[1] > alive[2] > 0

    def test_the_prior_does_not_show_on_thousands(self, cdnow: tuple[Histories, Array]) -> None:
        with_prior, without = fit_purchases(cdnow[0]), fit_purchases(cdnow[0], prior=False)
        expected = [model.expected(*one(2, 30.43, 38.86), 39)[0] for model in (with_prior, without)]
        assert expected[0] == pytest.approx(expected[1], rel=0.01)

    @pytest.mark.parametrize(
        ("repeats", "last", "weeks"),
        [
            ([0, 0, 0], [0, 0, 0], [10, 20, 30]),  # nobody came back
            ([900, 1000, 800], [100, 104, 103], [104, 104, 104]),  # everybody comes daily
            ([0], [0], [0]),  # one customer, today
            ([1], [0.0], [0.0]),
            ([0, 5000], [0, 500], [500, 500]),
        ],
    )
    def test_degenerate_histories_give_finite_numbers(
        self, repeats: list[float], last: list[float], weeks: list[float]
    ) -> None:
        x, t, now = (np.array(values, dtype=float) for values in (repeats, last, weeks))
        model = fit_purchases(Histories(x, t, now, np.ones(len(repeats))))
        for horizon in (1, 52, 520):
            expected, risk = model.expected(x, t, now, horizon), model.no_purchase(x, t, now, horizon)
            assert np.isfinite([model.r, model.alpha, model.a, model.b]).all()
            assert (np.isfinite(expected) & (expected >= 0)).all()
            assert ((risk >= 0) & (risk <= 1)).all()

    def test_a_small_sample_does_not_run_away(self, cdnow: tuple[Histories, Array]) -> None:
        """Plain likelihood gave r above 1,000 on samples of 100."""
        everybody, _ = cdnow
        for start in range(0, 2300, 100):
            part = slice(start, start + 100)
            few = Histories(everybody.repeats[part], everybody.last_weeks[part], everybody.weeks[part], np.ones(100))
            assert fit_purchases(few).r < 3

    def test_more_silence_is_more_risk_and_less_to_expect(self, cdnow: tuple[Histories, Array]) -> None:
        model = fit_purchases(cdnow[0])
        last = np.linspace(38.86, 1, 30)
        repeats, weeks = np.full(30, 3.0), np.full(30, 38.86)
        assert (np.diff(model.no_purchase(repeats, last, weeks, 52)) > 0).all()
        assert (np.diff(model.expected(repeats, last, weeks, 52)) < 0).all()

    def test_it_is_steady_where_the_published_form_divides_nothing_by_nothing(self) -> None:
        """Also where a is 1, at which the published form divides by nothing."""
        for a in (0.999999, 1.0, 1.00001, 1.3):
            model = PurchaseModel(0.5, 6.0, a, 1.6)
            assert model.expected(*one(2, 20, 30), 52)[0] == pytest.approx(
                PurchaseModel(0.5, 6.0, a + 1e-4, 1.6).expected(*one(2, 20, 30), 52)[0], rel=1e-3
            )


class TestSpend:
    """Fader and Hardie, note 025: 946 repeat buyers."""

    def test_the_published_parameters_come_out(self, cdnow: tuple[Histories, Array]) -> None:
        days, mean = cdnow[0].repeats, cdnow[1]
        model = fit_spend(days[days > 0], mean[days > 0], prior=False)
        assert (round(model.p, 2), round(model.q, 2), round(model.v, 2)) == (6.25, 3.74, 15.45)
        assert model.log_likelihood(days[days > 0], mean[days > 0]) == pytest.approx(-4055.92, abs=0.005)

    def test_means_of_the_first_customers(self, cdnow: tuple[Histories, Array]) -> None:
        model = SpendModel(6.25, 3.74, 15.44)
        found = model.expected(cdnow[0].repeats[:6], cdnow[1][:6])
        assert [round(float(value), 1) for value in found] == [24.7, 18.9, 35.2, 35.2, 35.2, 71.5]

    def test_it_is_chosen_where_count_says_little_about_value(self, cdnow: tuple[Histories, Array]) -> None:
        assert isinstance(choose_spend(cdnow[0].repeats, cdnow[1]), SpendModel)

    def test_a_shrunk_mean_where_count_and_value_go_together(self) -> None:
        days = np.repeat(np.arange(1.0, 11.0), 20)
        chosen = choose_spend(days, days * 1000 + 7)
        assert isinstance(chosen, ShrunkMean)
        expected = chosen.expected(np.array([2.0]), np.array([2000.0]))[0]
        assert expected == pytest.approx((4000 + 1.5 * chosen.overall) / 3.5)

    def test_a_shrunk_mean_for_few_repeat_buyers(self) -> None:
        assert isinstance(choose_spend(np.ones(49), np.linspace(1, 50, 49)), ShrunkMean)

    def test_nobody_came_back(self) -> None:
        assert choose_spend(np.zeros(400), np.zeros(400)) == ShrunkMean(0.0)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta"),
    [
        ([100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1], 0.704, 1.182),
        ([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1], 0.668, 3.806),
    ],
)
def test_contracts_as_published(survivors: list[float], alpha: float, beta: float) -> None:
    """Fader and Hardie 2007, the regular and the high-end segment over seven renewals."""
    there = np.array(survivors)
    kept = np.append(np.zeros(there.size - 1), there[-1])
    model = fit_contracts(there[:-1] - there[1:], kept, prior=False)
    assert (round(model.alpha, 3), round(model.beta, 3)) == (alpha, beta)
    assert model.survival(np.array([0.0, 1.0]))[0] == 1
    assert (np.diff(model.leaves_next(np.arange(10.0))) < 0).all()
