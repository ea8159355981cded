"""Order rows gathered by whose they are: one row for all that say the same about the person, with what they add up to.

Customers order again and again, so there are far fewer of these than orders; everything that deals with text (spelling,
hashing, phones, names) then sees each customer once. Sums, counts and days are all that is ever asked of the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.attributes import ATTRIBUTE
from activator.people.engine import Engine

# What belongs to the single order row; every other column says whose it is, or in which currency.
_OF_THE_ROW = ("source_row", "row_id", "invalid_reason", "order_id", "ordered_at", "amount_minor")
RATE_TYPE = "decimal(16, 8)"


def _product(_amount: Any, _rate: Any) -> Any:
    raise NotImplementedError  # the engine's own, exact; Ibis finds no common type for two decimals


exact_product = ibis.udf.scalar.builtin(
    _product, name="multiply", signature=(("decimal(19, 0)", RATE_TYPE), "decimal(35, 8)")
)


def said_of_person(table: ir.Table) -> list[str]:
    """The columns of a canonical orders relation that rows are gathered by."""
    return [column for column in table.columns if column not in _OF_THE_ROW and not column.startswith(ATTRIBUTE)]


def gathered(engine: Engine, table: ir.Table, offset: int, as_of: date | None) -> tuple[ir.Table, bool]:
    """The valid rows of an orders relation, gathered, and whether there are others.

    Columns: those of `said_of_person`; row_id of the first row; stands_for, how many rows there are. Of the rows up to
    as_of: minor, their sum; orders, how many bring money in; first_on, last_on, of all; first_bought_on,
    last_bought_on, of those that bring money in. Days are NULL where there is no such row.
    """
    # Grouped by, not filtered: a filter would read the cells once more than what comes after it.
    rows = table.mutate(valid=table.invalid_reason.isnull())
    day = rows.ordered_at.date()
    counts = None if as_of is None else day <= as_of
    brings = rows.amount_minor > 0 if counts is None else counts & (rows.amount_minor > 0)
    grouped = rows.group_by("valid", *said_of_person(table)).agg(
        row_id=offset + rows.source_row.min().cast("int64"),
        stands_for=rows.count(),
        minor=rows.amount_minor.sum(where=counts).cast("decimal(38, 0)"),
        orders=(rows.amount_minor > 0).sum(where=counts).cast("int64"),
        first_on=day.min(where=counts),
        last_on=day.max(where=counts),
        first_bought_on=day.min(where=brings),
        last_bought_on=day.max(where=brings),
    )
    every = engine.materialise("gathered", grouped)
    if every.valid.all().to_pyarrow().as_py() is not False:
        return every.drop("valid"), False
    kept = engine.materialise("gathered", every.filter(every.valid).drop("valid"))
    engine.drop(every)
    return kept, True


def orders_of_lines(
    engine: Engine,
    sources: Sequence[ir.Table],
    persons: ir.Table,
    as_of: date,
    factors: Mapping[str, ir.DecimalScalar],
) -> ir.Table:
    """(person, orders, first_bought_on, last_bought_on) where an order may take several rows.

    Of the orders that bring money in, all their rows together; an order is of the day of its first row.

    sources: for each `NumberedSource.behind`; persons: (row_id, person) of the gathered rows.
    """
    parts = [_lines(rows, persons, as_of) for rows in sources]
    lines = ibis.union(*parts, distinct=False)
    net = ibis.cases(*[(lines.currency == code, factor) for code, factor in factors.items()])
    orders = lines.group_by("person", "order_key").agg(
        net=exact_product(lines.amount_minor.cast("decimal(19, 0)"), net).sum(),
        day=lines.day.min(),
    )
    orders = engine.materialise("orders", orders)
    bringing = orders.filter(orders.net > 0)
    counted = engine.materialise(
        "order_counts",
        bringing.group_by("person").agg(
            orders=bringing.count(), first_bought_on=bringing.day.min(), last_bought_on=bringing.day.max()
        ),
    )
    engine.drop(orders)
    return counted


def _lines(rows: ir.Table, persons: ir.Table, as_of: date) -> ir.Table:
    named = ibis.coalesce(rows.order_id, "row " + rows.row_id.cast("string"))
    lines = rows.filter(rows.ordered_at.date() <= as_of).select(
        "stands_in",
        "amount_minor",
        "currency",
        day=rows.ordered_at.date(),
        order_key=named.hexdigest("md5").cast("uuid"),
    )
    joined = lines.join(persons, lines.stands_in == persons.row_id)
    return joined.select("person", "order_key", "amount_minor", "currency", "day")
