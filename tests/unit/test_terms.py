"""From what tiers are worth to the bid and budget of each: every strategy, the gate, and what the file says itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.config.project import Project, load_project
from activator.errors import ConfigurationError
from activator.model.bidding import AppliedTerms, BiddingFacts, TierSpend, TierTerms, TierVerdict, TierWorth, Worths
from activator.plan.terms import Budgets, in_place_of, tier_terms
from activator.plan.tier_bid import bid_of
from tests.projects import PROJECT, write_project

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
TODAY = date(2026, 11, 25)
# The worked example: 600, 900 and 1,500 customers worth 180, 60 and 12 each, spread so within each tier that k is 25:
# with S = 1.2096e11 between the tiers and 3000 - 1140 = 1860, within = 25 S / (1860 + 2 * 25), from (3000 - 3) degrees.
WITHIN = 25 * 1.2096e11 / 1910 * 2997 / 3000


def worth(tier: str, customers: int, mean_minor: int) -> TierWorth:
    total = customers * mean_minor
    return TierWorth(tier, customers, total, total, round(customers * (mean_minor**2 + WITHIN)))


WORTH = (worth("high", 600, 18_000), worth("mid", 900, 6_000), worth("low", 1_500, 1_200))
SPEND = tuple(
    TierSpend("meta", tier, spend * 1_000_000, 0, "EUR") for tier, spend in (("high", 25), ("mid", 45), ("low", 30))
)
FACTS = BiddingFacts(TODAY, spend=SPEND)
NOTHING = Budgets("group", {})


def project_of(folder: Path, **meta: Any) -> Project:
    """The example project, its meta destination left to value."""
    document = yaml.safe_load(PROJECT)
    bidding = {"total_daily_budget": "1000.00", **meta.pop("bidding", {})}
    document["destinations"]["meta"] |= {"tiers": {"high": {}, "mid": {}, "low": {}}, "bidding": bidding, **meta}
    return load_project(write_project(folder, yaml.safe_dump(document, sort_keys=False)))[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_of(tmp_path)


def made(
    project: Project, facts: BiddingFacts = FACTS, budgets: Budgets = NOTHING, worths: tuple[TierWorth, ...] = WORTH
) -> dict[str, TierTerms]:
    return tier_terms(project, "meta", Worths(worths, slope=0.88), facts, budgets)


def applied(tier: str, multiplier_bp: int, share_ppm: int, budget: int, at: datetime = NOW) -> AppliedTerms:
    return AppliedTerms("meta", tier, multiplier_bp, share_ppm, budget, at, at)


def in_place(since: datetime) -> BiddingFacts:
    """What the first week's plan has left."""
    rows = (
        applied("high", 16_100, 250_000, 47_000, since),
        applied("mid", 10_000, 450_000, 53_000, since),
        applied("low", 0, 300_000, 0, since),
    )
    return replace(FACTS, applied=rows)


GIVEN = Budgets("group", {"high": 47_000, "mid": 53_000})


