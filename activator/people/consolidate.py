"""Rows that share an identifier are one person: connected components over identity keys.

Every row is known by the smallest of its keys, its anchor. Most of the other keys lead to one anchor only: an id has
one e-mail address. They need no search, and the anchor is the person. For the few that link anchors, labels are
computed by contraction: every key points to its smallest neighbour, pointers are followed to their ends, and the edges
are rewritten between those ends until none is left. Each round at least halves the keys that still have edges, so the
loop is short however long the chains are; it runs over relations, never over people. A person's key is the smallest
identity key of the component: the same exports give the same keys, in any order of rows.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine, rows_in
from activator.people.rows import ADDRESS_KEYS, KEY_COLUMNS, filled


def repeated_keys(engine: Engine, rows: ir.Table) -> ir.Table:
    """(key) of every e-mail address and phone that stands in several rows: the only ones that can say more than one."""
    carried = [rows.select(key=column) for column in filled(rows, ADDRESS_KEYS) or ADDRESS_KEYS[:1]]
    every = ibis.union(*carried, distinct=False) if len(carried) > 1 else carried[0]
    counted = every.filter(every.key.notnull()).group_by("key").agg(rows=lambda t: t.count())
    return engine.materialise("repeated", counted.filter(counted.rows > 1).select("key"))


def with_person(engine: Engine, rows: ir.Table, repeated: ir.Table) -> ir.Table:
    """Rows with `person`, NULL where a row has no identity key. repeated: at least those of `repeated_keys`."""
    present = filled(rows, KEY_COLUMNS) or list(KEY_COLUMNS[:1])
    anchor = ibis.least(*[rows[column] for column in present]) if len(present) > 1 else rows[present[0]]
    anchored = engine.staged(rows, anchor=anchor)
    roots = _roots(engine, anchored, present, repeated)
    joined = anchored.left_join(roots, anchored.anchor == roots.node)
    person = ibis.coalesce(joined.label, joined.anchor)
    return engine.view(joined.select(*rows.columns, person=person), roots)


def _roots(engine: Engine, rows: ir.Table, columns: Sequence[str], repeated: ir.Table) -> ir.Table:
    """(node, label) for every anchor that is linked with others, and the keys that link them.

    A key links anchors where rows lead to it from different ones, or where it is an anchor itself; which only happens
    in rows without an `id_key`, since that is smaller than any other and stands alone in its column.
    """
    leading = [
        rows.filter(rows[column] != rows.anchor).select("anchor", key=column)
        for column in columns
        if column != "id_key"
    ]
    if not leading:
        return components(engine, engine.materialise("edges", rows.select(low="anchor", high="anchor").limit(0)))
    every = ibis.union(*leading, distinct=False) if len(leading) > 1 else leading[0]
    links = engine.materialise("links", every.semi_join(repeated, "key"))
    loose = rows.filter(rows.id_key.isnull()).semi_join(repeated, rows.anchor == repeated.key)
    told = links.group_by("key").agg(least=links.anchor.min(), most=links.anchor.max())
    linking = told.filter((told.least != told.most) | told.key.isin(loose.anchor))
    found = links.semi_join(linking, "key")
    edges = engine.materialise("edges", found.select(low="anchor", high="key").distinct())
    engine.drop(links)
    return components(engine, edges)


def components(engine: Engine, edges: ir.Table) -> ir.Table:
    """(node, label) for every node of edges(low, high); label is the smallest node it is connected with.

    Takes edges over: the table is dropped.
    """
    labels = engine.materialise("labels", edges.select(node="low", label="low").limit(0))
    while rows_in(edges):
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
        if not rows_in(jumped.filter(jumped.moved)):
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
    made = engine.materialise("contracted", expression)
    engine.drop(table)
    return made
