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
