"""The invented performance is believable, repeatable, and holds the case the briefing exists for."""

import statistics
from datetime import date, timedelta

import pytest

from connectors.sandbox.performance import (
    HIGH,
    LOW,
    MATCHED,
    MID,
    MISMATCHED,
    AdDayFigures,
    GroupView,
    Standing,
    daily,
    standings,
)

START = date(2026, 10, 1)
GROUPS = (
    GroupView("11", bid=900, budget=5000, ads=(("111", "quality [act:1]"), ("112", "speed [act:2]"))),
    GroupView("12", bid=500, budget=3000, ads=(("121", "quality [act:3]"), ("122", "speed [act:4]"))),
    GroupView("13", bid=200, budget=2000, ads=(("131", "quality [act:5]"), ("132", "speed [act:6]"))),
)


def figures(ad_id: str, standing: Standing, budget_minor: int, day: date, seed: int = 7) -> AdDayFigures:
    return daily(
        seed,
        "meta",
        ad_id,
        standing.tier,
        standing.motivation,
        standing.variant,
        standing.tier_motivation,
        budget_minor,
        day,
    )


def campaign(seed: int, days: int) -> dict[str, list[AdDayFigures]]:
    """Every ad's days."""
    ranked = standings(GROUPS)
    return {
        ad_id: [
            figures(ad_id, ranked[ad_id], group.budget // 2, START + timedelta(days=offset), seed)
            for offset in range(days)
        ]
        for group in GROUPS
        for ad_id, _ in group.ads
    }


def roas(rows: list[AdDayFigures]) -> float:
    return sum(row.value_micros for row in rows) / sum(row.spend_micros for row in rows)


def test_the_highest_bid_is_taken_for_the_best_customers() -> None:
    ranked = standings(tuple(reversed(GROUPS)))
    assert [ranked[ad].tier for ad in ("111", "121", "131")] == [HIGH, MID, LOW]


def test_equal_bids_are_told_apart_by_budget() -> None:
    small = GroupView("1", bid=0, budget=10, ads=(("a", "x"),))
    large = GroupView("2", bid=0, budget=20, ads=(("b", "x"),))
    ranked = standings((small, large))
    assert (ranked["a"].tier, ranked["b"].tier) == (MID, HIGH)


def test_only_the_last_text_of_the_best_tier_misses_its_people() -> None:
    missing = [ad for ad, standing in standings(GROUPS).items() if standing.motivation == MISMATCHED]
    assert missing == ["112"]


def test_a_tier_with_one_text_has_none_that_misses() -> None:
    ranked = standings((GroupView("1", 1, 1, (("a", "only"),)),))
    assert ranked["a"].motivation == MATCHED


def test_the_same_question_has_the_same_answer_in_any_order() -> None:
    standing = standings(GROUPS)["111"]
    forward = [figures("111", standing, 2500, START + timedelta(days=n)) for n in range(10)]
    backward = [figures("111", standing, 2500, START + timedelta(days=n)) for n in reversed(range(10))]
    assert forward == backward[::-1]
    assert forward != [figures("111", standing, 2500, START + timedelta(days=n), seed=8) for n in range(10)]


@pytest.mark.parametrize("seed", range(6))
def test_the_weak_text_beats_the_campaign_and_lags_its_tier(seed: int) -> None:
    ads = campaign(seed, days=200)
    weak, strong = roas(ads["112"]), roas(ads["111"])
    everything = roas([row for rows in ads.values() for row in rows])
    assert weak > everything * 1.05
    assert 0.5 < weak / strong < 0.7


def test_value_returned_falls_from_tier_to_tier() -> None:
    ads = campaign(7, days=200)
    assert roas(ads["111"]) > 5 > roas(ads["121"]) > 1.4 > roas(ads["131"]) > 0.7


def test_budgets_of_tens_a_day_bring_enough_conversions_to_judge() -> None:
    per_day = {
        ad: statistics.mean(row.conversions_milli for row in rows) / 1000 for ad, rows in campaign(7, 200).items()
    }
    assert 8 <= per_day["111"] <= 20
    assert 4 <= per_day["112"] <= 12


def test_spend_keeps_to_its_part_of_the_budget() -> None:
    for group in GROUPS:
        rows = campaign(7, 100)[group.ads[0][0]]
        mean_minor = statistics.mean(row.spend_micros for row in rows) / 10_000
        assert 0.5 * group.budget / 2 < mean_minor <= group.budget / 2
        assert max(row.spend_micros for row in rows) / 10_000 < 1.75 * group.budget / 2


def test_weekends_sell_more_than_midweek() -> None:
    rows = campaign(7, 364)["111"]
    by_weekday = [statistics.mean(row.conversions_milli for row in rows[offset::7]) for offset in range(7)]
    named = {(START + timedelta(days=offset)).weekday(): value for offset, value in enumerate(by_weekday)}
    assert named[6] > named[2] * 1.2


def test_good_and_bad_days_are_shared_by_the_account() -> None:
    standing = Standing(HIGH, MATCHED, "x")
    days = [START + timedelta(days=offset) for offset in range(200)]
    one = [figures("1", standing, 100_000, day).conversions_milli for day in days]
    other = [figures("2", standing, 100_000, day).conversions_milli for day in days]
    assert statistics.correlation(one, other) > 0.5


def test_order_values_vary_about_as_much_as_they_are_large() -> None:
    standing = Standing(HIGH, MATCHED, "x")
    single = [figures(str(ad), standing, 20, START) for ad in range(3000)]
    values = [row.value_micros for row in single if row.conversions_milli == 1000]
    assert 0.8 < statistics.stdev(values) / statistics.mean(values) < 1.25


def test_counts_never_contradict_each_other() -> None:
    for rows in campaign(3, 60).values():
        for row in rows:
            assert row.impressions >= row.clicks >= row.conversions_milli // 1000 >= 0
            assert (row.value_micros > 0) == (row.conversions_milli > 0)


def test_google_credits_parts_of_a_conversion() -> None:
    rows = [daily(7, "google", "1", HIGH, MATCHED, "x", MATCHED, 3000, START + timedelta(days=n)) for n in range(20)]
    assert any(row.conversions_milli % 1000 for row in rows)


def test_without_a_budget_nothing_happens() -> None:
    assert figures("1", Standing(HIGH, MATCHED, "x"), 0, START) == AdDayFigures(0, 0, 0, 0, 0)
