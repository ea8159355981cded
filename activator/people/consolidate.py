"""Rows that share an identifier are one person: connected components over identity keys.

Labels are computed by contraction: every key points to its smallest neighbour, pointers are followed to their ends, and
the edges are rewritten between those ends until none is left. Each round at least halves the keys that still have
edges, so the loop is short however long the chains are; it runs over relations, never over people. A person's key is
the smallest identity key of the component: the same exports give the same keys, in any order of rows.
"""

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.rows import KEY_COLUMNS

# An e-mail address or phone of more contacts than this is a reception, a shop or a filler, not a person.
SHARED_CONTACTS_MAX = 10
_SHAREABLE = tuple(column for column in KEY_COLUMNS if column != "id_key")


def without_shared_keys(engine: Engine, rows: ir.Table) -> ir.Table:
    """Rows with the keys of hubs cleared, and `shared`: whether the row lost one.

    A hub is an e-mail address or phone found in contact rows of more than SHARED_CONTACTS_MAX different ids.
    """
    hubs = engine.materialise("hubs", _hubs(rows))
    if not _count(hubs):
        engine.drop(hubs)
        return rows.mutate(shared=ibis.literal(False))
    lost = ibis.or_(*[rows[column].isin(hubs.key).fill_null(False) for column in _SHAREABLE])
    cleared = {
        column: ibis.cases((rows[column].isin(hubs.key), ibis.null("uuid")), else_=rows[column])
        for column in _SHAREABLE
    }
    kept = engine.materialise("unshared", rows.mutate(**cleared, shared=lost))
    engine.drop(hubs)
    return kept


def _hubs(rows: ir.Table) -> ir.Table:
    contacts = rows.filter((rows.row_id < 1 << 58) & rows.id_key.notnull())
    pairs = ibis.union(*[contacts.select(key=contacts[column], id_key="id_key") for column in _SHAREABLE])
    busy = pairs.filter(pairs.key.notnull()).group_by("key").agg(contacts=lambda t: t.count())
    busy = busy.filter(busy.contacts > SHARED_CONTACTS_MAX)  # most keys are gone before ids are told apart
    ids = pairs.semi_join(busy, "key").distinct().group_by("key").agg(ids=lambda t: t.count())
    return ids.filter(ids.ids > SHARED_CONTACTS_MAX).select("key")


def with_person(engine: Engine, rows: ir.Table) -> ir.Table:
    """Rows with `person`, NULL where a row has no identity key."""
    anchored = rows.mutate(anchor=ibis.coalesce(*[rows[column] for column in KEY_COLUMNS]))
    edges = ibis.union(
        *[
            anchored.filter(anchored[column].notnull() & (anchored[column] != anchored.anchor)).select(
                low=ibis.least(anchored.anchor, anchored[column]), high=ibis.greatest(anchored.anchor, anchored[column])
            )
            for column in KEY_COLUMNS
        ],
        distinct=False,
    )
    labels = components(engine, engine.materialise("edges", edges.distinct()))
    joined = anchored.left_join(labels, anchored.anchor == labels.node)
    person = ibis.coalesce(joined.label, joined.anchor)
    identified = engine.materialise("identified", joined.select(*rows.columns, person=person))
    engine.drop(labels)
    return identified


def components(engine: Engine, edges: ir.Table) -> ir.Table:
    """(node, label) for every node of edges(low, high); label is the smallest node it is connected with.

    Takes edges over: the table is dropped.
    """
    labels = engine.materialise("labels", edges.select(node="low", label="low").limit(0))
    while _count(edges):
        roots = _followed(engine, engine.materialise("roots", _smallest_neighbours(edges)))
        labels = _replaced(engine, labels, _relabelled(labels, roots))
        edges = _replaced(engine, edges, _contracted(edges, roots))
        engine.drop(roots)
    engine.drop(edges)
    return labels


def _smallest_neighbours(edges: ir.Table) -> ir.Table:
    both = ibis.union(edges.select(node="low", other="high"), edges.select(node="high", other="low"))
    smallest = both.group_by("node").agg(other=both.other.min())
    return smallest.select("node", root=ibis.least(smallest.node, smallest.other))


def _followed(engine: Engine, roots: ir.Table) -> ir.Table:
    """Every pointer moved to the end of its chain, by doubling."""
    while True:
        ends = roots.view()
        longer = roots.join(ends, roots.root == ends.node).select("node", root=ends.root, moved=roots.root != ends.root)
        jumped = engine.materialise("jumped", longer)
        engine.drop(roots)
        if not _count(jumped.filter(jumped.moved)):
            return jumped
        roots = jumped


def _relabelled(labels: ir.Table, roots: ir.Table) -> ir.Table:
    """Known labels moved on to their roots, and the nodes met for the first time (only in the first round)."""
    moved = labels.left_join(roots, labels.label == roots.node)
    moved = moved.select(node=labels.node, label=ibis.coalesce(roots.root, labels.label))
    fresh = roots.anti_join(labels, roots.node == labels.node).select("node", label="root")
    return ibis.union(moved, fresh)


def _contracted(edges: ir.Table, roots: ir.Table) -> ir.Table:
    lows, highs = roots, roots.view()
    ends = edges.join(lows, edges.low == lows.node).select("high", low=lows.root)
    ends = ends.join(highs, ends.high == highs.node).select("low", high=highs.root)
    apart = ends.filter(ends.low != ends.high)
    return apart.select(low=ibis.least(apart.low, apart.high), high=ibis.greatest(apart.low, apart.high)).distinct()


def _replaced(engine: Engine, table: ir.Table, expression: ir.Table) -> ir.Table:
    made = engine.materialise(table.get_name().rsplit("_", 1)[0], expression)
    engine.drop(table)
    return made


def _count(table: ir.Table) -> int:
    return int(table.count().execute())
