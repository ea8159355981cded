"""What the seasons make of a horizon that is no whole year: a shop that lives of Christmas sells less in spring.

A year is cut into twelve parts, counted back from the day people are valued as of, so that no part is cut short. The
index of a part is its revenue by that of the year centred on it (ratio to the moving average): a shop that grows has no
season for growing. The indexes come of all years known, and of two at least.
"""

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from activator.people.forecast.purchases import Array

PARTS = 12
YEAR_DAYS = 365
YEARS_MIN = 2
BUYERS_MIN = 20  # a day of one person each; a part of the year with fewer says nothing of its season
_HALF = PARTS // 2


@dataclass(frozen=True, slots=True)
class Seasons:
    """by_part: revenue of each part of the year by that of a mean one, the part just before as_of first."""

    as_of: date
    by_part: tuple[float, ...]

    def factor(self, origin: date, horizon_days: int) -> float:
        """Revenue of the days after origin by that of as many mean ones."""
        ahead = (origin - self.as_of).days + np.arange(1, horizon_days + 1)
        return float(np.take(self.by_part, _part(-ahead) % PARTS).mean())


def seasons(days: ir.Table, as_of: date) -> Seasons | None:
    """The seasons in some purchases; None where they do not show two of each.

    days: (person, day, net_minor), one row per person and day.
    """
    known = days.filter(days.day <= as_of)
    first = known.day.min().to_pyarrow().as_py()
    years = 0 if first is None else ((as_of - first).days + 1) // YEAR_DAYS
    if years < YEARS_MIN:
        return None
    parts = PARTS * years
    counted = known.group_by("day").agg(net=known.net_minor.sum().cast("float64"), buyers=(known.net_minor > 0).sum())
    found = counted.to_pyarrow()
    ago = np.array([(as_of - day).days for day in found["day"].to_pylist()])
    kept = ago < YEAR_DAYS * years
    part = _part(ago[kept])
    revenue = np.bincount(part, found["net"].to_numpy()[kept], minlength=parts).astype(np.float64)
    buyers = np.bincount(part, found["buyers"].to_numpy()[kept], minlength=parts)
    if buyers.min() < BUYERS_MIN:
        return None
    by_part = _ratios(revenue)
    return None if by_part is None else Seasons(as_of, by_part)


def _part(days_ago: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.int64]:
    """Which twelfth of a year lies so many days before as_of, counted back from 0."""
    return days_ago * PARTS // YEAR_DAYS


def _ratios(revenue: Array) -> tuple[float, ...] | None:
    """Mean ratio of each part to the year centred on it, with mean 1; None where a year brought nothing."""
    weights = np.array([0.5, *[1.0] * (PARTS - 1), 0.5]) / PARTS
    years = np.convolve(revenue, weights, mode="valid")
    if years.min() <= 0:
        return None
    ratios = np.maximum(revenue[_HALF:-_HALF] / years, 0.0)
    by_part = np.array([ratios[(np.arange(ratios.size) + _HALF) % PARTS == part].mean() for part in range(PARTS)])
    return tuple(round(float(each), 6) for each in by_part / by_part.mean())
