"""The five questions asked of a segment, and when two should be one."""

from typing import Any

import pytest

from activator.config.segments import SegmentChecks, SegmentSection
from activator.errors import ConfigurationError
from activator.model.checks import Severity
from activator.segments.checks import Checked, Criteria, check
from activator.segments.figures import MEASURES, NOBODY, Figures, Sums, Typical
from activator.segments.lints import SegmentFinding
from activator.segments.splits import Split

LIMITS = SegmentChecks()
UNKNOWN = Typical(None, None, None, None)


def sums(customers: int, value: float = 100.0, response: float = 0.3, people: int = 0, reachable: int = -1) -> Sums:
    """Customers of a mean value with a deviation as large, of whom a share has ordered lately."""
    people = people or customers
    means = {
        "value": value,
        "predicted value": value,
        "response": response,
        "retention": response,
        "cost to serve": 0.0,
    }
    squares = {name: customers * (mean if mean <= 1 else 2 * mean * mean) for name, mean in means.items()}
    return Sums(
        people,
        customers,
        people if reachable < 0 else reachable,
        {name: customers * means[name] for name in MEASURES},
        squares,
    )


def added(*parts: Sums) -> Sums:
    total = Sums(0, 0, 0, dict.fromkeys(MEASURES, 0.0), dict.fromkeys(MEASURES, 0.0))
    for part in parts:
        total = total.minus(
            Sums(
                -part.people, -part.customers, -part.reachable,
                {name: -value for name, value in part.totals.items()},
                {name: -value for name, value in part.squares.items()},
            )
        )  # fmt: skip
    return total


def checked(
    others: Sums, shared: dict[tuple[str, str], Sums] | None = None, limits: SegmentChecks = LIMITS, **segments: Sums
) -> Checked:
    overlap = added(*(shared or {}).values())
    figures = Figures(
        added(others, *segments.values()).minus(overlap), segments, shared or {}, dict.fromkeys(segments, UNKNOWN)
    )
    rule = {"field": "orders", "at_least": 1}
    action = {"message": "Hello", "frequency": "weekly", "owner": "CRM", "offer": "none", "success": "orders"}
    sections = [
        SegmentSection.model_validate({"name": name, "title": "Thank them", "who": rule, "action": action})
        for name in segments
    ]
    return check(figures, sections, limits, dict.fromkeys(segments, 1.0))


def only(found: Checked) -> Criteria:
    return found.criteria[0]


def codes(found: Checked) -> list[tuple[str, str]]:
    return [(each.code, each.segment) for each in found.findings]


def test_a_segment_that_meets_all_five_has_no_finding() -> None:
    found = checked(sums(5_000), vips=sums(1_000, value=400))
    assert only(found) == Criteria("vips", 1.0, 1.0, 1_000, True, True, True, True, True)
    assert codes(found) == []


@pytest.mark.parametrize(("people", "is_substantial"), [(99, False), (100, True)])
def test_substantial(people: int, is_substantial: bool) -> None:
    found = checked(sums(5_000), few=sums(people, value=900))
    assert only(found).substantial is is_substantial
    assert (("not_substantial", "few") in codes(found)) is not is_substantial


@pytest.mark.parametrize(("reachable", "is_accessible"), [(299, False), (300, True)])
def test_accessible(reachable: int, is_accessible: bool) -> None:
    found = checked(sums(5_000), far=sums(1_000, value=400, reachable=reachable))
    assert only(found).accessible is is_accessible
    assert (("not_accessible", "far") in codes(found)) is not is_accessible


def test_of_a_segment_nobody_is_in_nothing_is_said_but_that() -> None:
    found = checked(sums(1_000), nobody=NOBODY)
    assert (only(found).reachable_share, only(found).accessible, only(found).differentiable) == (None, None, None)
    assert [(each.code, each.message) for each in found.findings] == [("not_substantial", "nobody is in it")]


