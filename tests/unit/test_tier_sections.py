"""Value and tiers in the project file: three ways to draw lines, limits that fit, and mistakes with their line."""

from decimal import Decimal
from pathlib import Path

import pytest

from activator.config.project import load_project
from activator.errors import ConfigurationError
from activator.model.bidding import Notice
from activator.model.people import TierSummary
from activator.model.valuing import Basis, TierRule, Valuing
from activator.people.costs import Costs
from activator.plan.tier_notices import tier_notices
from activator.plan.valuing import tier_cuts, valuing_policy
from tests.projects import PROJECT, write_project

TIERS = PROJECT[PROJECT.index("tiers:") : PROJECT.index("copy:")]


def written(tiers: str, value: str = "") -> str:
    lines = "\n".join(f"  - {{{line}}}" for line in tiers.split("; "))
    return PROJECT.replace(TIERS, f"{value}tiers:\n{lines}\n", 1)


def names(tail: str) -> str:
    return f"name: high, {tail}; name: mid, top_share: 0.5; name: low, top_share: 0.8; name: rest"


AMOUNTS = "name: high, at_least: 50000; name: mid, at_least: 10000; name: low, at_least: 0; name: rest"


def test_shares_amounts_and_names_are_three_ways(tmp_path: Path) -> None:
    made, _ = load_project(write_project(tmp_path, written(AMOUNTS)))
    assert [cut.at_least_minor for cut in tier_cuts(made)] == [5_000_000, 1_000_000, 0, None]
    by_name = (
        "name: high, rfm: [champions, loyal], stay_rfm: [regular]; name: mid, rfm: [new]; name: low, rfm: [at_risk]"
    )
    made, _ = load_project(write_project(tmp_path, written(f"{by_name}; name: rest")))
    assert [cut.rfm for cut in tier_cuts(made)] == [("champions", "loyal"), ("new",), ("at_risk",), ()]
    made, _ = load_project(
        write_project(tmp_path, written(names("top_share: 0.2, enter_share: 0.14, stay_share: 0.28")))
    )
    assert tier_cuts(made)[0].shares == (Decimal("0.2"), Decimal("0.14"), Decimal("0.28"))


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 450), ("JPY", 5), ("KWD", 4_500)])
def test_costs_are_in_minor_units_of_the_projects_currency(tmp_path: Path, currency: str, minor: int) -> None:
    value = 'value: {basis: blended, horizon_days: 90, costs: {ticket: "4.50"}}\n'
    text = written(names("top_share: 0.2"), value).replace("currency: EUR", f"currency: {currency}")
    policy = valuing_policy(load_project(write_project(tmp_path, text))[0])
    assert (policy.basis, policy.horizon_days) == (Basis.BLENDED, 90)
    assert (policy.costs.ticket_minor, policy.costs.support_hour_minor) == (minor, None)


