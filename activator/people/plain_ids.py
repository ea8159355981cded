"""Ids that are sent in plain text, each to one member only: the advertiser's own, and a device's. Meta only.

An id that two people have is nobody's: whoever is removed by it would take the other along.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.identifiers import normalised
from activator.people.rows import NumberedSource, text_of

DEVICE_COLUMN = "mobile_advertiser_id"


def external_ids(
    engine: Engine, sources: Sequence[NumberedSource], mine: ir.Table, space: str | None
) -> ir.Table | None:
    """(person, plain_id): each member's smallest id in one id space, None where no export has any."""

    def ids(valid: ir.Table) -> ir.Table:
        named = valid.filter(text_of(valid, "id_space") == (space or ""))
        return named.select("row_id", text=text_of(named, "external_id"))

    found = [ids(source.valid) for source in sources if space and source.has("external_id")]
    return _one_of_one(engine, found, mine, "EXTERN_ID")


def devices(engine: Engine, sources: Sequence[NumberedSource], mine: ir.Table) -> ir.Table | None:
    """(person, plain_id): each member's smallest advertising id, None where no export has any."""
    tables = [source.valid for source in sources if source.has(DEVICE_COLUMN)]
    found = [valid.select("row_id", text=text_of(valid, DEVICE_COLUMN)) for valid in tables]
    return _one_of_one(engine, found, mine, "MADID")


def _one_of_one(engine: Engine, found: Sequence[ir.Table], mine: ir.Table, field: str) -> ir.Table | None:
    """mine: (person, row_id, ...) of the members' rows. Of several ids the smallest, however the rows are sorted."""
    if not found:
        return None
    texts = engine.staged(ibis.union(*found, distinct=False) if len(found) > 1 else found[0])
    written = engine.staged(texts.select("row_id", plain_id=normalised("meta", field, texts.text)))
    known = written.filter(written.plain_id.notnull())
    theirs = engine.materialise(f"{field}_rows", known.join(mine.select("person", "row_id"), "row_id"))
    owners = theirs.group_by("plain_id").agg(owners=theirs.person.nunique())
    single = theirs.semi_join(owners.filter(owners.owners == 1), "plain_id")
    smallest = engine.materialise(f"{field}_ids", single.group_by("person").agg(plain_id=single.plain_id.min()))
    engine.drop(theirs)
    return smallest
