"""Needs, pains and drivers of a tier: what its customers say, each linked to the comments that say it."""

from typing import Any

import ibis
import ibis.expr.types as ir

from activator.model.plan import Evidence, Statement
from activator.motivation.quotes import HIDDEN, WORDS_MIN, mask, shorten

RECOMMENDS = 9  # of 10: promoters, by the convention of the Net Promoter Score
COMPLAINS = 6
KINDS = ("driver", "pain", "need")
STATEMENTS_MAX = 2  # of each kind and tier
CUSTOMERS_MIN = 2  # one voice is no statement about a tier
EVIDENCE = 2
CANDIDATES = 12
READABLE = 90


def statements(voted: ir.Table) -> dict[str, tuple[Statement, ...]]:
    """By tier, from one vote per customer (see classify.votes). Only what at least CUSTOMERS_MIN customers say."""
    by_tier: dict[str, list[Statement]] = {}
    grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in _candidates(voted).to_pyarrow().to_pylist():
        grouped.setdefault((row["tier"], row["kind"], row["motive"]), []).append(row)
    for (tier, kind, motive), found in grouped.items():
        by_tier.setdefault(tier, []).append(Statement(kind, motive, found[0]["customers"], _evidence(found)))
    return {tier: _foremost(told) for tier, told in by_tier.items()}


def _candidates(voted: ir.Table) -> ir.Table:
    """The clearest comments of a readable length of each tier, kind and motive."""
    kind = ibis.cases((voted.score >= RECOMMENDS, "driver"), (voted.score <= COMPLAINS, "pain"), else_="need")
    told = voted.mutate(kind=kind, readable=ibis.ifelse(voted.comment.length() <= READABLE, 0, 1))
    alike = [told.tier, told.kind, told.motive]
    order = [told.readable, told.confidence.desc(), told.comment.length().desc(), told.source, told.source_row]
    ranked = told.mutate(
        place=ibis.row_number().over(group_by=alike, order_by=order),
        customers=told.person_key.count().over(group_by=alike),
    )
    shown = ranked.filter((ranked.place < CANDIDATES) & (ranked.customers >= CUSTOMERS_MIN))
    columns = ("tier", "kind", "motive", "customers", "source", "source_row", "comment", "place")
    return shown.select(*columns).order_by("tier", "kind", "motive", "place")


def _foremost(told: list[Statement]) -> tuple[Statement, ...]:
    ordered = sorted(told, key=lambda each: (-each.customers, each.motive))
    return tuple(each for kind in KINDS for each in [one for one in ordered if one.kind == kind][:STATEMENTS_MAX])


def _evidence(found: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    """The first different comments that say something; where none is long enough, the first as it is."""
    quotes: dict[str, str] = {}
    for row in found:
        quote = shorten(mask(row["comment"]))
        if len(quote.replace(HIDDEN, "").split()) >= WORDS_MIN:
            quotes.setdefault(quote, f"{row['source']}:{row['source_row']}")
        if len(quotes) == EVIDENCE:
            break
    if not quotes:
        quotes[shorten(mask(found[0]["comment"]))] = f"{found[0]['source']}:{found[0]['source_row']}"
    return tuple(Evidence(name, quote) for quote, name in quotes.items())