class TestFirstPlan:
    @pytest.mark.parametrize(
        ("first_week", "multiplier_bp", "high", "mid"),
        [(None, 16_024, 47_096, 52_904), (3, 20_284, 52_983, 47_017), (5, 25_677, 58_788, 41_212)],
    )
    def test_the_worked_example(
        self, project: Project, first_week: int | None, multiplier_bp: int, high: int, mid: int
    ) -> None:
        since = NOW - timedelta(weeks=(first_week or 1) - 1)
        facts = replace(FACTS, applied=(applied("low", 0, 300_000, 0, since),)) if first_week else FACTS
        terms = made(project, facts)
        assert terms["high"].multiplier_bp == multiplier_bp
        assert [tier.daily_budget_minor for tier in terms.values()] == [high, mid, 0]

    def test_the_low_tier_is_excluded_and_gets_nothing(self, project: Project) -> None:
        low = made(project)["low"]
        assert (low.excluded, low.multiplier_bp, low.daily_budget_minor) == (True, 0, 0)
        assert low.why_budget == "nothing, since the tier is excluded"

    def test_every_number_says_how_it_was_made(self, project: Project) -> None:
        high = made(project)["high"]
        assert high.why_bid == "high: 1.60 = 2.920 times the mean value (96% own, 4% everybody's) ^(0.88 x 0.50)"
        assert high.why_budget == "47.10% of 1,000.00 = 25% before multipliers x 1.60"

    def test_without_any_spend_shares_are_equal(self, project: Project) -> None:
        assert {t.base_share_ppm for t in made(project, BiddingFacts(TODAY)).values()} == {333_333}

    def test_nothing_known_of_anybodys_worth_bids_alike(self, project: Project) -> None:
        terms = made(project, worths=())
        assert {tier.multiplier_bp for tier in terms.values()} == {10_000}
        assert [tier.daily_budget_minor for tier in terms.values()] == [25_000, 45_000, 30_000]

    def test_a_tier_too_small_for_an_audience_has_no_terms(self, project: Project) -> None:
        assert set(tier_terms(project, "meta", Worths(WORTH), FACTS, NOTHING, small=["low"])) == {"high", "mid"}

    def test_yen_have_no_cents(self, tmp_path: Path) -> None:
        terms = made(project_of(tmp_path, currency="JPY", bidding={"total_daily_budget": "10001.00"}))
        amounts = [tier.daily_budget_minor or 0 for tier in terms.values()]
        assert all(amount % 100 == 0 for amount in amounts)
        assert sum(amounts) == 1_000_100


class TestGate:
    def test_without_a_verdict_nothing_grows_and_what_is_left_stays_unspent(self, project: Project) -> None:
        terms = made(project, in_place(datetime(2026, 11, 8, tzinfo=UTC)), GIVEN)
        assert terms["high"].multiplier_bp == 20_284
        assert [tier.daily_budget_minor for tier in terms.values()] == [47_000, 53_000, 0]
        assert terms["high"].why_budget.endswith("held at 470.00 of 529.83: no confirmed verdict on its copy yet")

    def test_with_one_it_grows_and_the_sum_is_the_total(self, project: Project) -> None:
        facts = replace(
            in_place(datetime(2026, 11, 8, tzinfo=UTC)), verdicts=(TierVerdict("high", "confirmed", NOW, ""),)
        )
        terms = made(project, facts, GIVEN)
        assert [tier.daily_budget_minor for tier in terms.values()] == [52_983, 47_017, 0]

    def test_a_reason_is_as_good_for_the_day(self, project: Project) -> None:
        facts = in_place(datetime(2026, 11, 8, tzinfo=UTC))
        assert made(project, facts, replace(GIVEN, may_grow=True))["high"].daily_budget_minor == 52_983

    @pytest.mark.parametrize("outcome", ["worse", "not_improved", "underpowered", "void"])
    def test_other_verdicts_open_nothing(self, project: Project, outcome: Any) -> None:
        facts = replace(in_place(datetime(2026, 11, 8, tzinfo=UTC)), verdicts=(TierVerdict("high", outcome, NOW, ""),))
        assert made(project, facts, GIVEN)["high"].daily_budget_minor == 47_000

    def test_nothing_of_a_tier_under_test_moves(self, project: Project) -> None:
        facts = replace(
            in_place(datetime(2026, 11, 8, tzinfo=UTC)),
            verdicts=(TierVerdict("high", "running", NOW, ""), TierVerdict("mid", "confirmed", NOW, "")),
        )
        high = made(project, facts, GIVEN)["high"]
        assert (high.multiplier_bp, high.daily_budget_minor) == (16_100, 47_000)
        assert high.why_bid == "high: stays 1.61, since its copy is being tested"


