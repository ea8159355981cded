"""ROAS by segment: ratio of sums, one currency at a time."""

from datetime import date
from fractions import Fraction

from activator.model.performance import PerformanceRow
from activator.performance.label import ad_days
from activator.performance.segments import between, by_tier, by_tier_and_variant, campaign_totals
from tests.unit.ad_accounts import START, ad_day


def test_roas_is_a_ratio_of_sums_and_not_a_mean_of_ratios() -> None:
    rows = [ad_day(0, spend=1, value=100), ad_day(1, spend=99, value=100)]
    (tier,) = by_tier(rows)
    assert tier.roas == Fraction(2)  # the mean of 100 and 1.01 would be 50.5


def test_roas_is_exact() -> None:
    (tier,) = by_tier([ad_day(0, spend=3, value=1)])
    assert tier.roas == Fraction(1, 3)


def test_without_spend_there_is_no_roas() -> None:
    (tier,) = by_tier([ad_day(0, spend=0, value=10)])
    assert tier.roas is None


def test_tier_sums_its_variants_and_campaign_sums_its_tiers() -> None:
    rows = [
        ad_day(0, "high", "a", spend=10, value=60, conversions=1.5),
        ad_day(0, "high", "b", spend=20, value=60, conversions=2),
        ad_day(1, "low", "a", spend=30, value=30, conversions=3),
    ]
    assert [(it.tier, it.variant, it.roas) for it in by_tier_and_variant(rows)] == [
        ("high", "a", Fraction(6)),
        ("high", "b", Fraction(3)),
        ("low", "a", Fraction(1)),
    ]
    assert [(it.tier, it.variant, it.roas) for it in by_tier(rows)] == [
        ("high", None, Fraction(4)),
        ("low", None, Fraction(1)),
    ]
    (campaign,) = campaign_totals(rows)
    assert (campaign.tier, campaign.variant, campaign.roas) == (None, None, Fraction(5, 2))
    assert (campaign.conversions_milli, campaign.clicks, campaign.impressions, campaign.days) == (6500, 150, 3000, 2)


def test_several_ads_of_one_variant_are_one_segment() -> None:
    rows = [ad_day(0, ad_id="1", spend=10, value=10), ad_day(0, ad_id="2", spend=10, value=30)]
    (variant,) = by_tier_and_variant(rows)
    assert (variant.roas, variant.days) == (Fraction(2), 1)


def test_currencies_and_destinations_are_never_added_up() -> None:
    rows = [ad_day(0), ad_day(0, currency="USD"), ad_day(0, destination="google")]
    assert [(it.destination, it.currency) for it in campaign_totals(rows)] == [
        ("google", "EUR"),
        ("meta", "EUR"),
        ("meta", "USD"),
    ]


def test_nothing_gives_nothing() -> None:
    assert by_tier([]) == by_tier_and_variant([]) == campaign_totals([]) == ()


def test_between_takes_both_ends() -> None:
    rows = [ad_day(day) for day in range(5)]
    assert [row.day.day for row in between(rows, date(2026, 9, 2), date(2026, 9, 4))] == [2, 3, 4]


def test_rows_are_labelled_by_the_key_of_their_ad_and_foreign_ads_are_left_out() -> None:
    def row(ad_id: str) -> PerformanceRow:
        return PerformanceRow("meta", "c", "g", ad_id, START, 5, 4, 3, 2, 1, "EUR")

    (labelled,) = ad_days([row("1"), row("2")], {("meta", "1"): "ad/high/status_a", ("google", "2"): "ad/low/x"})
    assert (labelled.tier, labelled.variant, labelled.ad_id) == ("high", "status_a", "1")
    assert (labelled.spend_micros, labelled.conversions_milli, labelled.value_micros) == (5, 2, 1)
