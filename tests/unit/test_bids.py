"""Bid multipliers and budgets from what tiers are worth. The worked example's figures were computed by hand."""

from dataclasses import replace

import pytest

from activator.plan.bids import CREDIBILITY_MAX, TierBid, TierValue, bids, credibility, ramp

HIGH = TierValue("high", 600, 18_000, 18_000, 0.25)
MID = TierValue("mid", 900, 6_000, 6_000, 0.45)
LOW = TierValue("low", 1_500, 1_200, 1_200, 0.30)


def by_tier(*tiers: TierValue, week: int = 5) -> dict[str, TierBid]:
    return {bid.tier: bid for bid in bids(tiers, k=25, weeks_running=week, slope=0.88)}


class TestWorkedExample:
    @pytest.mark.parametrize(
        ("week", "multiplier", "high_budget", "mid_budget"),
        [(1, 1.6024, 470.96, 529.04), (3, 2.0284, 529.83, 470.17), (5, 2.5677, 587.88, 412.12)],
    )
    def test_multipliers_and_budgets(self, week: int, multiplier: float, high_budget: float, mid_budget: float) -> None:
        found = by_tier(HIGH, MID, LOW, week=week)
        assert round(found["high"].multiplier, 4) == multiplier
        assert found["mid"].multiplier == 1
        assert [round(1000 * found[tier].budget_share, 2) for tier in ("high", "mid", "low")] == [
            high_budget,
            mid_budget,
            0,
        ]

    def test_the_low_tier_is_excluded_not_bid_down(self) -> None:
        low = by_tier(HIGH, MID, LOW)["low"]
        assert (low.excluded, low.multiplier) == (True, 0)
        assert low.why == "low: excluded, 0.213 times the mean value (98% own, 2% everybody's); at best 0.26, below 0.6"

    def test_every_number_is_explained(self) -> None:
        assert by_tier(HIGH, MID, LOW, week=1)["high"].why == (
            "high: 1.60 = 2.920 times the mean value (96% own, 4% everybody's) ^(0.88 x 0.50)"
        )


def test_no_multiplier_lies_between_nothing_and_one() -> None:
    for value in range(0, 20_000, 250):
        for bid in by_tier(replace(HIGH, value_minor=value, value_high_minor=value), MID, LOW).values():
            assert bid.multiplier == 0 or bid.multiplier >= 1


def test_an_uncertain_low_value_is_not_excluded() -> None:
    assert not by_tier(HIGH, MID, replace(LOW, value_high_minor=6_000))["low"].excluded


def test_a_tier_worth_less_than_its_advertising_is_excluded() -> None:
    mid = by_tier(HIGH, replace(MID, cost_per_order_minor=6_100), LOW)["mid"]
    assert mid.excluded
    assert mid.why == "mid: excluded, worth 60.00 where an order costs 61.00"


def test_a_multiplier_has_a_cap_and_says_so() -> None:
    high = by_tier(replace(HIGH, value_minor=300_000, value_high_minor=300_000), MID, MID)["high"]
    assert high.multiplier == 3
    assert high.why.endswith("^(0.88 x 1.00), at most 3.00")


def test_what_is_not_bid_down_says_so() -> None:
    mid = by_tier(HIGH, replace(MID, value_minor=5_400, value_high_minor=5_400), LOW)["mid"]
    assert mid.multiplier == 1
    assert mid.why.endswith(" is not pushed")
    assert ", at least 1: 0." in mid.why


class TestSteps:
    def test_a_small_change_is_not_pushed(self) -> None:
        high = by_tier(replace(HIGH, bid=2.4), MID, LOW)["high"]
        assert high.multiplier == 2.4
        assert high.why.endswith("; stays, since 2.57 is within 10%")

    def test_a_large_change_takes_weeks(self) -> None:
        high = by_tier(replace(HIGH, bid=1.6), MID, LOW)["high"]
        assert high.multiplier == pytest.approx(2.08)
        assert high.why.endswith("; at most 30% a week on the way to 2.57")


def test_few_customers_count_little() -> None:
    few = by_tier(replace(HIGH, customers=5), MID, LOW)["high"]
    assert "(17% own, 83% everybody's)" in few.why


def test_credibility_is_within_by_between_variance_and_capped() -> None:
    assert credibility(100, 4) == 25
    assert credibility(100, 0.1) == CREDIBILITY_MAX
    assert credibility(100, 0) == CREDIBILITY_MAX


def test_the_ramp_takes_four_weeks() -> None:
    assert [ramp(week) for week in range(1, 7)] == [0.5, 0.5, 0.75, 0.75, 1, 1]


def test_nothing_known_changes_nothing() -> None:
    tiers = [replace(tier, value_minor=0, value_high_minor=0) for tier in (HIGH, MID, LOW)]
    assert [(bid.multiplier, bid.budget_share) for bid in by_tier(*tiers).values()] == [(1, 0.25), (1, 0.45), (1, 0.30)]