def test_measurable() -> None:
    figures = Figures(sums(2_000), {"a": sums(1_000)}, {}, {"a": UNKNOWN})
    section = SegmentSection.model_validate({"name": "a", "title": "Thank them", "who": {"field": "age", "is": 1}})
    assert not check(figures, [section], LIMITS, {"a": 0.49}).criteria[0].measurable
    assert check(figures, [section], LIMITS, {"a": 0.50}).criteria[0].measurable


def test_numbers_that_are_everybodys_are_said_not_to_differ() -> None:
    found = checked(sums(40_000), same=sums(40_000))
    assert only(found).differentiable is False
    assert ("does_not_differ", "same") in codes(found)


def test_too_few_to_tell_is_neither_yes_nor_no_and_says_how_many_it_takes() -> None:
    found = checked(sums(200), unclear=sums(200, value=112))
    assert only(found).differentiable is None
    (finding,) = [each for each in found.findings if each.code == "does_not_differ"]
    assert finding.severity is Severity.OK
    assert "customers would tell" in finding.message


def test_people_none_of_whom_has_bought_differ_in_conversion() -> None:
    found = checked(sums(1_000, people=2_000), new=sums(0, people=500))
    differing = {each.measure for each in found.against_rest if each.outcome == "differ"}
    assert differing == {"conversion"}
    assert only(found).differentiable is True


def test_two_segments_alike_in_value_and_response_should_be_one() -> None:
    found = checked(sums(1_000, value=900), a=sums(40_000), b=sums(40_000), c=sums(40_000, value=300))
    assert [each for each in codes(found) if each[0] == "merge"] == [("merge", "a")]


def test_two_segments_that_cannot_be_told_apart_yet_are_left_alone() -> None:
    found = checked(sums(1_000, value=900), a=sums(100), b=sums(100))
    assert "merge" not in [code for code, _ in codes(found)]


def test_segments_are_compared_by_the_people_only_one_of_them_has() -> None:
    """Both are dear only by the same thousand people; without those they are alike."""
    dear = sums(1_000, value=5_000)
    one, other = added(sums(40_000), dear), added(sums(40_000, value=200), dear)
    found = checked(sums(1_000), {("a", "b"): dear}, a=one, b=other)
    (compared,) = [each for each in found.between if each.measure == "value"]
    assert compared.ratio == pytest.approx(0.5, abs=0.001)


def test_two_segments_of_the_same_people() -> None:
    shared = sums(950)
    assert ("same_people", "a") in codes(checked(sums(5_000), {("a", "b"): shared}, a=sums(1_000), b=sums(1_000)))
    fewer = sums(900)  # 900 of 1,100 people in either
    assert ("same_people", "a") not in codes(checked(sums(5_000), {("a", "b"): fewer}, a=sums(1_000), b=sums(1_000)))


def test_a_split_is_told_with_its_sizes() -> None:
    split = Split("age", 44.0, None, "value", 2.1, 0.0004, 700, 1_300)
    figures = Figures(sums(6_000), {"a": sums(2_000, value=300)}, {}, {"a": UNKNOWN})
    section = SegmentSection.model_validate({"name": "a", "title": "Thank them", "who": {"field": "age", "is": 1}})
    found = check(figures, [section], LIMITS, {}, splits={"a": split}).findings
    (finding,) = [each for each in found if each.code == "split"]
    assert "700 customers with age of 44 or more have 2.1 times the value of the other 1,300" in finding.message


def test_what_is_accepted_with_a_reason_no_longer_blocks() -> None:
    lint = SegmentFinding("too_many", "", Severity.ERROR, "9 segments", "Merge some.")
    figures: Any = Figures(sums(0), {}, {}, {})
    assert check(figures, [], LIMITS, {}, [lint]).is_blocked
    accepting = SegmentChecks(accept={"too_many": "one per country"})
    assert not check(figures, [], accepting, {}, [lint]).is_blocked
    with pytest.raises(ConfigurationError, match="no finding `too_meny`"):
        check(figures, [], SegmentChecks(accept={"too_meny": "one per country"}), {}, [lint])
