"""The evidence that a cell has fallen: a cumulative sum over days that resets at zero.

Conditional on the day's conversions of cell and rest together, the cell's part is binomial with its share of exposure.
Each day adds the log likelihood ratio of "30 % below the rest" to "as good as the rest", divided by the account's
estimated overdispersion; conversions that come in quietly let the sum fall back to zero. Limits are from simulation
(docs/explanation/attention-flags.md): at most 2.5 false new flags in 100 quiet account days.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from activator.performance.cells import Cell, Pair

FALL = 0.7
EVIDENCE_NEEDED = 4.5
CELLS_AT_THAT = 12
DISPERSION_MIN = 1.2
DISPERSION_DAYS = 60
CONTINUITY = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """total: the cumulative sum now, in nats. started: index of the first day of the present rise, None at zero."""

    total: float
    started: int | None


def evidence_needed(cells: int) -> float:
    """How much evidence opens a flag: more cells, more chances to be wrong, so more is needed beyond twelve."""
    return EVIDENCE_NEEDED + max(0.0, math.log(cells / CELLS_AT_THAT)) if cells else EVIDENCE_NEEDED


def increment(pair: Pair, dispersion: float) -> float:
    """What one day adds to the evidence.

    A baseline counts one standard error lower: its error is there every day and, unlike a day's luck, would add up.
    """
    exposure = pair.exposure * math.exp(-math.sqrt(dispersion * pair.doubt))
    share = exposure / (exposure + pair.rest_exposure)
    fallen = FALL * exposure / (FALL * exposure + pair.rest_exposure)
    gain = pair.conversions * math.log(fallen / share)
    gain += pair.rest_conversions * math.log((1 - fallen) / (1 - share))
    return gain / dispersion


def evidence(cell: Cell, dispersion: float, since: int) -> Evidence:
    """The evidence through the last day, counted from day index `since`.

    While it rises, baselines stay those before the rise began, so that a long fall does not become its own yardstick.
    """
    total, started = 0.0, None
    for index in range(since, len(cell.days)):
        pair = cell.pair(index, index if started is None else started)
        if pair is None:
            continue
        total = max(0.0, total + increment(pair, dispersion))
        if total == 0.0:
            started = None
        elif started is None:
            started = index
    return Evidence(total, started)


def expected_gain(share: float, ratio: float, dispersion: float) -> float:
    """What one expected conversion adds on average while the cell brings `ratio` of what is expected of it."""
    day = Pair(share, 1 - share, ratio, 1 / share - ratio, 0.0, 0.0)
    return increment(day, dispersion)


def dispersion(cells: Iterable[Cell]) -> float:
    """How much more a cell's daily share varies than luck alone would have it; at least 1.2.

    Pearson's statistic over the last 60 days, pooled over the account's cells, each around its own level so that a cell
    that is steadily better or worse is not taken for noise. Must be estimated: too low a value gives 3 to 8 times the
    false flags.
    """
    statistic, freedom = 0.0, 0
    for cell in cells:
        last = len(cell.days)
        pairs = [cell.pair(index, index) for index in range(max(0, last - DISPERSION_DAYS), last)]
        told = [pair for pair in pairs if pair is not None and pair.conversions + pair.rest_conversions > 0]
        if len(told) > 1:
            level = rate_ratio(told)
            statistic += sum(_squared_residual(pair, level) for pair in told)
            freedom += len(told) - 1
    return max(DISPERSION_MIN, statistic / freedom) if freedom else DISPERSION_MIN


def rate_ratio(pairs: Iterable[Pair]) -> float:
    """Conversions per exposure, cell over rest, stratified by day (Mantel-Haenszel), half a conversion added."""
    own, rest, exposure, rest_exposure = 0.0, 0.0, 0.0, 0.0
    for pair in pairs:
        together = pair.exposure + pair.rest_exposure
        own += pair.conversions * pair.rest_exposure / together
        rest += pair.rest_conversions * pair.exposure / together
        exposure += pair.exposure
        rest_exposure += pair.rest_exposure
    share = exposure / (exposure + rest_exposure)
    return (own + CONTINUITY * (1 - share)) / (rest + CONTINUITY * share)


def _squared_residual(pair: Pair, level: float) -> float:
    count = pair.conversions + pair.rest_conversions
    likely = level * pair.exposure / (level * pair.exposure + pair.rest_exposure)
    return (pair.conversions - count * likely) ** 2 / (count * likely * (1 - likely))
