"""What customers have brought so far: net of returns, to the minor unit, as of a day.

Arithmetic is exact: integers times decimal rates in the engine's 128-bit decimals, rounded once per person, half away
from zero. No floating point comes near money.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.mapping import MINOR_DIGITS, MINOR_DIGITS_DEFAULT
from activator.errors import ConfigurationError, SourceError
from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.rows import NumberedSource, source_code, source_line

_RATE_TYPE = "decimal(16, 8)"


def _product(_amount: Any, _rate: Any) -> Any:
    raise NotImplementedError  # the engine's own, exact; Ibis finds no common type for two decimals


_exact_product = ibis.udf.scalar.builtin(
    _product, name="multiply", signature=(("decimal(19, 0)", _RATE_TYPE), "decimal(35, 8)")
)


def order_lines(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table) -> ir.Table:
    """Every valid order row of a known person: (row_id, person, order_key, ordered_on, amount_minor, currency)."""
    parts = [_lines(source, rows) for source in sources if source.source.entity is Entity.ORDERS]
    return engine.materialise("lines", ibis.union(*parts) if parts else _no_lines())


def _lines(source: NumberedSource, rows: ir.Table) -> ir.Table:
    valid = source.valid
    named = ibis.coalesce(valid.order_id, "row " + valid.row_id.cast("string"))
    lines = valid.select(
        "row_id",
        "amount_minor",
        "currency",
        order_key=named.hexdigest("md5").cast("uuid"),
        ordered_on=valid.ordered_at.date(),
    )
    people = rows.filter(rows.person.notnull()).select("row_id", "person")
    return lines.join(people, "row_id").select(*_LINES)


_LINES = {
    "row_id": "int64",
    "person": "uuid",
    "order_key": "uuid",
    "ordered_on": "date",
    "amount_minor": "int64",
    "currency": "string",
}


def _no_lines() -> ir.Table:
    return ibis.memtable([], schema=ibis.schema(_LINES))


def newest_day(lines: ir.Table) -> date:
    """The day of the newest order.

    Raises:
        SourceError: there is no order, so nothing says as of when people are valued.
    """
    newest = lines.ordered_on.max().execute()
    if newest is None or newest != newest:  # noqa: PLR0124 - a missing date comes back as NaT, unequal to itself
        raise SourceError(
            "no export holds a usable order of a known person, so nobody can be valued",
            "Add an orders export to `sources`, or set `value: {as_of: YYYY-MM-DD}`.",
        )
    return date(newest.year, newest.month, newest.day)


def customers(
    engine: Engine,
    sources: Sequence[NumberedSource],
    lines: ir.Table,
    as_of: date,
    currency: str,
    rates: Mapping[str, Decimal],
) -> ir.Table:
    """(person, value_minor, orders, first_order_on, last_order_on) of everyone with an order up to as_of.

    orders counts orders, not lines, whose net is above zero: a fully returned order is none.

    Raises:
        SourceError: an order is in a currency without a rate, or somebody's value does not fit 64 bits.
        ConfigurationError: a rate has more decimals than are computed exactly.
    """
    counted = lines.filter(lines.ordered_on <= as_of)
    factors = _factors(currency, rates)
    _refuse_unknown_currency(sources, counted, sorted(factors), currency)
    net = ibis.cases(*[(counted.currency == code, factor) for code, factor in factors.items()])
    converted = counted.mutate(net=_exact_product(counted.amount_minor.cast("decimal(19, 0)"), net))
    orders = engine.materialise(
        "orders",
        converted.group_by("person", "order_key").agg(
            net=converted.net.sum(), first_on=converted.ordered_on.min(), last_on=converted.ordered_on.max()
        ),
    )
    valued = orders.group_by("person").agg(
        value_minor=orders.net.sum().round(0).try_cast("int64"),
        orders=(orders.net > 0).sum().cast("int64"),
        first_order_on=orders.first_on.min(),
        last_order_on=orders.last_on.max(),
    )
    made = engine.materialise("customers", valued)
    engine.drop(orders)
    if made.value_minor.isnull().any().execute():
        raise SourceError(
            "the orders of one customer add up to more than 92 quadrillion",
            "Check the amount column's decimal sign in the mapping, and the rates.",
        )
    return made


def _factors(currency: str, rates: Mapping[str, Decimal]) -> dict[str, ir.DecimalScalar]:
    """Minor units of the project currency for one minor unit of each other, exactly."""
    own = MINOR_DIGITS.get(currency, MINOR_DIGITS_DEFAULT)
    factors = {}
    for code, rate in {**rates, currency: Decimal(1)}.items():
        factor = rate.scaleb(own - MINOR_DIGITS.get(code, MINOR_DIGITS_DEFAULT))
        if factor != round(factor, 8) or factor >= 10**8:
            raise ConfigurationError(
                f"value.rates.{code}: the rate has too many digits", "Give at most four decimals, and at most 1000."
            )
        factors[code] = ibis.literal(factor, type=_RATE_TYPE)
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


__all__ = ["customers", "newest_day", "order_lines", "source_code"]