class TestSteps:
    def test_shares_of_spend_that_multipliers_have_moved_do_not_compound(self, project: Project) -> None:
        moved = (TierSpend("meta", "high", 90_000_000, 0, "EUR"), TierSpend("meta", "mid", 10_000_000, 0, "EUR"))
        facts = replace(in_place(NOW), spend=moved)
        assert made(project, facts, GIVEN)["high"].base_share_ppm == 250_000

    def test_one_step_a_week(self, project: Project) -> None:
        facts = in_place(datetime(2026, 11, 8, tzinfo=UTC))
        recent = replace(
            facts,
            applied=(replace(facts.applied[0], changed_at=datetime(2026, 11, 20, tzinfo=UTC)), *facts.applied[1:]),
        )
        high = made(project, recent, GIVEN)["high"]
        assert high.multiplier_bp == 16_100
        assert high.why_bid.endswith("stays on the way to 2.03, since it was set less than a week ago")

    def test_an_excluded_tier_comes_back_only_when_clearly_above_the_limit(self, project: Project) -> None:
        # (0.59 and 0.68 of the mean)^0.88 are 0.63 and 0.71, both above 0.6; an excluded tier comes back from 0.66.
        below = (WORTH[0], WORTH[1], worth("low", 1_500, 4_200))
        above = (WORTH[0], WORTH[1], worth("low", 1_500, 5_000))
        fresh, excluded = FACTS, in_place(NOW)
        assert not made(project, fresh, worths=below)["low"].excluded
        assert made(project, excluded, GIVEN, below)["low"].excluded
        assert not made(project, excluded, GIVEN, above)["low"].excluded

    def test_a_tier_whose_orders_cost_more_than_they_bring_is_excluded(self, project: Project) -> None:
        costly = TierSpend("meta", "mid", 61 * 25 * 1_000_000, 25_000, "EUR")
        luck = replace(costly, spend_micros=61 * 19 * 1_000_000, conversions_milli=19_000)
        assert made(project, replace(FACTS, spend=(costly,)))["mid"].excluded
        assert not made(project, replace(FACTS, spend=(luck,)))["mid"].excluded, "19 orders say little"


class TestStrategies:
    def bid(self, folder: Path, strategy: str, multiplier_bp: int = 15_000, **more: Any) -> Any:
        project = project_of(folder, strategy=strategy, **more)
        return bid_of(project.destinations["meta"], "high", multiplier_bp, "EUR")

    def test_lowest_cost_takes_no_bid(self, tmp_path: Path) -> None:
        bid = self.bid(tmp_path, "lowest_cost")
        assert (bid.amount_minor, bid.roas_bp, bid.modifier_bp) == (None, None, None)

    @pytest.mark.parametrize("strategy", ["bid_cap", "cost_cap"])
    def test_caps_are_the_base_times_the_multiplier_half_up(self, tmp_path: Path, strategy: str) -> None:
        assert self.bid(tmp_path, strategy, 15_000, bidding={"base": {"amount": "0.33"}}).amount_minor == 50

    @pytest.mark.parametrize("strategy", ["min_roas", "target_roas"])
    def test_a_tier_worth_more_is_asked_for_less_return(self, tmp_path: Path, strategy: str) -> None:
        assert self.bid(tmp_path, strategy, 15_000, bidding={"base": {"roas": "4"}}).roas_bp == 26_667

    def test_manual_bids_carry_the_multiplier_as_the_adjustment(self, tmp_path: Path) -> None:
        bid = self.bid(tmp_path, "manual_cpc", 16_288, bidding={"base": {"amount": "1.00"}})
        assert (bid.amount_minor, bid.modifier_bp) == (100, 16_288)

    def test_what_the_tier_says_comes_first(self, tmp_path: Path) -> None:
        tiers = {"high": {"bid": {"amount": "2.00", "modifier": "1.2"}}, "mid": {}, "low": {}}
        bid = self.bid(tmp_path, "manual_cpc", bidding={"base": {"amount": "1.00"}}, tiers=tiers)
        assert (bid.amount_minor, bid.modifier_bp) == (200, 12_000)


tiers_worth = st.tuples(*[st.tuples(st.integers(1, 5_000), st.integers(-5_000, 100_000)) for _ in range(3)])
budgets_in_place = st.fixed_dictionaries({}, optional={t: st.integers(1, 200_000) for t in ("high", "mid", "low")})


