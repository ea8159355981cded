"""What happened to people, as relations rules can count: (person, at, its fields and attributes).

Orders are orders here, not lines: the rows of one order are one, unless attributes tell them apart. `amount` is then
what those rows come to and `order_amount` the whole order, both net of what was returned under the same number and in
the project's currency. Only what some rule asks for is made.
"""

from collections.abc import Collection, Mapping

import ibis
import ibis.expr.types as ir

from activator.model.people import Entity
from activator.people.pipeline import People
from activator.people.purchases import exact_product
from activator.people.rows import NumberedSource
from activator.people.value import exchange_factors
from activator.segments.attributes import names_of

ENTITIES = {
    "orders": Entity.ORDERS,
    "tickets": Entity.TICKETS,
    "responses": Entity.RESPONSES,
    "events": Entity.EVENTS,
}
_COLUMNS: dict[str, dict[str, str]] = {
    "tickets": {
        "at": "opened_at",
        "subject": "subject",
        "score": "score",
        "language": "language",
        "minutes": "minutes",
    },
    "responses": {"at": "answered_at", "score": "score", "language": "language"},
    "events": {"at": "happened_at", "event": "event", "quantity": "quantity"},
}


def happenings(people: People, wanted: Collection[str]) -> Mapping[str, ir.Table]:
    """The wanted kinds the project has an export of."""
    found = {}
    for name, entity in ENTITIES.items():
        sources = [source for source in people.sources if source.source.entity is entity]
        if name in wanted and sources:
            found[name] = _orders(people, sources) if name == "orders" else _others(people, name, sources)
    return found


def _others(people: People, name: str, sources: list[NumberedSource]) -> ir.Table:
    tables = []
    for source in sources:
        rows = source.valid
        columns: dict[str, str | ir.Value] = dict(_COLUMNS[name])
        if name == "events":
            columns["amount"] = _converted(people, rows).round(0).try_cast("int64")
        told = rows.select("row_id", **columns, **names_of(source))
        tables.append(told.join(people.valuation.persons, "row_id").drop("row_id"))
    engine = people.valuation.engine
    return engine.materialise(name, _stacked(tables))


def _orders(people: People, sources: list[NumberedSource]) -> ir.Table:
    """(person, at, order, amount, order_amount, currency, attributes)."""
    engine = people.valuation.engine
    attributes = sorted({name for source in sources for name in names_of(source)})
    lines = _stacked([_lines(people, source) for source in sources])
    keys = ["person", "order", "currency", *attributes]
    parts = engine.materialise("order_parts", lines.group_by(keys).agg(at=lines["at"].min(), exact=lines.amount.sum()))
    amount = parts.exact.round(0).try_cast("int64")
    if not attributes:
        return parts.mutate(amount=amount, order_amount=amount).drop("exact")
    whole = parts.group_by("person", "order").agg(order_amount=lambda t: t.exact.sum().round(0).try_cast("int64"))
    joined = parts.mutate(amount=amount).drop("exact").join(whole, ["person", "order"])
    return engine.materialise("orders", joined)


def _lines(people: People, source: NumberedSource) -> ir.Table:
    rows = source.behind
    number = "row " + rows.row_id.cast("string")
    name = number if source.source.whole_orders else ibis.coalesce(rows.order_id, number)
    told = rows.select(
        "stands_in",
        "currency",
        at="ordered_at",
        order=name.hexdigest("md5").cast("uuid"),
        amount=_converted(people, rows),
        **names_of(source),
    )
    joined = told.join(people.valuation.persons, told.stands_in == people.valuation.persons.row_id)
    return joined.drop("stands_in", "row_id")


def _converted(people: People, rows: ir.Table) -> ir.DecimalValue:
    """Minor units of the project's currency, not yet rounded; NULL in a currency without a rate."""
    factors = exchange_factors(people.valuation.currency, people.valuation.rates)
    rate = ibis.cases(*[(rows.currency == code, factor) for code, factor in factors.items()])
    exact: ir.DecimalValue = exact_product(rows.amount_minor.cast("decimal(19, 0)"), rate)
    return exact


def _stacked(tables: list[ir.Table]) -> ir.Table:
    """All rows; a column only some tables have is NULL in the others."""
    kinds = {name: kind for table in tables for name, kind in table.schema().items()}
    full = [
        table.select(
            **{name: table[name] if name in table.columns else ibis.null(kind) for name, kind in kinds.items()}
        )
        for table in tables
    ]
    return ibis.union(*full, distinct=False) if len(full) > 1 else full[0]
