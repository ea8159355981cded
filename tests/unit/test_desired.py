"""What should exist on a destination: derived from the project file and the motivations alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from activator.config.project import Project, load_project
from activator.model.naming import MARKER, marker_in
from activator.model.plan import TierMotivation
from activator.plan.desired import Desired, desired_objects, markers
from tests.projects import PROJECT, write_project

SECOND_TEXT = """\
  - name: price_a
    motivation: price
    headlines: [Fair prices]
    descriptions: [More for less.]
    message: Good gear need not cost much.
destinations:
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    text = PROJECT.replace("destinations:\n", SECOND_TEXT, 1)
    text = text.replace("strategy: lowest_cost\n", 'strategy: lowest_cost\n    daily_budget: "80.00"\n')
    return load_project(write_project(tmp_path, text))[0]


def desired(project: Project, level: str = "group", why: Mapping[str, TierMotivation] | None = None) -> Desired:
    return desired_objects(project, "meta", level, why or {})


def price_dominates(tier: str) -> Mapping[str, TierMotivation]:
    return {tier: TierMotivation(tier, "one", ("price",), 100, 0.6, 0.5)}


def test_every_group_keeps_out_every_other_audience(project: Project) -> None:
    found = desired(project)
    every = {audience.key for audience in found.audiences}
    for group in found.groups:
        assert group.audience_key == f"audience/{group.tier}"
        assert {group.audience_key, *group.excluded_audience_keys} == every
        assert group.audience_key not in group.excluded_audience_keys


def test_a_suppressed_tier_is_kept_out_everywhere_and_delivered_nowhere(project: Project) -> None:
    found = desired(project)
    assert [audience.tier for audience in found.audiences if audience.suppress] == ["rest"]
    assert "rest" not in {group.tier for group in found.groups}
    assert all("audience/rest" in group.excluded_audience_keys for group in found.groups)
    assert not any("/rest/" in ad.key for ad in found.ads)


def test_a_tier_neither_delivered_nor_suppressed_has_no_audience(tmp_path: Path) -> None:
    text = PROJECT.replace('      low: {daily_budget: "10.00"}\n', "")
    found = desired(load_project(write_project(tmp_path, text))[0])
    assert [audience.tier for audience in found.audiences] == ["high", "mid", "rest"]


def test_budgets_sit_on_groups_or_on_the_campaign_never_on_both(project: Project) -> None:
    on_groups, on_campaign = desired(project, "group"), desired(project, "campaign")
    assert [group.daily_budget_minor for group in on_groups.groups] == [6000, 3000, 1000]
    assert on_groups.campaign.daily_budget_minor is None
    assert {group.daily_budget_minor for group in on_campaign.groups} == {None}
    assert on_campaign.campaign.daily_budget_minor == 8000


def test_names_end_in_markers_that_lead_back_to_the_key(project: Project) -> None:
    found = desired(project, why=price_dominates("high"))
    known = markers(project, "meta")
    for spec in found.specs:
        assert known[marker_in(spec.name) or ""] == spec.key
        assert MARKER.sub("", spec.name).strip() == spec.name[: -len("[act:0123456789ab]")].strip()


def test_names_do_not_say_what_anybody_is_worth(project: Project) -> None:
    assert not any(word in spec.name.lower() for spec in desired(project).specs for word in ("ltv", "eur", "60"))


def test_markers_know_texts_that_are_not_shown_now(project: Project) -> None:
    assert "ad/low/price_a" in markers(project, "meta").values()
    assert "ad/low/price_a" not in {ad.key for ad in desired(project).ads}


def test_a_tier_is_shown_the_texts_for_why_it_buys(project: Project) -> None:
    found = desired(project, why=price_dominates("mid"))
    assert [ad.key for ad in found.ads] == ["ad/high/plain_a", "ad/mid/price_a", "ad/low/plain_a"]
    assert {ad.url_tags for ad in found.ads if ad.group_key == "group/mid"} == {
        "utm_source=meta&utm_medium=paid&utm_campaign=nordlicht-1&utm_content=mid-price_a"
    }


def test_parents_come_before_what_hangs_on_them(project: Project) -> None:
    order = [spec.key for spec in desired(project).specs]
    assert len(order) == len(set(order))
    for group in desired(project).groups:
        for parent in (group.audience_key, *group.excluded_audience_keys, group.campaign_key):
            assert order.index(parent) < order.index(group.key)


def test_the_same_project_gives_the_same_objects(project: Project) -> None:
    assert desired(project, why=price_dominates("low")) == desired(project, why=price_dominates("low"))