@given(
    worths=tiers_worth,
    weeks=st.integers(0, 10),
    given_before=budgets_in_place,
    proven=st.sets(st.sampled_from(["high", "mid", "low"])),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_tiers_are_worth(
    project: Project,
    worths: tuple[tuple[int, int], ...],
    weeks: int,
    given_before: dict[str, int],
    proven: set[str],
) -> None:
    """No bid lies between nothing and one, or above the limit; no total is exceeded; nothing unproven grows."""
    found = tuple(worth(tier, *each) for tier, each in zip(("high", "mid", "low"), worths, strict=True))
    facts = replace(
        in_place(NOW - timedelta(weeks=weeks)),
        verdicts=tuple(TierVerdict(tier, "confirmed", NOW, "") for tier in sorted(proven)),
    )
    terms = made(project, facts, Budgets("group", given_before), found)
    amounts = {tier: made.daily_budget_minor or 0 for tier, made in terms.items()}
    for tier, each in terms.items():
        assert each.multiplier_bp == 0 or 10_000 <= (each.multiplier_bp or 0) <= 30_000
        assert (each.multiplier_bp == 0) == each.excluded == (amounts[tier] == 0)
        assert tier in proven or tier not in given_before or amounts[tier] <= given_before[tier]
    assert sum(amounts.values()) <= 100_000
    if all(each.excluded or tier in proven or tier not in given_before for tier, each in terms.items()):
        assert sum(amounts.values()) == 100_000 or all(each.excluded for each in terms.values())


def test_a_tier_with_a_budget_of_its_own_keeps_it_and_is_never_left_out(tmp_path: Path) -> None:
    terms = made(project_of(tmp_path, tiers={"high": {}, "mid": {}, "low": {"daily_budget": "100.00"}}))
    assert (terms["low"].daily_budget_minor, terms["low"].excluded) == (10_000, False)
    assert sum(tier.daily_budget_minor or 0 for tier in terms.values()) == 100_000


def test_what_is_not_left_to_value_is_as_the_file_says(tmp_path: Path) -> None:
    example = load_project(write_project(tmp_path, PROJECT))[0]
    terms = tier_terms(example, "meta", Worths(WORTH), FACTS, NOTHING)
    assert list(terms.values()) == [
        TierTerms("meta", tier, None, None, budget)
        for tier, budget in (("high", 6_000), ("mid", 3_000), ("low", 1_000))
    ]
    on_campaign = tier_terms(example, "meta", Worths(WORTH), FACTS, Budgets("campaign", {}))
    assert {made.daily_budget_minor for made in on_campaign.values()} == {None}


def test_a_total_that_leaves_a_tier_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing is left for"):
        made(project_of(tmp_path, bidding={"total_daily_budget": "0.01"}))


def test_a_platform_that_shows_no_budget_holds_none_back() -> None:
    assert in_place_of({"high": 0, "mid": 500, "low": 700}, [applied("mid", 1, 1, 900)]) == {"mid": 900, "low": 700}


def test_where_the_campaign_has_the_budget_tiers_have_none(tmp_path: Path) -> None:
    terms = made(project_of(tmp_path), budgets=Budgets("campaign", {}))
    assert {tier.daily_budget_minor for tier in terms.values()} == {None}


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"strategy": "bid_cap"}, "bid_cap needs `amount`"),
        ({"bidding": {"base": {"amount": "1.00"}}}, "base.amount: no tier's strategy takes one"),
        ({"bidding": {"multiplier_max": "0.9"}}, "must be 1 or more"),
        ({"tiers": {"high": {"daily_budget": "1000.00"}, "mid": {}}}, "leave nothing"),
        ({"tiers": {"high": {"daily_budget": "10.00"}}}, "every tier has a daily_budget of its own"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, meta: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words) as caught:
        project_of(tmp_path, **meta)
    assert "activator.yaml, line" in str(caught.value)
