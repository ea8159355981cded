"""Rows that share an identifier are one person: connected components over identity keys.

Most identifiers stand in one group of rows only: an id has one e-mail address. They need no search, and are joined by
one count each. For the few that link groups, labels are computed by contraction: every key points to its smallest
neighbour, pointers are followed to their ends, and the edges are rewritten between those ends until none is left. Each
round at least halves the keys that still have edges, so the loop is short however long the chains are; it runs over
relations, never over people. A person's key is the smallest identity key of the component: the same exports give the
same keys, in any order of rows.
"""

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.rows import KEY_COLUMNS, same_throughout


def with_person(engine: Engine, rows: ir.Table) -> ir.Table:
    """Rows with `person`, NULL where a row has no identity key."""
    same = same_throughout(rows)
    present = [column for column in KEY_COLUMNS if same.get(column, "") is not None] or list(KEY_COLUMNS[:1])
    anchored = rows.mutate(anchor=ibis.coalesce(*[rows[column] for column in present]))
    links = ibis.union(
        *[
            anchored.filter(anchored[column].notnull() & (anchored[column] != anchored.anchor)).select(
                "anchor", key=column
            )
            for column in present
        ],
        distinct=False,
    )
    labels = linked(engine, engine.materialise("links", links))
    joined = anchored.left_join(labels, anchored.anchor == labels.node)
    person = ibis.coalesce(joined.label, joined.anchor)
    identified = engine.lean("identified", joined.select(*rows.columns, person=person), same)
    engine.drop(labels)
    return identified


def linked(engine: Engine, links: ir.Table) -> ir.Table:
    """(node, label) for every node of links(anchor, key); label is the smallest node it is connected with.

    Takes links over: the table is dropped.
    """
    found = links.group_by("key").agg(least=links.anchor.min(), most=links.anchor.max())
    keys = engine.materialise("keys", found)
    anchors = engine.materialise("anchors", links.select(node="anchor").distinct())
    several = keys.filter((keys.least != keys.most) | keys.key.isin(anchors.node))
    several = engine.materialise("several", several.select("key"))
    core = links.semi_join(several, "key")
    edges = core.select(low=ibis.least(core.anchor, core.key), high=ibis.greatest(core.anchor, core.key))
    roots = components(engine, engine.materialise("edges", edges.distinct()))
    engine.drop(links)
    labels = _with_lone_keys(engine, anchors, keys.anti_join(several, "key"), roots)
    for used in (keys, anchors, several, roots):
        engine.drop(used)
    return labels


def _with_lone_keys(engine: Engine, anchors: ir.Table, lone: ir.Table, roots: ir.Table) -> ir.Table:
    """Labels of all nodes. lone: keys of one anchor (least) each; roots: (node, label) of those that link anchors."""
    nodes = ibis.union(anchors.select("node", label="node").anti_join(roots, "node"), roots)
    nodes = engine.materialise("nodes", nodes)
    keys = lone.join(nodes, lone.least == nodes.node).select(node=lone.key, label=nodes.label)
    keys = engine.materialise("keys", keys)
    smaller = keys.group_by("label").agg(least=keys.node.min())
    joined = ibis.union(nodes, keys).left_join(smaller, "label")
    least = ibis.least(joined.label, ibis.coalesce(joined.least, joined.label))
    labels = engine.materialise("labels", joined.select("node", label=least))
    for used in (nodes, keys):
        engine.drop(used)
    return labels


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
    made = engine.materialise("contracted", expression)
    engine.drop(table)
    return made


def _count(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
