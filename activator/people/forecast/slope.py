"""How far predicted differences between customers came true: what a difference in value is worth in a bid."""

from collections.abc import Sequence

import numpy as np

from activator.people.forecast.backtest import Backtest

GROUPS_MIN = 3


def realised_slope(groups: Sequence[tuple[float, float]]) -> float | None:
    """The slope of log actual on log predicted means, by least squares; from 0 to 1.

    Args:
        groups: (predicted, actual) mean of each group of customers. Those where either is not above 0 say nothing.

    None where fewer than GROUPS_MIN groups are left, or all are predicted alike. Above 1, differences would have been
    larger than predicted: that is not bid on.
    """
    known = np.array([pair for pair in groups if min(pair) > 0], dtype=np.float64)
    if len(known) < GROUPS_MIN:
        return None
    predicted, actual = np.log(known).T
    spread = predicted - predicted.mean()
    if not np.any(np.abs(spread) > 1e-9):
        return None
    slope = float(spread @ (actual - actual.mean()) / (spread @ spread))
    return round(min(max(slope, 0.0), 1.0), 2)


def slope_of(tried: Backtest) -> float | None:
    """Of the method that is used: the mean over its trials, None where none of them can say."""
    own = [trial for trial in tried.trials if trial.method is tried.method]
    slopes = [slope for trial in own if (slope := realised_slope(trial.values)) is not None]
    return round(float(np.mean(slopes)), 2) if slopes else None
