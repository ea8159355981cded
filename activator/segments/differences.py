"""Whether two segments differ, are equivalent, or cannot be told apart yet. Pure statistics over summaries.

"Not significant" is not "the same": segments are merged only when their 90 % interval lies within 10 % of equality on
every measure (two one-sided tests, Schuirmann 1987). They differ when a two-sided test says so after Holm's correction
over all pairs (Holm 1979). Everything else is undetermined, with the number of customers that would settle it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, erfc, exp, log, sqrt

from activator.segments.figures import Measure

__all__ = ["Difference", "Measure", "Pair", "differences", "holm", "mergeable"]

BAND = log(1.10)
ALPHA = 0.05
Z_90 = 1.6449  # of a two-sided 90 % interval


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of two segments. outcome: differ | equivalent | undetermined.

    ratio: first by second, with its 90 % interval; p: adjusted over all pairs; needed: customers in each of the two
    that would settle it, None where it is settled or can never be.
    """

    measure: str
    first: str
    second: str
    outcome: str
    ratio: float
    low: float
    high: float
    p: float
    needed: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups of different people. measures: name -> (of the first, of the second)."""

    first: str
    second: str
    measures: Mapping[str, tuple[Measure, Measure]]


def differences(pairs: Sequence[Pair]) -> tuple[Difference, ...]:
    """Every pair on every measure. Holm's correction is over the pairs, for each measure by itself."""
    found: list[Difference] = []
    for name in dict.fromkeys(name for pair in pairs for name in pair.measures):
        having = [pair for pair in pairs if name in pair.measures]
        raw = [_p_value(*pair.measures[name]) for pair in having]
        for pair, p in zip(having, holm(raw), strict=True):
            found.append(_judged(name, pair.first, pair.second, *pair.measures[name], p))
    return tuple(found)


def holm(values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given."""
    order = sorted(range(len(values)), key=lambda position: values[position])
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[position]))
        adjusted[position] = highest
    return adjusted


def mergeable(found: Sequence[Difference]) -> list[tuple[str, str]]:
    """Pairs that are equivalent on every measure."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for each in found:
        pairs.setdefault((each.first, each.second), []).append(each.outcome)
    return [pair for pair, outcomes in pairs.items() if set(outcomes) == {"equivalent"}]


def _p_value(first: Measure, second: Measure) -> float:
    """Two-sided, of equal means, on the log scale."""
    error = sqrt(first.relative_error**2 + second.relative_error**2)
    if error == float("inf"):
        return 1.0
    distance = abs(log(first.mean / second.mean))
    if error == 0:
        return 0.0 if distance > 0 else 1.0
    return erfc(distance / error / sqrt(2))


def _judged(name: str, first: str, second: str, one: Measure, other: Measure, p: float) -> Difference:
    error = sqrt(one.relative_error**2 + other.relative_error**2)
    if error == float("inf"):
        return Difference(name, first, second, "undetermined", 1.0, 0.0, float("inf"), 1.0, None)
    centre = log(one.mean / other.mean)
    low, high = centre - Z_90 * error, centre + Z_90 * error
    equivalent = low > -BAND and high < BAND
    outcome = "equivalent" if equivalent else "differ" if p < ALPHA else "undetermined"
    needed = None if outcome != "undetermined" else _needed(one, other, centre)
    return Difference(
        name,
        first,
        second,
        outcome,
        round(exp(centre), 4),
        round(exp(low), 4),
        round(exp(high), 4),
        round(p, 6),
        needed,
    )


def _needed(one: Measure, other: Measure, centre: float) -> int:
    """Customers in each segment at which the interval around the present ratio leaves or enters the band."""
    spread = sqrt((one.deviation / one.mean) ** 2 + (other.deviation / other.mean) ** 2)
    room = max(abs(abs(centre) - BAND), 0.02)  # a ratio right on the edge would need everybody there is
    return ceil((Z_90 * spread / room) ** 2)
