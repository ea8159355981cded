"""Ceilings: no budget and no bid beyond them, over all destinations, whatever currencies they are billed in."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activator.config.project import GuardSection
from activator.model.ads import Bid, BidStrategy, CampaignSpec, GroupSpec, ObjectSpec
from activator.model.plan import GuardFinding
from activator.plan.guards import bid_guards, budget_guards
from activator.plan.guards.spend import Currencies

EUROS = Currencies("EUR", {"meta": "EUR", "google": "EUR"})


def campaign(budget: int) -> CampaignSpec:
    return CampaignSpec("campaign", "name", budget, BidStrategy.MANUAL_CPC)


def group(tier: str, budget: int | None = None, bid: Bid | None = None) -> GroupSpec:
    return GroupSpec(
        key=f"group/{tier}",
        name=tier,
        campaign_key="campaign",
        tier=tier,
        audience_key=f"audience/{tier}",
        excluded_audience_keys=(),
        daily_budget_minor=budget,
        bid=bid or Bid(BidStrategy.LOWEST_COST),
        countries=("DE",),
    )


def found(specs: dict[str, Sequence[ObjectSpec]], currencies: Currencies = EUROS, **limits: object) -> list[str]:
    section = GuardSection.model_validate(limits)
    return [said(f) for f in (*budget_guards(specs, section, currencies), *bid_guards(specs, section, currencies))]


def said(finding: GuardFinding) -> str:
    return f"{finding.guard} {finding.subject}: {finding.message}"


@pytest.mark.parametrize(("second", "objects"), [(4000, False), (4001, True)])
def test_budgets_add_up_over_destinations(second: int, objects: bool) -> None:
    specs: dict[str, Sequence[ObjectSpec]] = {"meta": [group("high", 6000)], "google": [campaign(second)]}
    assert bool(found(specs, daily_budget_max="100.00")) == objects


def test_without_a_ceiling_budgets_are_the_users_affair() -> None:
    assert found({"meta": [campaign(10**9), group("high", 10**9, Bid(BidStrategy.BID_CAP, 10**9))]}) == []


@pytest.mark.parametrize(("second", "objects"), [(4000, False), (4001, True)])
def test_a_tiers_budgets_add_up_over_destinations(second: int, objects: bool) -> None:
    specs: dict[str, Sequence[ObjectSpec]] = {
        "meta": [group("high", 6000), group("low", 9000)],
        "google": [group("high", second)],
    }
    expected = ["tier-budget high: daily budgets of 100.01 EUR exceed the ceiling of 100.00 EUR"] if objects else []
    assert found(specs, tier_daily_budgets_max={"high": "100.00"}) == expected


def test_a_campaigns_budget_may_all_be_spent_on_one_tier() -> None:
    specs: dict[str, Sequence[ObjectSpec]] = {"google": [campaign(10_000), group("high"), group("low")]}
    assert len(found(specs, tier_daily_budgets_max={"high": "99.99", "low": "100.00", "rest": "1.00"})) == 1


def test_yen_have_no_cents_but_are_counted_like_everything_else() -> None:
    yen = Currencies("JPY", {"meta": "JPY"})
    assert found({"meta": [group("high", 500_000)]}, yen, daily_budget_max="5000") == []
    (words,) = found({"meta": [group("high", 500_100)]}, yen, daily_budget_max="5000")
    assert words.endswith("daily budgets of 5,001.00 JPY exceed the ceiling of 5,000.00 JPY")


@pytest.mark.parametrize(("yen", "objects"), [(625_000, False), (625_001, True)])
def test_other_currencies_are_converted_exactly(yen: int, objects: bool) -> None:
    """60 EUR and 6,250 JPY at 0.0064 are 100 EUR to the cent; a hundredth of a yen more is too much."""
    mixed = Currencies("EUR", {"meta": "EUR", "google": "JPY"}, {"JPY": Decimal("0.0064")})
    specs: dict[str, Sequence[ObjectSpec]] = {"meta": [group("high", 6000)], "google": [campaign(yen)]}
    assert bool(found(specs, mixed, daily_budget_max="100.00")) == objects


def test_what_exceeds_a_ceiling_by_a_hair_does_not_look_equal_to_it() -> None:
    mixed = Currencies("EUR", {"google": "JPY"}, {"JPY": Decimal("0.0064")})
    (words,) = found({"google": [campaign(1_562_501)]}, mixed, daily_budget_max="100.00")
    assert "daily budgets of 100.01 EUR exceed the ceiling of 100.00 EUR" in words


def test_a_currency_without_a_rate_is_not_compared_but_refused() -> None:
    mixed = Currencies("EUR", {"meta": "EUR", "google": "USD"})
    specs: dict[str, Sequence[ObjectSpec]] = {"meta": [group("high", 1)], "google": [campaign(1)]}
    (words,) = found(specs, mixed, daily_budget_max="100.00")
    assert words == "daily-budget all destinations: USD cannot be compared with the ceiling in EUR: there is no rate"
    assert found({"meta": [group("high", 1)], "google": [campaign(0)]}, mixed, daily_budget_max="100.00") == []


@pytest.mark.parametrize(
    ("bid", "objects"),
    [
        (Bid(BidStrategy.BID_CAP, 250), False),
        (Bid(BidStrategy.BID_CAP, 251), True),
        (Bid(BidStrategy.MANUAL_CPC, 100, modifier_bp=25_000), False),
        (Bid(BidStrategy.MANUAL_CPC, 100, modifier_bp=25_001), True),
        (Bid(BidStrategy.MANUAL_CPC, 300, modifier_bp=5_000), False),
        (Bid(BidStrategy.TARGET_ROAS, roas_bp=90_000), False),
        (Bid(BidStrategy.LOWEST_COST), False),
    ],
)
def test_no_bid_exceeds_the_highest_allowed_with_its_adjustment(bid: Bid, objects: bool) -> None:
    objections = found({"meta": [group("high", bid=bid)]}, bid_max="2.50")
    assert objections == (
        ["bid-cap meta/group/high: a bid of up to 2.51 EUR exceeds the ceiling of 2.50 EUR"] * objects
    )


@given(
    budgets=st.lists(st.tuples(st.sampled_from(["meta", "google"]), st.integers(0, 10**7)), max_size=6),
    rate_ppm=st.integers(1, 5 * 10**6),
    ceiling=st.integers(1, 10**7),
)
def test_a_plan_that_passes_never_exceeds_the_ceiling_and_one_that_is_refused_does(
    budgets: list[tuple[str, int]], rate_ppm: int, ceiling: int
) -> None:
    rate = Decimal(rate_ppm) / 1_000_000
    mixed = Currencies("EUR", {"meta": "EUR", "google": "JPY"}, {"JPY": rate})
    specs: dict[str, Sequence[ObjectSpec]] = {
        name: [group(f"t{n}", budget) for n, (where, budget) in enumerate(budgets) if where == name]
        for name in ("meta", "google")
    }
    exactly = sum(Decimal(budget) * (1 if where == "meta" else rate) for where, budget in budgets)
    objections = found(specs, mixed, daily_budget_max=str(Decimal(ceiling) / 100))
    assert bool(objections) == (exactly > ceiling)
