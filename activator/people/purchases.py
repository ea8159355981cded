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
from activator.people.identity_keys import id_key

# What belongs to the single order row; every other column says whose it is, or in which currency.
_OF_THE_ROW = ("source_row", "row_id", "invalid_reason", "order_id", "ordered_at", "amount_minor")
RATE_TYPE = "decimal(16, 8)"
_WHOSE = ("external_id", "email", "phone")  # what tells most customers apart, in this order
# What the rows of a gathered one add up to; see `gathered`.
BOUGHT = {
    "currency": "string",
    "minor": "int64",
    "orders": "int64",
    "last_on": "date",
    "first_bought_on": "date",
    "last_bought_on": "date",
}


def _product(_amount: Any, _rate: Any) -> Any:
    raise NotImplementedError  # the engine's own, exact; Ibis finds no common type for two decimals


exact_product = ibis.udf.scalar.builtin(
    _product, name="multiply", signature=(("decimal(19, 0)", RATE_TYPE), "decimal(35, 8)")
)


def said_of_person(table: ir.Table) -> list[str]:
    """The columns of a canonical orders relation that rows are gathered by."""
    return [column for column in table.columns if column not in _OF_THE_ROW and not column.startswith(ATTRIBUTE)]


def by_ids_alone(table: ir.Table) -> bool:
    """Whether all that an orders relation, or its gathered one, says of people is their ids in a system."""
    said = set(said_of_person(table)) - {"valid", "stands_for", "id_key", *BOUGHT}
    return said <= {"id_space", "external_id", "account_id"}


def gathered(
    engine: Engine, table: ir.Table, offset: int, as_of: date | None, id_space: str | None = None
) -> tuple[ir.Table, bool]:
    """The valid rows of an orders relation, gathered, and whether there are others.

    Columns: those of `said_of_person`; row_id of the first row; stands_for, how many rows there are; id_key, where ids
    are all that is said. Of the rows up to as_of: minor, their sum, NULL beyond 64 bits; orders, how many bring money
    in; last_on, of all; first_bought_on, last_bought_on, of those that bring money in. Days are NULL where there is no
    such row. id_space: of every id in it, if there is only one.
    """
    said = [column for column in said_of_person(table) if column != "id_space" or id_space is None]
    whose = next((column for column in _WHOSE if column in said), said[0])
    every = engine.in_passes(
        "gathered", table, whose, lambda rows: _with_id_key(_grouped(rows, said, offset, as_of), id_space)
    )
    if faulty := every.valid.all().to_pyarrow().as_py() is False:
        kept = engine.materialise("gathered", every.filter(every.valid))
        engine.drop(every)
        every = kept
    whole = every.drop("valid")
    if id_space is None or "id_space" not in table.columns:
        return whole, faulty
    return engine.staged(whole, id_space=ibis.cases((whole.external_id.notnull(), ibis.literal(id_space)))), faulty


def _grouped(table: ir.Table, said: Sequence[str], offset: int, as_of: date | None) -> ir.Table:
    """Grouped by whether a row is valid, not filtered: a filter would read the cells once more than what follows."""
    day = table.ordered_at.date()
    counts = ibis.literal(True) if as_of is None else day <= as_of
    rows = table.select(
        "source_row",
        *said,
        valid=table.invalid_reason.isnull(),
        minor=ibis.cases((counts, table.amount_minor)),
        day=ibis.cases((counts, day)),
        bought_on=ibis.cases((counts & (table.amount_minor > 0), day)),
    )
    return rows.group_by("valid", *said).agg(
        row_id=offset + rows.source_row.min().cast("int64"),
        stands_for=rows.count(),
        minor=rows.minor.sum().cast("decimal(38, 0)").try_cast("int64"),
        orders=rows.bought_on.count(),
        last_on=rows.day.max(),
        first_bought_on=rows.bought_on.min(),
        last_bought_on=rows.bought_on.max(),
    )


def _with_id_key(rows: ir.Table, id_space: str | None) -> ir.Table:
    """With the key of each id, where ids are all that is said."""
    if "external_id" not in rows.columns or not by_ids_alone(rows):
        return rows
    space = rows.id_space if "id_space" in rows.columns else ibis.literal(id_space)
    return rows.mutate(id_key=id_key(space.cast("string"), rows.external_id))


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
