"""Estimates for every customer, in the engine: the models run on columns, the rows never leave it."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from activator.people.forecast.backtest import FIELDS, Backtest, known_customers
from activator.people.forecast.forecast import Customers, Method, fit
from activator.people.forecast.histories import distinct_histories, kept_histories
from activator.people.forecast.purchases import Array


def predictions(days: ir.Table, as_of: date, horizon_days: int, tried: Backtest) -> ir.Table:
    """(person, predicted_minor, trend_minor, no_purchase, silent_days) of everyone who has bought up to as_of; lazy.

    predicted_minor: net value to expect within the horizon, minor units; trend_minor: the same by the best method that
    looks at more than the past total; no_purchase: the chance, 0 to 1, that nothing is bought; silent_days: days since
    the last purchase.
    """
    people = kept_histories(days, as_of)
    known, distinct = known_customers(people), distinct_histories(people)
    past = tried.method is Method.PAST_SPEND
    looking = fit(tried.trend if past else tried.method, known, distinct)
    estimator = (
        fit(tried.method, known, distinct, looking if tried.trend is Method.MODEL else None) if past else looking
    )
    scale = tried.scale * (1.0 if tried.season is None else tried.season)
    value = _of_columns(
        "predicted_minor", "int64", lambda bought: _rounded(estimator.value(bought, horizon_days) * scale)
    )
    trend = _of_columns(
        "trend_minor", "int64", lambda bought: _rounded(looking.value(bought, horizon_days) * tried.trend_scale)
    )
    risk = _of_columns(
        "no_purchase", "float64", lambda bought: corrected(estimator.no_purchase(bought, horizon_days), tried)
    )
    columns = [people[name].cast("float64") for name in FIELDS]
    return people.select(
        "person",
        predicted_minor=value(*columns),
        trend_minor=trend(*columns),
        no_purchase=risk(*columns),
        silent_days=people.age_days - people.last_days,
    )


def corrected(risk: Array, tried: Backtest) -> Array:
    """Risks as the newest trial found them to come out, between its fifths; as they are where they came out right."""
    if not tried.is_risk_off:
        return risk
    predicted, actual = zip((0.0, 0.0), *tried.risks, (1.0, 1.0), strict=True)
    return np.interp(risk, predicted, np.maximum.accumulate(actual))


def _rounded(value: Array) -> Array:
    return np.rint(np.clip(value, 0, 2.0**62)).astype(np.int64)


def _of_columns(name: str, kind: str, compute: Callable[[Customers], Array]) -> Callable[..., ir.Value]:
    """A function of the engine over the columns of FIELDS."""

    def function(*columns: pa.ChunkedArray) -> pa.Array:
        values = (column.to_numpy(zero_copy_only=False) for column in columns)
        return pa.array(compute(Customers(*values)))

    unique = ibis.util.gen_name(name)
    made = ibis.udf.scalar.pyarrow(_five(function), name=unique, signature=(("float64",) * len(FIELDS), kind))
    return cast("Callable[..., ir.Value]", made)


def _five(function: Callable[..., pa.Array]) -> Callable[..., Any]:
    """With named arguments, which the engine's registration asks for."""

    def named(repeats: Any, last_days: Any, age_days: Any, value_minor: Any, repeat_minor: Any) -> Any:
        return function(repeats, last_days, age_days, value_minor, repeat_minor)

    return named
