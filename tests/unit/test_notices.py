"""Value without a message, and a message without value: said, and nothing refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from activator.config.project import Project, load_project
from activator.model.bidding import TierTerms
from activator.model.people import TierSummary
from activator.model.plan import TierMotivation
from activator.plan.desired import desired_objects
from activator.plan.notices import copy_notices, discount_notices
from activator.plan.terms import as_said
from tests.projects import PROJECT, write_project

PRICE = {"name": "price_a", "motivation": "price", "headlines": ["Fair"], "descriptions": ["More."], "message": "Less."}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    document = yaml.safe_load(PROJECT)
    document["copy"].append(PRICE)
    return load_project(write_project(tmp_path, yaml.safe_dump(document, sort_keys=False)))[0]


def notices(project: Project, people: dict[str, int], motivated: str = "", **terms: TierTerms) -> list[tuple[str, str]]:
    """(notice, subject) of the example project's meta destination. motivated: a tier that buys for the price."""
    why = {motivated: TierMotivation(motivated, "one", ("price",), 100, 0.6, 0.5)} if motivated else {}
    tiers = project.destinations["meta"].tiers
    said = {tier: as_said("meta", tier, section, "group") for tier, section in tiers.items()} | terms
    found = copy_notices(
        "meta",
        desired_objects(project, "meta", "group", why, terms=said),
        said,
        [TierSummary(tier, count, 0, 0, 0) for tier, count in people.items()],
    )
    return [(notice.notice, notice.subject) for notice in found]


EVEN = {"high": 60, "mid": 30, "low": 10, "rest": 0}  # as the budgets are


def test_a_budget_above_a_tiers_share_of_customers_with_generic_copy_is_said(project: Project) -> None:
    assert notices(project, {**EVEN, "high": 59, "low": 11}) == [("generic-copy", "meta/group/high")]


def test_a_budget_as_large_as_its_share_is_no_preference(project: Project) -> None:
    assert notices(project, EVEN) == []


def test_with_copy_for_why_it_buys_there_is_nothing_to_say(project: Project) -> None:
    assert notices(project, {**EVEN, "high": 59, "low": 11}, motivated="high") == []


def test_a_bid_above_the_base_with_generic_copy_is_said(project: Project) -> None:
    bid = replace(as_said("meta", "mid", project.destinations["meta"].tiers["mid"], "group"), multiplier_bp=12_000)
    assert notices(project, EVEN, mid=bid) == [("generic-copy", "meta/group/mid")]


@pytest.mark.parametrize(("people", "said"), [(90, [("motivated-everybody", "meta/group/high")]), (89, [])])
def test_motivated_copy_for_everybody_at_once_is_said(
    project: Project, people: int, said: list[tuple[str, str]]
) -> None:
    spread = {"high": people, "mid": 100 - people, "low": 0, "rest": 0}
    found = notices(project, spread, motivated="high")
    assert [notice for notice in found if notice[0] == "motivated-everybody"] == said


class TestDiscounts:
    """A plan says where a discount is not shown, and where it is shown without knowing enough."""

    def said(self, folder: Path, quick: int, known: int) -> list[tuple[str, str, str]]:
        document = yaml.safe_load(PROJECT)
        document["copy"].append({**PRICE, "name": "ten_off", "motivation": "generic", "discount": True})
        project = load_project(write_project(folder, yaml.safe_dump(document, sort_keys=False)))[0]
        why = {"high": TierMotivation("high", "none", (), 9, 0.2, 0.1, first_visits=known, quick_buyers=quick)}
        wanted = desired_objects(project, "meta", "group", why)
        return [(it.notice, it.subject, it.message) for it in discount_notices(project, "meta", wanted, why)]

    def test_left_out_with_the_figures_that_decide(self, tmp_path: Path) -> None:
        ((notice, subject, message),) = self.said(tmp_path, 70, 100)
        assert (notice, subject) == ("discount-left-out", "meta/group/high")
        assert "`ten_off` is left out: of its 100 customers whose first visit is known, 70% ordered within 3" in message
        assert "from 50% on" in message

    def test_shown_although_too_little_is_known(self, tmp_path: Path) -> None:
        ((notice, _, message),) = self.said(tmp_path, 20, 20)
        assert notice == "discount-unsure"
        assert "of only 20 of its customers" in message

    def test_shown_where_people_take_their_time(self, tmp_path: Path) -> None:
        assert self.said(tmp_path, 10, 100) == []
