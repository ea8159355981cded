"""What is wrong with how segments are written, said before any number is looked at."""

from pathlib import Path
from typing import Any

import pytest

from activator.config.project import Project, load_project
from activator.config.segments import SegmentSection
from activator.segments.lints import CODES, SegmentFinding, lints
from tests.projects import PROJECT, write_project

ACTION = {"message": "Hello", "frequency": "weekly", "owner": "CRM", "offer": "none", "success": "orders"}
RULE = {"field": "orders", "at_least": 1}


def section(name: str = "buyers", **more: Any) -> SegmentSection:
    return SegmentSection.model_validate({"name": name, "title": "Thank them", "who": RULE, "action": ACTION, **more})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(write_project(tmp_path))[0]


def found(project: Project, *sections: SegmentSection, **more: Any) -> dict[tuple[str, str], SegmentFinding]:
    given = {"customers": 5_000, "tier_shares": {}, "motivated": {}, **more}
    return {(each.code, each.segment): each for each in lints(project, sections, **given)}


def several(count: int) -> list[SegmentSection]:
    return [section(f"s{number}") for number in range(count)]


@pytest.mark.parametrize(("count", "severity"), [(5, None), (6, "warning"), (8, "warning"), (9, "error")])
def test_more_than_five_segments_are_warned_of_and_more_than_eight_refused(
    project: Project, count: int, severity: str | None
) -> None:
    finding = found(project, *several(count)).get(("too_many", ""))
    assert (finding and finding.severity.value) == severity


def test_one_segment_divides_nobody(project: Project) -> None:
    assert "two or three" in found(project, section())["too_few", ""].fix
    assert ("too_few", "") not in found(project, *several(2))


@pytest.mark.parametrize(("customers", "count", "is_few"), [(299, 3, True), (300, 3, False), (299, 2, False)])
def test_under_300_customers_two_segments_are_enough(
    project: Project, customers: int, count: int, is_few: bool
) -> None:
    assert (("few_customers", "") in found(project, *several(count), customers=customers)) == is_few


def test_a_segment_for_which_nothing_is_done_is_not_yet_one(project: Project) -> None:
    assert "not yet a segment" in found(project, section(action=None))["missing_action", "buyers"].message


@pytest.mark.parametrize(
    ("title", "is_warned"),
    [
        ("Women 25-34", True),
        ("Millennials in Berlin", True),
        ("Männer 30 bis 40", True),
        ("High-income families", True),
        ("High-touch growth accounts", False),
        ("Help first-time parents choose", False),
        ("Win back before they are gone", False),
    ],
)
def test_a_name_that_only_says_who_they_are(project: Project, title: str, is_warned: bool) -> None:
    assert (("demographic_name", "buyers") in found(project, section(title=title))) == is_warned


@pytest.mark.parametrize(
    ("rule", "is_soft"),
    [
        ({"field": "interest", "is": "hiking"}, True),
        ({"all": [{"field": "country", "is": "DE"}, {"field": "age", "at_least": 30}]}, True),
        ({"all": [{"tier": "high"}, {"field": "interest", "is": "hiking"}]}, False),
        ({"all": [{"field": "orders", "at_least": 1}, {"field": "interest", "is": "hiking"}]}, False),
        ({"count": "orders", "at_least": 2}, False),
        ({"near": {"latitude": 1, "longitude": 1, "miles": 5}}, True),
    ],
)
def test_soft_without_hard(project: Project, rule: dict[str, Any], is_soft: bool) -> None:
    assert (("soft_without_hard", "buyers") in found(project, section(who=rule))) == is_soft


def test_hard_without_soft_is_a_dear_tier_told_what_everybody_is(project: Project) -> None:
    """Budgets 60, 30, 10 of people 20, 30, 30 in a hundred: high has 60 % for 25 %, mid 30 % for 37.5 %."""
    shares = {"high": 0.2, "mid": 0.3, "low": 0.3, "rest": 0.2}
    warned = found(project, *several(2), tier_shares=shares)
    assert [segment for code, segment in warned if code == "hard_without_soft"] == ["high"]
    assert "60% of the budget for 25% of the people" in warned["hard_without_soft", "high"].message
    assert found(project, *several(2), tier_shares=shares, motivated={"high": True}) == {}


def test_copy_with_a_motive_for_one_audience_of_every_worth(tmp_path: Path) -> None:
    text = PROJECT.replace("motivation: generic", "motivation: status", 1)
    generic = "  - {name: plain_b, motivation: generic, headlines: [A, B, C], descriptions: [D, E], message: F}\n"
    text = text.replace("destinations:", f"{generic}destinations:")
    only_high = text.replace('      mid: {daily_budget: "30.00"}\n      low: {daily_budget: "10.00"}\n', "")
    project = load_project(write_project(tmp_path, only_high))[0]
    assert ("soft_without_hard", "meta") in found(project, *several(2))
    both = load_project(write_project(tmp_path, text))[0]
    assert ("soft_without_hard", "meta") not in found(both, *several(2))


def test_every_finding_says_what_to_do_and_can_be_named(project: Project) -> None:
    bad = [section(f"s{n}", title="Women 25-34", action=None, who={"field": "age", "at_least": 1}) for n in range(9)]
    for finding in lints(project, bad, 10, {"high": 0.2, "mid": 0.3, "low": 0.5}, {}):
        assert finding.fix
        assert finding.code in CODES
