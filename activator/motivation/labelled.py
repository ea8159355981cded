"""Why tiers buy, where the exports say it of each customer: a need, or the competitor they came from.

A value counts as the customer's vote, and one dominates a tier by the rule words are judged by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis.expr.types as ir

from activator.model.plan import TierMotivation
from activator.motivation.dominance import dominance, motivation_of


def labelled(labels: ir.Table, attribute: str, tiers: Sequence[str]) -> dict[str, TierMotivation]:
    """One entry per tier, named ATTRIBUTE_VALUE: `need_a`, `competitor_acme`. No tier's is more than its customers say.

    labels: (tier, value), one row per customer; case, blanks and signs of values do not count.
    """
    words = labels.value.lower().re_replace(r"[^\p{L}\p{N}]+", " ").strip()
    filled = labels.select("tier", slug=words.replace(" ", "_")).filter(lambda rows: rows.slug != "")
    named = filled.select("tier", motive=f"{attribute}_" + filled.slug)
    counted = named.group_by("tier", "motive").agg(customers=named.count()).order_by("tier", "motive")
    counts: dict[str, dict[str, int]] = {tier: {} for tier in tiers}
    for row in counted.to_pyarrow().to_pylist():
        counts.setdefault(row["tier"], {})[row["motive"]] = row["customers"]
    return {tier: _motivation(tier, counts, attribute) for tier in counts}


def _motivation(tier: str, counts: Mapping[str, Mapping[str, int]], attribute: str) -> TierMotivation:
    judged = dominance(counts[tier])
    return replace(motivation_of(tier, judged), customers=judged.answers, attribute=attribute)
