"""Every method tried on the project's own past before one is believed: rolling origins, one table.

At each of three days in the past the methods see only what was known then, and are measured against what came. The one
that finds the most of the coming revenue in its best fifth of customers is used; ties go to past spend, which needs no
belief. The spread of predicted to actual totals becomes the interval: likelihood intervals were wrong for 7 of 9 tiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np

from activator.people.forecast.forecast import Customers, Estimator, Method, enough_for_a_model, fit
from activator.people.forecast.histories import distinct_histories, kept_histories
from activator.people.forecast.purchases import Array
from activator.people.forecast.seasons import Seasons, seasons

ORIGINS = 3
HORIZON_DAYS_MIN = 28
CUSTOMERS_MAX = 200_000  # more are thinned out by what they bought, the same ones in every run
TOP_SHARE = 0.2
SPREAD_MIN = 0.2  # no interval is narrower than 20 % either way
UNTRIED_LOW, UNTRIED_HIGH = 0.5, 2.0  # assumed where nothing could be tried; the factor of two is a convention
RISK_OFF_MAX = 0.05
FIELDS = ("repeats", "last_days", "age_days", "value_minor", "repeat_minor")


@dataclass(frozen=True, slots=True)
class Trial:
    """One method at one origin.

    capture: share of the revenue that came which its best fifth brought; total_ratio: predicted by actual revenue, 0
    where nothing came; ranks_buyers: chance that it gave a buyer a lower risk of no purchase than somebody who did not
    buy (AUC); buyers_expected, buyers: shares of customers; values: (predicted, actual) means by fifth, in minor units.
    """

    method: Method
    origin: date
    horizon_days: int
    customers: int
    capture: float
    total_ratio: float
    ranks_buyers: float
    buyers_expected: float
    buyers: float
    risks: tuple[tuple[float, float], ...] = field(repr=False)
    values: tuple[tuple[float, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Backtest:
    """All trials, the method that is used, and why.

    scale: what predictions are multiplied by, so that totals come out as in the middle trial; 1 for the model, whose
    totals are its own; without trials, so that no more is expected within the horizon than has come so far, since first
    orders of a few days are no pace to go on. low, high: actual by predicted totals of its trials, after that; risks:
    what its risks of no purchase came to in the newest trial, by fifth of customers: (predicted, actual). trend: the
    best method that looks at more than the past total, for who grows and who shrinks; trend_scale: what it is
    multiplied by for that; season: what the seasons of the horizon make of all predictions, None where they are not
    known, in which case those of the trials were not either.
    """

    trials: tuple[Trial, ...]
    method: Method
    reason: str
    low: float
    high: float
    risks: tuple[tuple[float, float], ...] = ()
    scale: float = 1.0
    trend: Method = Method.ROBUST
    trend_scale: float = 1.0
    season: float | None = None

    @property
    def is_risk_off(self) -> bool:
        """Whether predicted risks were off by more than RISK_OFF_MAX in any fifth, and have to be corrected."""
        return any(abs(predicted - actual) > RISK_OFF_MAX for predicted, actual in self.risks)


def backtest(days: ir.Table, as_of: date, horizon_days: int) -> Backtest:
    """Try every method on the past.

    Args:
        days: see histories.
        as_of: the last day known.
        horizon_days: what will be predicted; the trials use less where the past is short.
    """
    first = days.day.min().to_pyarrow().as_py()
    span = (as_of - first).days if first else 0
    trial_days = min(horizon_days, span // ORIGINS)
    if trial_days < HORIZON_DAYS_MIN:
        reason = (
            f"{span} days of orders are too few to try a prediction on: {ORIGINS * HORIZON_DAYS_MIN} are needed; "
            "at most as much again as so far is expected"
        )
        again = min(1.0, max(span, 1) / horizon_days)
        return Backtest((), Method.PAST_SPEND, reason, UNTRIED_LOW, UNTRIED_HIGH, scale=again)
    origins = [as_of - timedelta(days=trial_days + step * (trial_days // 2)) for step in range(ORIGINS)]
    known = seasons(days, as_of)  # also for the trials: they would not know two years, and their totals are compared
    trials = [trial for origin in reversed(origins) for trial in _tried(days, origin, trial_days, known)]
    method, reason = _chosen(trials)
    own = [trial for trial in trials if trial.method is method]
    scale = 1.0 if method is Method.MODEL else _scale(own)
    low, high = _spread(own, scale) if own else (UNTRIED_LOW, UNTRIED_HIGH)
    trend = _trend(trials)
    return Backtest(
        trials=tuple(trials),
        method=method,
        reason=reason,
        low=low,
        high=high,
        risks=own[-1].risks if own else (),
        scale=scale,
        trend=trend,
        trend_scale=_scale([trial for trial in trials if trial.method is trend]),
        season=None if known is None else round(known.factor(as_of, horizon_days), 4),
    )


def known_customers(people: ir.Table) -> Customers:
    """At most CUSTOMERS_MAX of some histories, for fitting."""
    return _customers(_thinned(people).select(*FIELDS))[0]


def _tried(days: ir.Table, origin: date, horizon_days: int, known: Seasons | None) -> list[Trial]:
    season = 1.0 if known is None else known.factor(origin, horizon_days)
    past = kept_histories(days, origin)
    later = days.filter((days.day > origin) & (days.day <= origin + timedelta(days=horizon_days)))
    came = later.group_by("person").agg(
        came_minor=later.net_minor.sum().cast("int64"), bought=(later.net_minor > 0).any()
    )
    joined = _thinned(past).left_join(came, "person")
    both = joined.select(*FIELDS, came_minor=joined.came_minor.fill_null(0), bought=joined.bought.fill_null(False))
    customers, came_minor, bought = _customers(both)
    if customers.repeats.size == 0:
        return []
    methods = [Method.PAST_SPEND, Method.ROBUST]
    if enough_for_a_model(customers):
        methods.append(Method.MODEL)
    distinct = distinct_histories(past)
    model = fit(Method.MODEL, customers, distinct) if Method.MODEL in methods else None
    return [
        _trial(
            method, fit(method, customers, distinct, model), customers, came_minor, bought, origin, horizon_days, season
        )
        for method in methods
    ]


def _trial(
    method: Method,
    estimator: Estimator,
    customers: Customers,
    came_minor: Array,
    bought: Array,
    origin: date,
    horizon_days: int,
    season: float,
) -> Trial:
    predicted = estimator.value(customers, horizon_days) * season
    risk = estimator.no_purchase(customers, horizon_days)
    total = float(came_minor.sum())
    return Trial(
        method=method,
        origin=origin,
        horizon_days=horizon_days,
        customers=came_minor.size,
        capture=capture(predicted, came_minor),
        total_ratio=round(float(predicted.sum()) / total, 4) if total > 0 else 0.0,
        ranks_buyers=area_under_curve(-risk, bought),
        buyers_expected=round(float((1 - risk).mean()), 4),
        buyers=round(float(bought.mean()), 4),
        risks=by_fifth(risk, 1 - bought),
        values=by_fifth(predicted, came_minor),
    )


def by_fifth(predicted: Array, actual: Array) -> tuple[tuple[float, float], ...]:
    """Means of both over the fifths of customers by prediction, lowest first."""
    order = np.argsort(predicted, kind="stable")
    fifths = [part for part in np.array_split(order, 5) if part.size]
    return tuple((round(float(predicted[part].mean()), 4), round(float(actual[part].mean()), 4)) for part in fifths)


def capture(predicted: Array, came: Array) -> float:
    """The share of what came that the best fifth brought. Customers predicted alike share the last places."""
    places = max(1, round(TOP_SHARE * came.size))
    cut = np.partition(predicted, -places)[-places]
    above, at = predicted > cut, predicted == cut
    tied = (places - above.sum()) / at.sum()
    total = float(came.sum())
    return round(float(came[above].sum() + tied * came[at].sum()) / total, 4) if total > 0 else 0.0


def area_under_curve(scores: Array, positive: Array) -> float:
    """The chance that a positive scores above a negative (Mann-Whitney); 0.5 where there is only one kind."""
    hits = positive.astype(bool)
    _, place, alike = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(alike) - (alike - 1) / 2)[place]  # equal scores share the mean of their ranks
    yes, no = int(hits.sum()), int((~hits).sum())
    if yes == 0 or no == 0:
        return 0.5
    return round(float(ranks[hits].sum() - yes * (yes + 1) / 2) / (yes * no), 4)


def _chosen(trials: Sequence[Trial]) -> tuple[Method, str]:
    means = _captures(trials)
    if not means:
        return Method.PAST_SPEND, "nobody had bought before the days of the back-test"
    if not any(trial.total_ratio for trial in trials):
        return Method.PAST_SPEND, f"nothing came from anybody in {len({trial.origin for trial in trials})} trials"
    best = max(means, key=lambda method: (round(means[method], 4), method is Method.PAST_SPEND))
    told = ", ".join(f"{method.value.replace('_', ' ')} {share:.1%}" for method, share in means.items())
    origins = len({trial.origin for trial in trials})
    return best, f"share of coming revenue found in the best fifth, mean of {origins} trials: {told}"


def _captures(trials: Sequence[Trial]) -> dict[Method, float]:
    """Mean capture of every method that could be tried at every origin."""
    origins = len({trial.origin for trial in trials})
    return {
        method: float(np.mean([trial.capture for trial in trials if trial.method is method]))
        for method in Method
        if sum(trial.method is method for trial in trials) == origins > 0
    }


def _trend(trials: Sequence[Trial]) -> Method:
    means = {method: mean for method, mean in _captures(trials).items() if method is not Method.PAST_SPEND}
    return max(means, key=lambda method: round(means[method], 4)) if means else Method.ROBUST


def _scale(trials: Sequence[Trial]) -> float:
    ratios = [1 / trial.total_ratio for trial in trials if trial.total_ratio > 0]
    return round(float(np.median(ratios)), 4) if ratios else 1.0


def _spread(trials: Sequence[Trial], scale: float) -> tuple[float, float]:
    """Actual by predicted totals, at worst and at best; 0 at worst where nothing came in some trial."""
    ratios = [1 / (trial.total_ratio * scale) if trial.total_ratio > 0 else 0.0 for trial in trials]
    return round(min(*ratios, 1 - SPREAD_MIN), 4), round(max(*ratios, 1 + SPREAD_MIN), 4)


def _thinned(people: ir.Table) -> ir.Table:
    """At most about CUSTOMERS_MAX people, chosen by what they bought, which does not differ between runs."""
    count = int(people.count().to_pyarrow().as_py())
    every = -(-count // CUSTOMERS_MAX)
    if every <= 1:
        return people
    mark = people.value_minor * 31 + people.age_days * 7 + people.last_days
    return people.filter(mark.hash().abs() % every == 0)


def _customers(rows: ir.Table) -> tuple[Customers, Array, Array]:
    """As arrays, in an order that only values decide, so that sums come out alike in every run."""
    found = rows.order_by(list(rows.columns)).to_pyarrow()
    columns = {name: found[name].to_numpy(zero_copy_only=False).astype(float) for name in found.column_names}
    customers = Customers(**{name: columns[name] for name in FIELDS})
    nothing = np.zeros(customers.repeats.size)
    return customers, columns.get("came_minor", nothing), columns.get("bought", nothing)
