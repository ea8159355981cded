"""What customers have brought so far: net of returns, to the minor unit, as of a day.

Arithmetic is exact: integers times decimal rates in the engine's 128-bit decimals, rounded once per person, half away
from zero. No floating point comes near money.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from activator.errors import ConfigurationError, SourceError
from activator.model.currency import minor_digits
from activator.people.engine import Engine
from activator.people.purchases import BOUGHT, RATE_TYPE, exact_product, orders_of_lines
from activator.people.rows import NumberedSource, source_code, source_line

_SUM_MAX = 9 * 10**18  # what one customer's rows of one currency may add up to, in minor units


def purchases(sources: Sequence[NumberedSource], rows: ir.Table) -> ir.Table:
    """What every known person has bought: (row_id, person, columns of `purchases.BOUGHT`), a row for each gathered one.

    rows: as `rows.keyed_rows` makes them, with their person.
    """
    codes = [source.code for source in sources if source.gathered is not None]
    bought = rows.filter(rows.person.notnull() & source_code(rows.row_id).isin(codes or [-1]))
    return bought.select("row_id", "person", *BOUGHT)


def newest_day(bought: ir.Table) -> date:
    """The day of the newest order.

    Raises:
        SourceError: there is no order, so nothing says as of when people are valued.
    """
    newest = bought.last_on.max().to_pyarrow().as_py()
    if newest is None:
        raise SourceError(
            "no export holds a usable order of a known person, so nobody can be valued",
            "Add an orders export to `sources`, or set `value: {as_of: YYYY-MM-DD}`.",
        )
    day: date = newest
    return day


def customers(
    engine: Engine,
    sources: Sequence[NumberedSource],
    bought: ir.Table,
    as_of: date,
    currency: str,
    rates: Mapping[str, Decimal],
) -> ir.Table:
    """(person, value_minor, orders, first_order_on, last_order_on) of everyone with an order up to as_of.

    orders counts orders, not lines, whose net is above zero: a fully returned order is none, and a return is none. The
    days are of such orders, NULL where somebody has only returns.

    Raises:
        SourceError: an order is in a currency without a rate, or somebody's value does not fit 64 bits.
        ConfigurationError: a rate has more decimals than are computed exactly.
    """
    counted = bought.filter(bought.last_on.notnull())
    factors = exchange_factors(currency, rates)
    _refuse_unknown_currency(sources, counted, sorted(factors), currency)
    made = engine.in_passes("customers", counted, "person", lambda rows: _valued(rows, factors))
    if made.value_minor.isnull().any().to_pyarrow().as_py():
        raise SourceError(
            "the orders of one customer add up to more than 92 quadrillion",
            "Check the amount column's decimal sign in the mapping, and the rates.",
        )
    return _with_order_counts(engine, sources, bought, made, as_of, factors)


def _valued(rows: ir.Table, factors: Mapping[str, ir.DecimalScalar]) -> ir.Table:
    """Each person's orders added up; value_minor is NULL where it does not fit."""
    rate = ibis.cases(*[(rows.currency == code, factor) for code, factor in factors.items()])
    fits = rows.minor.between(-_SUM_MAX, _SUM_MAX).fill_null(False)
    net = exact_product(ibis.cases((fits, rows.minor)).cast("decimal(19, 0)"), rate)
    return rows.group_by("person").agg(
        value_minor=ibis.cases((fits.all(), net.sum().round(0).try_cast("int64"))),
        orders=rows.orders.sum().cast("int64"),
        first_order_on=rows.first_bought_on.min(),
        last_order_on=rows.last_bought_on.max(),
    )


def _with_order_counts(
    engine: Engine,
    sources: Sequence[NumberedSource],
    bought: ir.Table,
    made: ir.Table,
    as_of: date,
    factors: Mapping[str, ir.DecimalScalar],
) -> ir.Table:
    """Customers with orders counted, not lines, where an order of some source may take several lines."""
    in_lines = [source for source in sources if source.gathered is not None and not source.source.whole_orders]
    if not in_lines:
        return made
    codes = [source.code for source in in_lines]
    lines = [source.behind for source in in_lines]
    by_lines = orders_of_lines(engine, lines, bought.select("row_id", "person"), as_of, factors)
    others = bought.filter(~source_code(bought.row_id).isin(codes))
    whole = _ordered(others)
    counts = _ordered(ibis.union(by_lines.select(*whole.columns), whole, distinct=False))
    joined = made.select("person", "value_minor").left_join(counts, "person").drop("person_right")
    kept = joined.select(
        "person",
        "value_minor",
        orders=joined.orders.fill_null(0),
        first_order_on="first_bought_on",
        last_order_on="last_bought_on",
    )
    counted = engine.materialise("customers", kept)
    for used in (made, by_lines):
        engine.drop(used)
    return counted


def _ordered(orders: ir.Table) -> ir.Table:
    return orders.group_by("person").agg(
        orders=orders.orders.sum().cast("int64"),
        first_bought_on=orders.first_bought_on.min(),
        last_bought_on=orders.last_bought_on.max(),
    )


def exchange_factors(currency: str, rates: Mapping[str, Decimal]) -> dict[str, ir.DecimalScalar]:
    """Minor units of the project currency for one minor unit of each other, exactly."""
    own = minor_digits(currency)
    factors = {}
    for code, rate in {**rates, currency: Decimal(1)}.items():
        factor = rate.scaleb(own - minor_digits(code))
        if factor != round(factor, 8) or factor >= 10**8:
            raise ConfigurationError(
                f"value.rates.{code}: the rate has too many digits", "Give at most four decimals, and at most 1000."
            )
        factors[code] = ibis.literal(factor, type=RATE_TYPE)
    return factors


def _refuse_unknown_currency(sources: Sequence[NumberedSource], lines: ir.Table, known: list[str], own: str) -> None:
    unknown = lines.filter(lines.currency.isnull() | ~lines.currency.isin(known))
    first = unknown.order_by("row_id").limit(1).select("row_id", "currency").to_pyarrow().to_pylist()
    if not first:
        return
    row_id, code = first[0]["row_id"], first[0]["currency"] or ""
    source = next(source.source for source in sources if source.code == int(row_id >> 44))
    # A cell that is no currency code may be anything, so it is not shown.
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise SourceError(
            f"{source.name}, line {source_line(row_id)}: currency: not an ISO 4217 code",
            "Map the column that holds codes like EUR, or set a constant currency in the mapping.",
        )
    raise SourceError(
        f"{source.name}, line {source_line(row_id)}: currency: there is no rate from {code} to {own}",
        f"Add it to the project file, e.g. `value: {{rates: {{{code}: 0.92}}}}`.",
    )
