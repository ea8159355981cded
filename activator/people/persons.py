"""From keyed rows to rows with a person: hubs set aside, rows joined, contradictions taken apart, matches counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from activator.model.sharing import Sharing
from activator.people.companies import with_first_contacts
from activator.people.conflicts import without_conflicts
from activator.people.consolidate import repeated_keys, with_person
from activator.people.engine import Engine
from activator.people.hubs import without_hubs
from activator.people.match_rates import match_rates
from activator.people.rows import NumberedSource


@dataclass(frozen=True)
class Persons:
    """rows: keyed rows with `person`, NULL where no identifier of its own is left, and `shared`: whether it lost one.

    hubs: (key, kind) and contested: (key), None where there are none; sharing: what the run reports about them.
    """

    rows: ir.Table
    hubs: ir.Table | None
    contested: ir.Table | None
    sharing: Sharing


def persons_of(engine: Engine, sources: Sequence[NumberedSource], keyed: ir.Table, people_max: int) -> Persons:
    """Say whose every row is. people_max: behind how many people an identifier is still somebody's."""
    repeated = repeated_keys(engine, keyed)
    unshared = without_hubs(engine, sources, keyed, people_max, repeated)
    joined = with_person(engine, unshared.rows, repeated)
    settled = without_conflicts(engine, sources, joined)
    matches = match_rates(engine, sources, settled.rows)
    rows = with_first_contacts(engine, sources, settled.rows)
    return Persons(rows, unshared.hubs, settled.contested, Sharing(unshared.counts, settled.count, matches))
