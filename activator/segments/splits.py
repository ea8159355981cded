"""Whether a hidden subgroup behaves so differently that a segment should be split. Pure statistics over a sample.

Candidates and cuts are searched on one half of the customers, and only the best one is tried, once, on the other half:
searching many splits always finds one that looks good where it was found.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

CHILD_CUSTOMERS_MIN = 100
CHILD_SHARE_MIN = 0.05
P_MAX = 0.01
CUTS = (20, 40, 60, 80)
WINSOR_PERCENTILE = 99  # one huge order is no subgroup
Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Customers of one segment, aligned. searched: the half splits are looked for in. outcomes: name -> numbers.

    numbers: name -> values, NaN where not known; words: name -> values, None where not known.
    """

    searched: Array
    outcomes: Mapping[str, Array]
    numbers: Mapping[str, Array]
    words: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Split:
    """A split that held in the other half. ratio: the outcome of the group by that of the others.

    limit: of a number, the group has it or more; word: of a word, the group has it.
    """

    field: str
    limit: float | None
    word: str | None
    outcome: str
    ratio: float
    p: float
    customers: int
    others: int


def best_split(sample: Sample) -> Split | None:
    """The split with the clearest difference in the searched half, if it holds in the other."""
    best: tuple[float, str, float | None, str | None, str, Array, Array] | None = None
    for name, values in sample.outcomes.items():
        outcome = np.minimum(values.astype(float), np.percentile(values, WINSOR_PERCENTILE)) if values.size else values
        for field, limit, word, inside, known in _candidates(sample):
            distance = abs(_distance(outcome, inside, known & sample.searched))
            if distance > (best[0] if best else 0.0):
                best = (distance, field, limit, word, name, inside, known)
    if best is None:
        return None
    _, field, limit, word, name, inside, known = best
    values = sample.outcomes[name].astype(float)
    outcome = np.minimum(values, np.percentile(values, WINSOR_PERCENTILE))
    found = _distance(outcome, inside, known & sample.searched)
    held = _distance(outcome, inside, known & ~sample.searched)
    p = erfc(abs(held) / sqrt(2))
    if p >= P_MAX or found * held <= 0:
        return None
    mean, others = outcome[inside & known].mean(), outcome[~inside & known].mean()
    ratio = float(mean / others) if others > 0 else float("inf")
    return Split(
        field, limit, word, name, round(ratio, 2), p, int((inside & known).sum()), int((~inside & known).sum())
    )


def _candidates(sample: Sample) -> Iterator[tuple[str, float | None, str | None, Array, Array]]:
    """(field, limit, word, in the group, known) of every split with enough customers on both sides."""
    for field, numbers in sample.numbers.items():
        known = ~np.isnan(numbers)
        among = numbers[known & sample.searched]
        for limit in np.unique(np.percentile(among, CUTS, method="higher")) if among.size else ():
            inside = known & (np.nan_to_num(numbers) >= limit)
            if _is_large_enough(inside, known):
                yield field, float(limit), None, inside, known
    for field, words in sample.words.items():
        known = np.array([word is not None for word in words], dtype=bool)
        for word in sorted({word for word in words if word is not None}):
            inside = words == word
            if _is_large_enough(inside, known):
                yield field, None, str(word), inside, known


def _is_large_enough(inside: Array, known: Array) -> bool:
    smaller = min(int((inside & known).sum()), int((~inside & known).sum()))
    return smaller >= CHILD_CUSTOMERS_MIN and smaller >= CHILD_SHARE_MIN * known.size


def _distance(outcome: Array, inside: Array, among: Array) -> float:
    """Welch's statistic of the group against the others."""
    one, other = outcome[inside & among], outcome[~inside & among]
    if one.size < 2 or other.size < 2:
        return 0.0
    error = sqrt(one.var(ddof=1) / one.size + other.var(ddof=1) / other.size)
    return float((one.mean() - other.mean()) / error) if error > 0 else 0.0
