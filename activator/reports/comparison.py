"""Whether more of one group did something than of another: a ratio with its interval, or how much is missing. Pure."""

from dataclasses import dataclass
from math import exp, log, sqrt

COUNTED_MIN = 30  # in each group; a ratio of fewer says hardly anything
DISPERSION = 1.2  # conversions of ads scatter more than by chance alone (docs/explanation/attention-flags.md)
Z_90 = 1.6449


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many. counted_milli: thousandths, since platforms attribute fractions of a conversion."""

    counted_milli: int
    of: int

    @property
    def rate(self) -> float | None:
        """None of nothing."""
        return self.counted_milli / 1_000 / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One group against a baseline. ratio, low, high: of their rates with a 90 % interval; None: too little to tell."""

    group: Share
    baseline: Share
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def compared(group: Share, baseline: Share, dispersion: float = 1.0) -> Comparison:
    """The ratio of two rates, on the logarithmic scale. dispersion: variance over what chance alone makes."""
    if min(group.counted_milli, baseline.counted_milli) < 1_000 * COUNTED_MIN or not (group.of and baseline.of):
        return Comparison(group, baseline)
    variance = sum(max(0.0, 1_000 / each.counted_milli - 1 / each.of) for each in (group, baseline))
    assert group.rate is not None, "there are some of it"
    assert baseline.rate is not None, "there are some of it"
    middle, reach = log(group.rate / baseline.rate), Z_90 * sqrt(dispersion * variance)
    return Comparison(group, baseline, exp(middle), exp(middle - reach), exp(middle + reach))
