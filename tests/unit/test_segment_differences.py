"""Whether segments differ, are the same, or cannot be told apart yet."""

import pytest

from activator.segments.differences import Difference, Measure, Pair, differences, holm, mergeable


def judged(first: Measure, second: Measure) -> Difference:
    return differences([Pair("a", "b", {"value": (first, second)})])[0]


def test_holm_as_worked_by_hand() -> None:
    """Four p-values: times 4, 3, 2, 1 in rising order, never falling."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_stays_below_one() -> None:
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_far_apart_and_well_known_differ() -> None:
    found = judged(Measure(200, 100, 400), Measure(100, 100, 400))
    assert (found.outcome, found.ratio, found.needed) == ("differ", 2.0, None)
    assert found.low < 2 < found.high


def test_close_together_and_well_known_are_the_same() -> None:
    """Standard error of the log ratio: sqrt(2) x 0.5 / 100 = 0.0071, so 1.02 +- 1.2 % lies within 10 %."""
    found = judged(Measure(102, 51, 10_000), Measure(100, 50, 10_000))
    assert found.outcome == "equivalent"
    assert (found.low, found.high) == pytest.approx((1.0082, 1.0320), abs=2e-4)


def test_not_significant_is_not_the_same() -> None:
    found = judged(Measure(110, 100, 30), Measure(100, 100, 30))
    assert found.outcome == "undetermined"
    assert found.needed is not None
    assert found.needed > 30


def test_as_many_customers_as_it_says_would_settle_it() -> None:
    few = judged(Measure(125, 100, 40), Measure(100, 100, 40))
    assert few.outcome == "undetermined"
    assert few.needed is not None
    assert judged(Measure(125, 100, few.needed), Measure(100, 100, few.needed)).outcome == "differ"


@pytest.mark.parametrize("empty", [Measure(0, 0, 100), Measure(5, 1, 1), Measure(-3, 1, 100)])
def test_what_is_not_known_is_undetermined_and_no_number_settles_it(empty: Measure) -> None:
    assert (judged(empty, Measure(5, 1, 100)).outcome, judged(empty, Measure(5, 1, 100)).needed) == (
        "undetermined",
        None,
    )


def test_only_segments_alike_in_everything_may_be_merged() -> None:
    same, more = Measure(100, 50, 10_000), Measure(200, 50, 10_000)
    found = differences(
        [
            Pair("a", "b", {"value": (same, same), "orders": (same, same)}),
            Pair("a", "c", {"value": (same, same), "orders": (same, more)}),
            Pair("b", "c", {"value": (same, same), "orders": (same, more)}),
        ]
    )
    assert mergeable(found) == [("a", "b")]
