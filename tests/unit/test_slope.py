"""How far predicted differences came true."""

import pytest

from activator.people.forecast.slope import realised_slope


def test_cdnow_tiers_came_true_to_88_percent() -> None:
    # Predicted and realised ratios to the mean of three CDNOW tiers.
    assert realised_slope([(3.65, 3.35), (0.47, 0.57), (0.26, 0.32)]) == 0.88


def test_what_came_exactly_as_predicted_is_1_whatever_the_total() -> None:
    assert realised_slope([(1, 3), (2, 6), (4, 12)]) == 1


@pytest.mark.parametrize(
    ("groups", "slope"),
    [
        ([(1, 1), (2, 4), (4, 16)], 1),  # larger differences than predicted are not bid on
        ([(1, 4), (2, 2), (4, 1)], 0),  # and none the other way round
        ([(1, 5), (2, 5), (4, 5)], 0),
        ([(3, 1), (3, 2), (3, 4)], None),  # everybody was predicted alike
        ([(1, 1), (2, 2), (4, 0)], None),  # nothing came of one: two groups say nothing
        ([], None),
    ],
)
def test_what_cannot_be_bid_on(groups: list[tuple[float, float]], slope: float | None) -> None:
    assert realised_slope(groups) == slope
