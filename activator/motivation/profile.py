"""Why each tier buys: its dominant motivation with the evidence for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from activator.model.plan import TierMotivation
from activator.motivation.classify import Relations, classify, votes
from activator.motivation.dominance import MINIMUM_ANSWERS, answers_wanted, dominance, motivation_of
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.quotes import choose_quotes
from activator.motivation.reader import Reader
from activator.motivation.statements import statements

QUOTES = 3
CANDIDATES = 60  # answers looked through for quotes; short or equal ones are passed over
READABLE = 90  # characters of a comment that makes a good quote


def profile(
    engine: Relations,
    responses: ir.Table,
    reader: Reader | None = None,
    minimum_answers: int = MINIMUM_ANSWERS,
    tiers: Sequence[str] = (),
) -> dict[str, TierMotivation]:
    """The motivation of every tier that answered, and of `tiers` (too_few where nobody did), by tier.

    responses: see classify. reader: default the shipped lexicon. Quotes are of the motives named, strongest first.
    """
    classified = classify(engine, responses, reader or Reader(shipped_lexicon()))
    voted = votes(engine, classified)
    counted = voted.group_by(["tier", "motive"]).agg(customers=voted.count()).to_pyarrow().to_pylist()
    counts: dict[str, dict[str, int]] = {tier: {} for tier in tiers}
    for row in counted:
        counts.setdefault(row["tier"], {})[row["motive"]] = row["customers"]
    told = statements(voted)
    spoke = _customers(classified)
    return {
        tier: replace(
            _motivation(voted, tier, counts, minimum_answers),
            statements=told.get(tier, ()),
            customers=spoke.get(tier, 0),
        )
        for tier in counts
    }


def _customers(classified: ir.Table) -> dict[str, int]:
    """Customers by tier who said anything, with a motive or not."""
    said = classified.filter(classified.person_key.notnull() & classified.tier.notnull())
    counted = said.group_by("tier").agg(customers=said.person_key.nunique()).to_pyarrow().to_pylist()
    return {row["tier"]: row["customers"] for row in counted}


def _motivation(
    voted: ir.Table, tier: str, counts: Mapping[str, Mapping[str, int]], minimum_answers: int
) -> TierMotivation:
    judged = dominance(counts[tier], minimum_answers)
    return replace(
        motivation_of(tier, judged),
        quotes=_quotes(voted, tier, judged.motivations),
        lifts=tuple((motive, _lift(counts, tier, motive)) for motive in judged.motivations),
        answers_wanted=answers_wanted(counts[tier], minimum_answers),
    )


def _lift(counts: Mapping[str, Mapping[str, int]], tier: str, motive: str) -> float:
    """How many times as often a motive is heard in a tier as among the customers of all tiers."""
    here = counts[tier][motive] / sum(counts[tier].values())
    everywhere = sum(found.get(motive, 0) for found in counts.values())
    return round(here / (everywhere / sum(sum(found.values()) for found in counts.values())), 2)


def _quotes(voted: ir.Table, tier: str, motives: tuple[str, ...]) -> tuple[str, ...]:
    """Evidence from the votes themselves: the clearest comments of a readable length, shared out over the motives."""
    quotes: list[str] = []
    for place, motive in enumerate(motives):
        mine = voted.filter((voted.tier == tier) & (voted.motive == motive))
        readable = ibis.ifelse(mine.comment.length() <= READABLE, 0, 1)
        ordered = mine.order_by(
            [readable, mine.confidence.desc(), mine.comment.length().desc(), mine.source, mine.source_row]
        )
        comments = ordered.limit(CANDIDATES).comment.to_pyarrow().to_pylist()
        share = -(-(QUOTES - len(quotes)) // (len(motives) - place))
        quotes.extend(choose_quotes(comments, share))
    return tuple(quotes)
