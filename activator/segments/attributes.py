"""What the exports say of a person or their company besides who they are: one value per person and attribute.

Where rows differ, the first filled one counts: by the order of contacts in the exports, companies after contacts. It
is the rule names and addresses follow, and does not depend on how rows are stored.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.config.attributes import ATTRIBUTE
from activator.errors import ConfigurationError
from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.rows import NumberedSource
from activator.segments.fields import Kind, kind_of

FIRMOGRAPHIC = ("industry", "employees", "account_country")


def person_attributes(
    engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table
) -> tuple[ir.Table | None, dict[str, Kind]]:
    """(person, one column per attribute), and what each attribute holds; None where no export has any.

    rows: (row_id, person) and more. FIRMOGRAPHIC is among the columns where there are accounts.

    Raises:
        ConfigurationError: two mappings give an attribute different types.
    """
    persons = rows.filter(rows.person.notnull()).select("row_id", "person")
    told = [_of_contacts(source, persons) for source in sources if _has_attributes(source)]
    told += _of_accounts(engine, sources, persons)
    kinds = _kinds(told)
    if not kinds:
        return None, {}
    every = ibis.union(*[_with_all(table, kinds) for table in told], distinct=False)
    first = {name: every[name].argmin(every.rank, where=every[name].notnull()) for name in kinds}
    table = engine.materialise("attributes", every.group_by("person").agg(**first))
    return table, {name: kind_of(table[name]) for name in kinds if name not in FIRMOGRAPHIC}


def names_of(source: NumberedSource) -> dict[str, str]:
    """Attribute -> the column that holds it."""
    columns = source.source.table.columns
    return {column.removeprefix(ATTRIBUTE): column for column in columns if column.startswith(ATTRIBUTE)}


def _has_attributes(source: NumberedSource) -> bool:
    return source.source.entity is Entity.CONTACTS and bool(names_of(source))


def _of_contacts(source: NumberedSource, persons: ir.Table) -> ir.Table:
    return source.valid.select("row_id", **names_of(source)).join(persons, "row_id").rename(rank="row_id")


def _of_accounts(engine: Engine, sources: Sequence[NumberedSource], persons: ir.Table) -> list[ir.Table]:
    """What companies say of the people whose contacts name them. Row ids of accounts are above those of contacts."""
    named = [source for source in sources if source.source.entity is Entity.CONTACTS and source.has("account_id")]
    companies = [source for source in sources if source.source.entity is Entity.ACCOUNTS]
    if not named or not companies:
        return []
    each = [source.valid.select("row_id", "account_id") for source in named]
    contacts = ibis.union(*each, distinct=False).filter(lambda t: t.account_id.notnull()).join(persons, "row_id")
    employed = engine.materialise("employed", contacts.select("person", "account_id").distinct())
    return [_of_company(source, employed) for source in companies]


def _of_company(source: NumberedSource, employed: ir.Table) -> ir.Table:
    told = source.valid.select("account_id", *FIRMOGRAPHIC, rank="row_id", **names_of(source))
    return told.join(employed, "account_id").drop("account_id")


def _kinds(told: Sequence[ir.Table]) -> dict[str, str]:
    """Type of each column; of the attributes no two exports may disagree about one."""
    kinds: dict[str, str] = {}
    for table in told:
        for name, kind in table.schema().items():
            if name in ("person", "rank"):
                continue
            if kinds.setdefault(name, str(kind)) != str(kind):
                raise ConfigurationError(
                    f"the attribute `{name}` has different types in two mappings", "Give it one `type` in both."
                )
    return kinds


def _with_all(table: ir.Table, kinds: dict[str, str]) -> ir.Table:
    return table.select(
        "person",
        "rank",
        **{name: table[name] if name in table.columns else ibis.null(kind) for name, kind in kinds.items()},
    )
