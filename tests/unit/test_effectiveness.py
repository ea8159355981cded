"""Whether segmenting pays: months, comparisons, advertising against its baseline, and what must hold."""

from datetime import date

import pytest

from activator.errors import ConfigurationError
from activator.reports.advertising import EVERYBODY, GONE, OWN, advertising
from activator.reports.comparison import Share, compared
from activator.reports.effectiveness import failure
from activator.reports.growth import Growth, TierWorth
from activator.reports.month import Month
from tests.unit.ad_accounts import UNIT, ad_day, steady

SEPTEMBER = Month(date(2026, 9, 1))
MOTIVES = {"risk_a": "risk", "plain_a": "generic"}


class TestMonth:
    def test_a_month_and_the_one_before(self) -> None:
        march = Month.read("2024-03")
        assert (march.first, march.last, march.days) == (date(2024, 3, 1), date(2024, 3, 31), 31)
        assert str(march.before) == "2024-02"
        assert march.before.last == date(2024, 2, 29)
        assert str(Month.read("2026-01").before) == "2025-12"

    @pytest.mark.parametrize("text", ["2026-13", "2026-1", "October", "0000-01", "2026-10-01"])
    def test_what_is_no_month_is_refused_with_an_example(self, text: str) -> None:
        with pytest.raises(ConfigurationError, match="is no month") as refused:
            Month.read(text)
        assert "2026-10" in refused.value.next_step

    def test_the_newest_that_is_over(self) -> None:
        assert str(Month.over(date(2026, 9, 29))) == "2026-08"
        assert str(Month.over(date(2026, 9, 30))) == "2026-09"
        assert str(Month.over(date(2026, 10, 1))) == "2026-09"


class TestComparison:
    def test_a_ratio_of_rates_with_its_interval(self) -> None:
        """By hand: 90/1,000 against 60/1,000 is 1.5; variance 1/90 - 1/1,000 + 1/60 - 1/1,000 = .025778."""
        found = compared(Share(90_000, 1_000), Share(60_000, 1_000))
        assert found.ratio == pytest.approx(1.5)
        assert found.low == pytest.approx(1.5 / 1.30223, rel=1e-4)
        assert found.high == pytest.approx(1.5 * 1.30223, rel=1e-4)

    def test_below_thirty_of_either_nothing_is_said(self) -> None:
        assert compared(Share(30_000, 500), Share(30_000, 500)).ratio == pytest.approx(1)
        assert compared(Share(29_999, 500), Share(90_000, 500)).ratio is None
        assert compared(Share(90_000, 500), Share(29_999, 500)).ratio is None
        assert compared(Share(90_000, 0), Share(90_000, 10)).ratio is None

    def test_what_scatters_more_than_chance_has_a_wider_interval(self) -> None:
        narrow, wide = (compared(Share(90_000, 1_000), Share(60_000, 1_000), scatter) for scatter in (1.0, 1.2))
        assert narrow.low is not None
        assert wide.low is not None
        assert wide.low < narrow.low


class TestAdvertising:
    def test_texts_for_why_people_buy_against_those_for_everybody(self) -> None:
        """10 days of 50 clicks each: 60 conversions against 40."""
        rows = steady(range(10), {("high", "risk_a"): (100, 6, 600), ("low", "plain_a"): (100, 4, 300)})
        found = advertising(rows, MOTIVES, SEPTEMBER)
        (compared_here,) = found.baseline.values()
        assert compared_here.group == Share(60_000, 500)
        assert compared_here.baseline == Share(40_000, 500)
        assert compared_here.ratio == pytest.approx(1.5)
        assert found.days == {"meta": 10}

    def test_people_who_are_no_customers_are_no_baseline(self) -> None:
        rows = steady(range(10), {("high", "risk_a"): (100, 6, 600), ("acquisition", "plain_a"): (100, 4, 300)})
        found = advertising(rows, MOTIVES, SEPTEMBER)
        assert found.baseline == {}
        assert [row.figures.tier for row in found.rows] == ["acquisition", "high"]

    def test_money_stays_whole_and_each_row_knows_the_month_before(self) -> None:
        rows = [ad_day(date(2026, 8, 31), variant="risk_a", spend=10, value=20), ad_day(0, variant="risk_a", spend=0.1)]
        (row,) = advertising(rows, MOTIVES, SEPTEMBER).rows
        assert (row.told, row.figures.spend_micros, row.before and row.before.spend_micros) == (
            OWN,
            UNIT // 10,
            10 * UNIT,
        )

    def test_a_text_the_project_no_longer_has_is_told_apart(self) -> None:
        rows = [ad_day(0, variant="old"), ad_day(0, variant="plain_a")]
        assert [row.told for row in advertising(rows, MOTIVES, SEPTEMBER).rows] == [EVERYBODY, GONE]

    def test_other_months_do_not_count(self) -> None:
        rows = [ad_day(date(2026, 10, 1), variant="risk_a"), ad_day(date(2026, 7, 31), variant="risk_a")]
        assert advertising(rows, MOTIVES, SEPTEMBER).rows == ()


def test_growth_needs_thirty_buyers_in_both_months_and_revenue_above_nothing() -> None:
    def growth(before: int, now: int, buyers_before: int, buyers: int) -> float | None:
        return Growth("high", date(2026, 7, 31), 99, before, now, buyers_before, buyers, None).ratio

    assert growth(1_000, 1_200, 30, 30) == pytest.approx(1.2)
    assert growth(1_000, 1_200, 29, 30) is None
    assert growth(1_000, 1_200, 30, 29) is None
    assert growth(-5, 1_200, 30, 30) is None


def test_the_highest_tier_must_be_worth_the_most() -> None:
    tiers = ["high", "mid", "low"]
    assert failure([TierWorth("high", 5, 900), TierWorth("mid", 5, 900), TierWorth("low", 5, 1)], tiers) is None
    said = failure([TierWorth("high", 5, 900), TierWorth("mid", 5, 100), TierWorth("low", 5, 901)], tiers)
    assert said is not None
    assert said.startswith("customers of `low` are worth more over their lifetime than those of `high`")


def test_without_customers_in_the_highest_tier_nothing_is_claimed() -> None:
    assert failure([TierWorth("mid", 5, 100)], ["high", "mid"]) is None
    assert failure([], ["high", "mid"]) is None
