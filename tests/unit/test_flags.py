"""Attention flags: what opens one, what it says, and how it ends. Worked numbers are those of the published design."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from activator.model.performance import AdDay, Attention, FlagEpisode, FlagState, Yardstick
from activator.performance.cells import Pair, accounts
from activator.performance.cusum import dispersion, evidence, evidence_needed, increment
from activator.performance.flags import attention
from activator.performance.window import order_value_variation, window
from tests.unit.ad_accounts import START, NoisyAccount, ad_day, reported, steady

# One variant with a third of the exposure of the rest, 4 of 24 conversions a day where 6 are expected.
WORKED = {("high", "a"): (300.0, 20.0, 2000.0), ("high", "b"): (100.0, 4.0, 400.0)}
# Campaign ROAS 3.0, high tier 6.0, variant b 3.6: 20 % above the campaign and 40 % below its tier.
HIDDEN = {
    ("high", "a"): (180.0, 15.0, 1512.0),
    ("high", "b"): (180.0, 7.0, 648.0),
    ("low", "a"): (540.0, 8.0, 540.0),
}


def morning(day: int) -> date:
    return START + timedelta(days=day)


def judge(rows: Sequence[AdDay], day: int, episodes: Sequence[FlagEpisode] = ()) -> Attention:
    return attention(rows, morning(day), episodes)


def test_one_worked_day_adds_0_3703_and_a_quiet_one_takes_0_2241() -> None:
    assert increment(Pair(100, 300, 4, 20, 0, 0), 1.2) == pytest.approx(0.3703, abs=5e-5)
    assert increment(Pair(100, 300, 6, 18, 0, 0), 1.2) == pytest.approx(-0.2241, abs=5e-5)


def test_the_worked_example_has_enough_evidence_on_its_thirteenth_day() -> None:
    def total(days: int) -> float:
        (cell,) = [it for it in accounts(steady(range(days), WORKED), morning(days - 1))[0].cells if it.key[2] == "b"]
        return evidence(cell, 1.2, since=0).total

    assert total(12) < evidence_needed(2) <= total(13)


def test_evidence_alone_opens_a_flag_where_dearer_orders_hide_the_size_of_the_fall() -> None:
    dearer = {**WORKED, ("high", "b"): (100.0, 4.0, 500.0)}
    assert judge(steady(range(12), dearer), 12).flags == ()
    assert [flag.episode.variant for flag in judge(steady(range(13), dearer), 13).flags] == ["b"]


def test_more_than_twelve_cells_need_more_evidence() -> None:
    assert evidence_needed(1) == evidence_needed(12) == 4.5
    assert evidence_needed(24) == pytest.approx(4.5 + math.log(2))


def test_evidence_never_falls_below_zero_and_names_the_day_it_rose_from() -> None:
    good = {**WORKED, ("high", "b"): (100.0, 8.0, 800.0)}
    rows = steady(range(30), good) + steady(range(30, 34), WORKED)
    (cell,) = [cell for cell in accounts(rows, morning(33))[0].cells if cell.key[2] == "b"]
    told = evidence(cell, 1.2, since=0)
    assert told.total == pytest.approx(4 * 0.3703, abs=1e-3)
    assert told.started == 30


def test_dispersion_is_at_least_1_2_and_found_when_larger() -> None:
    (quiet,) = accounts(steady(range(60), WORKED), morning(59))
    assert dispersion(quiet.cells) == 1.2
    swinging = [
        row
        for day in range(60)
        for row in steady(range(day, day + 1), {**WORKED, ("high", "b"): (100.0, (1.0, 7.0)[day % 2], 400.0)})
    ]
    (restless,) = accounts(swinging, morning(59))
    assert dispersion(restless.cells) > 1.8


def test_a_variant_above_the_campaign_and_far_below_its_tier_is_flagged() -> None:
    result = judge(steady(range(28), HIDDEN), 28)
    (flag,) = result.flags
    assert (flag.episode.tier, flag.episode.variant, flag.state) == ("high", "b", FlagState.NEW)
    assert flag.yardstick is Yardstick.TIER
    assert flag.value_micros / flag.spend_micros == pytest.approx(3.6)
    assert flag.reference_value_micros / flag.spend_micros == pytest.approx(6.0)
    assert flag.campaign_value_micros / flag.campaign_spend_micros == pytest.approx(3.0)
    assert flag.lost_micros == pytest.approx(flag.spend_micros * 2.4)
    assert flag.conversions_milli == 7000 * flag.window_days
    assert flag.expected_milli == 11_000 * flag.window_days
    assert 0 < flag.likely_low_bp < flag.likely_high_bp < 10_000
    assert flag.daily_spend_micros == 180_000_000
    assert (flag.shift_to, flag.shift_to_roas) == ("a", Fraction(1512, 180))


def test_the_same_return_everywhere_flags_nothing_and_watches_nothing() -> None:
    even = {("high", "a"): (100.0, 5.0, 500.0), ("high", "b"): (200.0, 10.0, 1000.0), ("low", "c"): (50.0, 1.0, 50.0)}
    result = judge(steady(range(60), even), 60)
    assert (result.flags, result.watched, result.episodes) == ((), (), ())


def test_nothing_is_judged_before_three_days_or_eight_expected_conversions() -> None:
    drastic = {("high", "a"): (100.0, 60.0, 6000.0), ("high", "b"): (100.0, 10.0, 1000.0)}
    assert judge(steady(range(2), drastic), 2).flags == ()
    assert judge(steady(range(3), drastic), 3).flags != ()
    few = {key: (spend, conversions / 20, value / 20) for key, (spend, conversions, value) in drastic.items()}
    assert judge(steady(range(3), few), 3).flags == ()


def test_a_loss_smaller_than_a_day_of_spend_is_no_flag() -> None:
    cheap = {("high", "a"): (300.0, 20.0, 20.0), ("high", "b"): (100.0, 4.0, 4.0)}
    assert judge(steady(range(40), cheap), 40).flags == ()


def test_a_fall_in_order_value_that_counts_cannot_show_is_flagged() -> None:
    rows = steady(range(28), {("high", "a"): (100.0, 20.0, 4000.0), ("high", "b"): (100.0, 20.0, 1600.0)})
    (flag,) = judge(rows, 28).flags
    assert flag.episode.variant == "b"
    assert flag.conversions_milli == flag.expected_milli


def test_today_is_not_over_and_does_not_count() -> None:
    rows = steady(range(13), WORKED)
    unfinished = [ad_day(13, variant="b", spend=100_000, conversions=0, value=0)]
    assert judge(rows + unfinished, 13) == judge(rows, 13)


def test_a_tier_with_one_variant_is_judged_by_its_own_earlier_days() -> None:
    good = {("high", "only"): (100.0, 20.0, 2000.0), ("low", "only"): (100.0, 20.0, 1000.0)}
    fallen = {**good, ("high", "only"): (100.0, 9.0, 900.0)}
    rows = steady(range(35), good) + steady(range(35, 49), fallen)
    (flag,) = judge(rows, 49).flags
    assert (flag.episode.tier, flag.episode.variant, flag.yardstick) == ("high", "only", Yardstick.OWN_BASELINE)
    assert flag.episode.started_on == morning(35)
    assert flag.shift_to is None


def test_a_baseline_is_an_estimate_and_gives_the_benefit_of_the_doubt() -> None:
    rows = steady(range(40), {("high", "only"): (100.0, 20.0, 2000.0), ("low", "only"): (100.0, 10.0, 1000.0)})
    high, _ = accounts(rows, morning(39))[0].cells
    pair = high.pair(39, 39)
    assert pair is not None
    assert pair.doubt == pytest.approx(1 / 560 + 1 / 280)
    assert increment(pair, 1.2) < increment(replace(pair, doubt=0.0), 1.2)


def test_a_long_fall_does_not_become_its_own_yardstick() -> None:
    good = {("high", "only"): (100.0, 20.0, 2000.0), ("low", "only"): (100.0, 20.0, 1000.0)}
    fallen = {**good, ("high", "only"): (100.0, 14.0, 1400.0)}

    def total(days: int) -> float:
        rows = steady(range(35), good) + steady(range(35, 35 + days), fallen)
        high, _ = accounts(rows, morning(34 + days))[0].cells
        return evidence(high, 1.2, since=0).total

    assert total(1) > 0
    assert total(40) == pytest.approx(40 * total(1))


def test_a_fall_every_tier_shares_is_no_tiers_fault() -> None:
    good = {("high", "only"): (100.0, 20.0, 2000.0), ("low", "only"): (100.0, 20.0, 1000.0)}
    halved = {key: (spend, conversions / 2, value / 2) for key, (spend, conversions, value) in good.items()}
    assert judge(steady(range(35), good) + steady(range(35, 49), halved), 49).flags == ()


def test_a_whole_tier_that_falls_is_flagged_as_a_tier() -> None:
    good = {(tier, variant): (100.0, 10.0, 1000.0) for tier in ("high", "low") for variant in "ab"}
    fallen = {key: (100.0, 5.0, 500.0) if key[0] == "high" else ad for key, ad in good.items()}
    (flag,) = judge(steady(range(35), good) + steady(range(35, 49), fallen), 49).flags
    assert (flag.episode.tier, flag.episode.variant) == ("high", None)


def test_a_tier_is_not_flagged_beside_the_variant_that_explains_it() -> None:
    good = {(tier, variant): (100.0, 10.0, 1000.0) for tier in ("high", "low") for variant in "ab"}
    fallen = {**good, ("high", "b"): (100.0, 2.0, 200.0)}
    flags = judge(steady(range(35), good) + steady(range(35, 49), fallen), 49).flags
    assert [flag.episode.variant for flag in flags] == ["b"]


def test_two_destinations_are_judged_apart_and_the_larger_loss_comes_first() -> None:
    small = {key: (spend / 2, conversions, value / 2) for key, (spend, conversions, value) in HIDDEN.items()}
    rows = steady(range(28), small, "google") + steady(range(28), HIDDEN, "meta")
    flags = judge(rows, 28).flags
    assert [flag.episode.destination for flag in flags] == ["meta", "google"]
    assert flags[0].lost_micros > flags[1].lost_micros


class TestEpisodes:
    """One flag per cell: new, then counted in days, then over."""

    def test_the_next_morning_it_is_one_day_older_and_keeps_its_beginning(self) -> None:
        first = judge(steady(range(13), WORKED), 13)
        second = judge(steady(range(14), WORKED), 14, first.episodes)
        (flag,) = second.flags
        assert (flag.state, flag.day_number(morning(14))) == (FlagState.ONGOING, 2)
        assert flag.episode == first.flags[0].episode

    def test_the_same_morning_twice_says_the_same(self) -> None:
        rows = steady(range(13), WORKED)
        first = judge(rows, 13)
        assert judge(rows, 13, first.episodes) == first

    def test_a_variant_that_is_as_good_as_its_tier_again_has_recovered_and_is_not_reopened_at_once(self) -> None:
        better = {**WORKED, ("high", "b"): (100.0, 7.0, 700.0)}
        rows = steady(range(14), WORKED)
        episodes = judge(rows, 14).episodes
        rows += steady(range(14, 60), better)
        for day in range(15, 60):
            result = judge([row for row in rows if row.day < morning(day)], day, episodes)
            episodes = result.episodes
            if result.flags[0].state is FlagState.RECOVERED:
                break
        assert day < 45
        assert result.flags[0].episode.closed_on == morning(day)
        again = judge([row for row in rows if row.day < morning(day)], day, episodes)
        assert again == result
        assert judge([row for row in rows if row.day < morning(day + 1)], day + 1, episodes).flags == ()

    def test_good_days_from_before_the_fall_are_no_recovery(self) -> None:
        even = {("high", "a"): (300.0, 60.0, 6000.0), ("high", "b"): (100.0, 20.0, 2000.0)}
        fallen = {**even, ("high", "b"): (100.0, 10.0, 1000.0)}
        rows = steady(range(40), even) + steady(range(40, 42), fallen)
        young = FlagEpisode("meta", "high", "b", started_on=morning(40), opened_on=morning(41))
        (flag,) = judge(rows, 42, [young]).flags
        assert flag.state is FlagState.ONGOING

    def test_fourteen_days_pass_before_a_closed_flag_may_open_again(self) -> None:
        rows = steady(range(60), WORKED)
        closed = FlagEpisode("meta", "high", "b", morning(5), morning(20), closed_on=morning(40))
        waiting = judge([row for row in rows if row.day < morning(53)], 53, [closed])
        assert waiting.flags == ()
        assert [(cell.variant, cell.reopens_on) for cell in waiting.watched] == [("b", morning(54))]
        (flag,) = judge([row for row in rows if row.day < morning(54)], 54, [closed]).flags
        assert (flag.state, flag.episode.opened_on) == (FlagState.NEW, morning(54))

    def test_evidence_from_before_a_closed_flag_is_not_used_twice(self) -> None:
        rows = steady(range(40), WORKED)
        (cell,) = [cell for cell in accounts(rows, morning(39))[0].cells if cell.key[2] == "b"]
        assert evidence(cell, 1.2, since=38).total == pytest.approx(2 * 0.3703, abs=1e-3)

    def test_a_variant_that_spends_no_more_is_stopped(self) -> None:
        first = judge(steady(range(14), WORKED), 14)
        rows = steady(range(14), WORKED) + steady(range(14, 17), {("high", "a"): (300.0, 20.0, 2000.0)})
        (flag,) = judge(rows, 17, first.episodes).flags
        assert (flag.state, flag.episode.closed_on) == (FlagState.STOPPED, morning(17))

    def test_an_open_flag_of_a_cell_that_is_gone_is_closed(self) -> None:
        gone = FlagEpisode("google", "high", "b", morning(1), morning(5))
        assert judge(steady(range(20), {("low", "a"): (1.0, 1.0, 1.0)}), 20, [gone]).episodes == (
            replace(gone, closed_on=morning(20)),
        )


def test_below_the_limits_a_cell_is_watched_and_says_what_it_lacks() -> None:
    result = judge(steady(range(10), WORKED), 10)
    assert result.flags == ()
    (cell,) = result.watched
    assert (cell.tier, cell.variant, cell.reopens_on) == ("high", "b", None)
    # 4.5 needed, 3.703 there, .3703 a day of 6 expected conversions: 12.9 more.
    assert cell.needs_conversions == 13


def test_extreme_orders_are_cut_for_estimates_and_kept_in_sums() -> None:
    rows = steady(range(60), {("high", "a"): (100.0, 10.0, 1000.0), ("high", "b"): (100.0, 10.0, 1000.0)})
    rows += [ad_day(59, "high", "b", ad_id="big", spend=0, conversions=1, value=1_000_000)]
    (cell,) = [cell for cell in accounts(rows, morning(59))[0].cells if cell.key[2] == "b"]
    assert cell.own.value[-1] == 1_001_000 * 10**6
    assert cell.own.capped[-1] == pytest.approx(1100 * 10**6)
    assert order_value_variation(cell) < 0.5


def test_no_conversions_at_all_is_a_credible_fall_once_enough_were_expected() -> None:
    rows = steady(range(14), {("high", "a"): (100.0, 5.0, 500.0), ("high", "b"): (100.0, 0.0, 0.0)})
    (flag,) = judge(rows, 14).flags
    assert flag.value_micros == 0
    assert flag.likely_high_bp < 9000


def test_a_window_shrinks_towards_no_difference_while_numbers_are_small() -> None:
    def log_ratio(scale: float) -> float:
        ads = {key: (spend, conversions * scale, value) for key, (spend, conversions, value) in WORKED.items()}
        (cell,) = [cell for cell in accounts(steady(range(7), ads), morning(6))[0].cells if cell.key[2] == "b"]
        estimate = window(cell, 7, 1.2, 1.0, None)
        assert estimate is not None
        return estimate.log_mean

    truth = math.log(0.6)
    assert truth < log_ratio(100) < log_ratio(1) < log_ratio(0.1) < 0
    assert log_ratio(100) == pytest.approx(truth, abs=0.01)


def test_the_track_of_a_flag_adds_up_to_its_numbers() -> None:
    (flag,) = judge(steady(range(13), WORKED), 13).flags
    last = flag.track[-1]
    assert (last.conversions_milli, last.expected_milli) == (flag.conversions_milli, flag.expected_milli)
    assert all(day.low_milli <= day.expected_milli <= day.high_milli for day in flag.track)


def test_no_rows_no_flags() -> None:
    assert judge([], 5) == Attention((), (), ())


def test_quiet_accounts_seldom_raise_a_new_flag() -> None:
    new, mornings = 0, 0
    for seed in range(3):
        drawn = NoisyAccount(seed, conversions_a_day=8, days=68).draw()
        episodes: tuple[FlagEpisode, ...] = ()
        for day in range(28, 68):
            result = judge(reported(drawn, day), day, episodes)
            episodes = result.episodes
            new += sum(flag.state is FlagState.NEW for flag in result.flags)
            mornings += 1
    assert new / mornings <= 0.025


@pytest.mark.parametrize("seed", range(4))
def test_a_fall_by_half_is_found_within_two_weeks_and_its_beginning_about_right(seed: int) -> None:
    drawn = NoisyAccount(100 + seed, 8, days=49, fall_of=(0, 1), fall_from=35, fall_to=0.5).draw()
    found = {
        day: flag
        for day in range(36, 50)
        for flag in judge(reported(drawn, day), day).flags
        if (flag.episode.tier, flag.episode.variant) == ("t0", "v1")
    }
    assert found, "a fall of 50 % at 8 conversions a day must be found within 14 days"
    assert abs((found[max(found)].episode.started_on - morning(35)).days) <= 7
