"""Rows that name a company instead of a person: each belongs to the first contact of that company.

An opportunity often has an account and no contact. Its value must land on one person, or it would be counted once per
colleague; the first contact of the account in the exports is a choice that does not depend on the order of rows within
a run and that a user can change by giving the opportunity a contact. Contacts of one company stay different people.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.rows import NumberedSource


def with_first_contacts(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table) -> ir.Table:
    """Rows, where those without a person that name an account have the person of its first contact."""
    naming = [source for source in sources if source.has("account_id")]
    contacts = [source for source in naming if source.source.entity is Entity.CONTACTS]
    others = [source for source in naming if source.source.entity is not Entity.CONTACTS]
    if not contacts or not others:
        return rows
    people = rows.filter(rows.person.notnull()).select("row_id", "person")
    met = _named(contacts).join(people, "row_id")
    first = met.group_by("account_id").agg(owner=met.person.argmin(met.row_id))
    owners = engine.materialise("owners", _named(others).join(first, "account_id").select("row_id", "owner"))
    joined = rows.left_join(owners, "row_id")
    person = ibis.coalesce(joined.person, joined.owner)
    return engine.view(joined.select(*[name for name in rows.columns if name != "person"], person=person), owners)


def _named(sources: Sequence[NumberedSource]) -> ir.Table:
    valid = [source.valid.select("row_id", "account_id") for source in sources]
    every = ibis.union(*valid, distinct=False) if len(valid) > 1 else valid[0]
    return every.filter(every.account_id.notnull())
