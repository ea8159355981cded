"""Tiers by share, by amount or by RFM name: total, disjoint, and the same whatever the order of rows.

Shares are nearest-rank cuts over integers. With n customers and a cumulative share s, the cut is the value of the
customer at rank round(s * n), best first, half rounded up; everyone worth at least as much is in the tier or a better
one. Equal values are never split, so a tie at the cut makes the tier larger than its share. The last tier takes the
rest.

Every tier but the last is a boundary that may have two more limits, like a thermostat: who was below it gets above by
reaching the upper one, who was above it stays until below the lower one (docs/explanation/value-and-tiers.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

import ibis
import ibis.expr.types as ir

from activator.model.people import TierSummary
from activator.model.valuing import TierRule
from activator.people.engine import Engine

_EARLIER = "earlier_rank"
STAYS_OPEN = Fraction(9, 10)  # of people_min: a tier that was open is closed below it only, so that it does not flap


@dataclass(frozen=True)
class TierCut:
    """A tier and who enters it: by a cumulative share of customers, an amount, or RFM names; by none of them, the rest.

    enter_*: what it takes to enter from a lesser tier; stay_*: what it takes to stay; people_min: with fewer customers
    the tier is closed, see STAYS_OPEN; suppress: kept out of delivery, so nobody is moved there by closing another.
    """

    name: str
    top_share: Decimal | None = None
    enter_share: Decimal | None = None
    stay_share: Decimal | None = None
    at_least_minor: int | None = None
    enter_at_least_minor: int | None = None
    stay_at_least_minor: int | None = None
    rfm: tuple[str, ...] = ()
    stay_rfm: tuple[str, ...] = ()
    people_min: int = 0
    suppress: bool = False

    @property
    def shares(self) -> tuple[Decimal, ...]:
        """Every share it names."""
        return tuple(share for share in (self.top_share, self.enter_share, self.stay_share) if share is not None)

    @property
    def remembers(self) -> bool:
        """Whether it matters who was in which tier before."""
        amounts = (self.enter_at_least_minor, self.stay_at_least_minor)
        limits = len(self.shares) > 1 or any(amount is not None for amount in amounts) or bool(self.stay_rfm)
        return limits or self.people_min > 0


@dataclass(frozen=True)
class Placed:
    """Customers with `tier` and, where it matters who was where before, `stayed`; and what the tiers came to mean.

    stayed: whether somebody is in another tier than a newcomer of the same value would be.
    """

    customers: ir.Table
    rules: tuple[TierRule, ...]


@dataclass(frozen=True)
class _Boundary:
    """What is above it is in this tier or a better one. rank: of the tier, best first."""

    name: str
    rank: int
    people_min: int
    above: ir.BooleanValue
    newcomer: ir.BooleanValue
    rule: TierRule = field(repr=False)


def rank_of(share: Decimal, customers: int) -> int:
    """The rank of the last customer the share reaches, half rounded up; 0 when it reaches nobody."""
    return int((share * customers).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def placed(
    engine: Engine, customers: ir.Table, tiers: Sequence[TierCut], by: str, earlier: ir.Table | None = None
) -> Placed:
    """Put everybody in exactly one tier.

    Args:
        engine: where it is computed.
        customers: a table with person, `by`, and rfm_name where tiers go by it; the result is a view of it.
        tiers: best first; the last takes the rest.
        by: the column of integers that decides.
        earlier: (person, tier) as platforms were last told, of those they were told of; None where that is no matter.
    """
    known = _with_earlier(engine, customers, tiers, earlier)
    boundaries = _boundaries(engine, known, tiers, by)
    if earlier is not None:
        boundaries = _kept_open(boundaries, earlier)
    open_ones, closed = _without_small(known, boundaries, tiers)
    tier = _tier(open_ones, tiers[-1].name)
    columns: dict[str, ir.Value] = {"tier": tier}
    if _EARLIER in known.columns:
        plain = [replace(boundary, above=boundary.newcomer) for boundary in open_ones]
        columns["stayed"] = tier != _tier(plain, tiers[-1].name)
    beneath = () if known is customers else (known,)
    made = engine.view(known.mutate(**columns).drop(*({_EARLIER, "rfm_name"} & set(known.columns))), *beneath)
    rules = [replace(boundary.rule, closed=closed.get(boundary.name, "")) for boundary in boundaries]
    return Placed(made, (*rules, TierRule(tiers[-1].name)))


def _with_earlier(engine: Engine, customers: ir.Table, tiers: Sequence[TierCut], earlier: ir.Table | None) -> ir.Table:
    """Customers with the rank of the best tier they were in, where any tier lets somebody stay."""
    if earlier is None or not any(tier.remembers for tier in tiers):
        return customers
    rank = ibis.cases(*[(earlier.tier == tier.name, number) for number, tier in enumerate(tiers)])
    ranked = earlier.select("person", rank=rank).group_by("person").agg(**{_EARLIER: lambda t: t["rank"].min()})
    joined = customers.left_join(ranked, "person").drop("person_right")
    return engine.materialise("remembered", joined)


def _boundaries(engine: Engine, customers: ir.Table, tiers: Sequence[TierCut], by: str) -> list[_Boundary]:
    leading = tiers[:-1]
    shares = [share for tier in leading for share in tier.shares]
    cuts = _cut_values(engine, customers, by, shares) if shares else {}
    names: tuple[str, ...] = ()
    found = []
    for rank, tier in enumerate(leading):
        names += tier.rfm
        rule = _rule(tier, cuts)
        if tier.rfm:
            newcomer = enters = customers.rfm_name.isin(names)
            remains = customers.rfm_name.isin((*names, *tier.stay_rfm))
        else:
            newcomer = _reaches(customers[by], rule.least_minor)
            enters, remains = _reaches(customers[by], rule.enter_minor), _reaches(customers[by], rule.stay_minor)
        above = newcomer
        if tier.remembers and _EARLIER in customers.columns:
            was = customers[_EARLIER]
            above = ibis.cases((was.isnull(), newcomer), (was <= rank, remains), else_=enters)
        found.append(_Boundary(tier.name, rank, tier.people_min, above, newcomer, rule))
    return found


def _rule(tier: TierCut, cuts: Mapping[Decimal, int | None]) -> TierRule:
    """The tier's limits as amounts; a limit that is not given is the tier's own."""
    if tier.top_share is None:
        least, enter, stay = tier.at_least_minor, tier.enter_at_least_minor, tier.stay_at_least_minor
        enter, stay = least if enter is None else enter, least if stay is None else stay
    else:
        least = cuts[tier.top_share]
        enter = cuts[tier.enter_share or tier.top_share]
        stay = cuts[tier.stay_share or tier.top_share]
    return TierRule(tier.name, least, enter, stay, tier.rfm, tier.stay_rfm)


def _reaches(value: ir.IntegerValue, least: int | None) -> ir.BooleanValue:
    return ibis.literal(False) if least is None else value >= least


def _cut_values(engine: Engine, customers: ir.Table, by: str, shares: Sequence[Decimal]) -> dict[Decimal, int | None]:
    """The least value each share reaches; None where it reaches nobody."""
    histogram = customers.group_by(by).agg(people=lambda t: t.count())
    best_first = ibis.window(order_by=ibis.desc(by), rows=(None, 0))
    ranked = engine.materialise("histogram", histogram.mutate(reached=histogram.people.sum().over(best_first)))
    total = int(customers.count().to_pyarrow().as_py())
    ranks = {share: rank_of(share, total) for share in dict.fromkeys(shares)}
    least = {f"cut_{rank}": ranked[by].max(where=ranked.reached >= rank) for rank in set(ranks.values())}
    found = ranked.agg(**least).to_pyarrow().to_pylist()[0]
    engine.drop(ranked)
    return {share: int(found[f"cut_{rank}"]) if rank else None for share, rank in ranks.items()}


def _tier(boundaries: Sequence[_Boundary], rest: str) -> ir.StringValue:
    if not boundaries:
        return ibis.literal(rest)
    branches = [(boundary.above, ibis.literal(boundary.name)) for boundary in boundaries]
    return ibis.cases(*branches, else_=ibis.literal(rest))


def _kept_open(boundaries: list[_Boundary], earlier: ir.Table) -> list[_Boundary]:
    """Boundaries with the lower minimum for tiers that anybody was in."""
    if not any(boundary.people_min for boundary in boundaries):
        return boundaries
    were = set(earlier.select("tier").distinct().to_pyarrow()["tier"].to_pylist())
    return [
        replace(boundary, people_min=ceil(boundary.people_min * STAYS_OPEN)) if boundary.name in were else boundary
        for boundary in boundaries
    ]


def _without_small(
    customers: ir.Table, boundaries: list[_Boundary], tiers: Sequence[TierCut]
) -> tuple[list[_Boundary], dict[str, str]]:
    """The boundaries that are left when tiers with too few people are closed, and where the people of each go."""
    left, closed = list(boundaries), dict[str, str]()
    suppressed = {tier.name for tier in tiers if tier.suppress}
    while any(boundary.people_min for boundary in left):
        counted = customers.select(tier=_tier(left, tiers[-1].name)).group_by("tier").agg(n=lambda t: t.count())
        people = {row["tier"]: row["n"] for row in counted.to_pyarrow().to_pylist()}
        at = next((n for n, b in enumerate(left) if 0 < people.get(b.name, 0) < b.people_min), None)
        if at is None:
            break
        below = left[at + 1].name if at + 1 < len(left) else tiers[-1].name
        small = left[at]
        if below not in suppressed:
            closed[small.name] = below
            del left[at]
        elif at > 0:  # nobody is taken out of advertising because others are few
            closed[small.name] = left[at - 1].name
            left[at - 1 : at + 1] = [replace(small, name=left[at - 1].name, people_min=left[at - 1].people_min)]
        else:
            left[at] = replace(small, people_min=0)
    return left, closed


def summaries(customers: ir.Table, tiers: Sequence[TierCut], by: str = "value_minor") -> tuple[TierSummary, ...]:
    """One summary per tier, best first, also for a tier nobody is in. by: the column that decided."""
    stayed = customers.stayed if "stayed" in customers.columns else ibis.literal(False)
    grouped = (
        customers.mutate(stayed=stayed)
        .group_by("tier")
        .agg(
            people=lambda t: t.count(),
            total=lambda t: t[by].sum().cast("decimal(38, 0)"),
            least=lambda t: t[by].min(),
            most=lambda t: t[by].max(),
            stayed=lambda t: t.stayed.sum(),
        )
    )
    found = {row["tier"]: row for row in grouped.to_pyarrow().to_pylist()}
    nobody = dict.fromkeys(("people", "total", "least", "most", "stayed"), 0)
    rows = [(tier.name, found.get(tier.name, nobody)) for tier in tiers]
    return tuple(
        TierSummary(
            name, int(row["people"]), int(row["total"]), int(row["least"]), int(row["most"]), int(row["stayed"] or 0)
        )
        for name, row in rows
    )