def test_every_cost_is_its_own(tmp_path: Path) -> None:
    costs = '{ticket: "4.50", support_hour: "30.00", onboarding_hour: "40.00", management_hour: "55.00"}'
    text = written(names("top_share: 0.2"), f"value: {{costs: {costs}}}\n")
    policy = valuing_policy(load_project(write_project(tmp_path, text))[0])
    assert policy.costs == Costs(
        ticket_minor=450, support_hour_minor=3_000, onboarding_hour_minor=4_000, management_hour_minor=5_500
    )


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        (names("suppress: true"), "high needs exactly one of top_share, at_least and rfm"),
        (names("top_share: 0.2, at_least: 5"), "exactly one of"),
        (names("at_least: 5"), "in one way for all tiers, not by at_least and top_share"),
        (names("top_share: 0.2, stay_at_least: 5"), "high has top_share, so stay_at_least does not go with it"),
        (names("top_share: 0.2, stay_share: 0.2"), "stay_share larger"),
        (names("top_share: 0.2, enter_share: 0.3"), "enter_share must be smaller than top_share"),
        (names("top_share: 0.2, stay_share: 0.6"), "stay_share of a better tier must not reach further"),
        (names("top_share: 0.2, suppress: true"), "the best tier cannot be suppressed"),
        (AMOUNTS.replace("10000", "50000"), "at_least must fall from tier to tier"),
        (AMOUNTS.replace("at_least: 50000", "at_least: 50000, stay_at_least: 60000"), "stay_at_least less"),
        (AMOUNTS.replace("name: rest", "name: rest, people_min: 5"), "must have no people_min: it takes the rest"),
        (AMOUNTS.replace("name: rest", "name: rest, stay_at_least: 0"), "must have no stay_at_least"),
        (
            "name: high, rfm: [new]; name: mid, rfm: [new, loyal]; name: low, rfm: [regular]; name: rest",
            "the RFM name new stands in two tiers",
        ),
        (AMOUNTS.replace("at_least: 0", "at_least: 0, suppress: true, people_min: 3"), "would let its people in again"),
    ],
)
def test_limits_that_do_not_fit_together_are_refused_where_they_stand(tmp_path: Path, tiers: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, written(tiers)))
    assert words in caught.value.message
    assert caught.value.message.startswith("activator.yaml, line ")


def test_rfm_names_go_by_the_past_only(tmp_path: Path) -> None:
    text = written("name: high, rfm: [loyal]; name: mid, rfm: [new]; name: low, rfm: [at_risk]; name: rest")
    with pytest.raises(ConfigurationError, match="names by `rfm` go by what came so far"):
        load_project(write_project(tmp_path, text.replace("tiers:", "value: {basis: predicted}\ntiers:", 1)))


def notices(folder: Path, people: list[int], tiers: str, valuing: Valuing | None = None) -> list[Notice]:
    made, _ = load_project(write_project(folder, written(tiers)))
    summed = [TierSummary(tier.name, count, 0, 0, 0) for tier, count in zip(made.tiers, people, strict=True)]
    return list(tier_notices(made, summed, valuing or Valuing()))


SHARED = names("top_share: 0.2")


@pytest.mark.parametrize(
    ("people", "tiers", "expected"),
    [
        ([60, 90, 90, 60], SHARED, []),
        ([59, 90, 90, 60], SHARED, ["few-customers"]),
        ([59, 0, 0, 60], SHARED, []),
        ([0, 0, 0, 0], SHARED, []),
        ([60, 90, 90, 60], names("top_share: 0.19"), ["high-tier-share"]),
        ([60, 90, 90, 60], names("top_share: 0.30"), []),
        ([60, 90, 90, 60], names("top_share: 0.31"), ["high-tier-share"]),
        ([10, 290, 0, 0], AMOUNTS, []),
        ([100, 200, 0, 0], AMOUNTS, ["high-tier-share"]),
    ],
)
def test_sizes_worth_a_look_are_told(tmp_path: Path, people: list[int], tiers: str, expected: list[str]) -> None:
    assert [notice.notice for notice in notices(tmp_path, people, tiers)] == expected


@pytest.mark.parametrize(
    ("people", "least_minor", "expected"),
    [
        ([100, 300, 0, 0], 1, []),
        ([101, 299, 0, 0], 1, ["tier-tie"]),
        ([101, 299, 0, 0], 0, ["tier-worthless"]),
    ],
)
def test_customers_worth_the_same_are_no_silent_surprise(
    tmp_path: Path, people: list[int], least_minor: int, expected: list[str]
) -> None:
    """A fifth was asked for, and a quarter may be."""
    found = notices(tmp_path, people, SHARED, Valuing(rules=(TierRule("high", least_minor),)))
    assert [notice.notice for notice in found] == expected


def test_a_closed_tier_says_where_its_people_are(tmp_path: Path) -> None:
    valuing = Valuing(rules=(TierRule("high", closed="mid"),))
    (only,) = notices(tmp_path, [0, 150, 150, 0], SHARED, valuing)
    assert (only.subject, only.message) == ("tier high", "too few customers: they are in tier mid")
