"""What each tier is bid and given, and what tests have said of its copy: what the next plan's bids go by."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select

from activator.ledger.schema import tier_terms, verdicts
from activator.model.bidding import AppliedTerms, TierTerms, TierVerdict
from activator.ports import Clock


def applied(connection: Connection) -> tuple[AppliedTerms, ...]:
    """The terms in place, of every destination."""
    rows = connection.execute(select(tier_terms).order_by(tier_terms.c.destination, tier_terms.c.tier))
    return tuple(
        AppliedTerms(
            destination=row.destination,
            tier=row.tier,
            multiplier_bp=row.multiplier_bp,
            base_share_ppm=row.base_share_ppm,
            daily_budget_minor=row.daily_budget_minor,
            changed_at=row.changed_at,
            since=row.since,
            texts=row.texts,
        )
        for row in rows
    )


def record(connection: Connection, clock: Clock, plan_id: str, terms: Iterable[TierTerms]) -> None:
    """These terms are in place now. Repeating it for the same plan changes nothing but the plan's name."""
    now = clock.now()
    before = {(row.destination, row.tier): row for row in applied(connection)}
    for made in terms:
        known = before.get((made.destination, made.tier))
        stands = known is not None and known.multiplier_bp == made.multiplier_bp
        begun = known is not None and known.multiplier_bp is not None
        of_tier = (tier_terms.c.destination == made.destination) & (tier_terms.c.tier == made.tier)
        connection.execute(delete(tier_terms).where(of_tier))
        connection.execute(
            insert(tier_terms).values(
                destination=made.destination,
                tier=made.tier,
                plan_id=plan_id,
                multiplier_bp=made.multiplier_bp,
                base_share_ppm=made.base_share_ppm,
                daily_budget_minor=made.daily_budget_minor,
                changed_at=known.changed_at if known and stands else now,
                since=known.since if known and begun else now,
                texts=made.texts,
            )
        )


def record_verdict(connection: Connection, actor: str, said: TierVerdict) -> None:
    """One more word on a tier's copy; the newest counts."""
    connection.execute(
        insert(verdicts).values(
            tier=said.tier,
            outcome=said.outcome,
            recorded_at=said.recorded_at,
            actor=actor,
            detail=said.detail,
            texts=json.dumps(dict(said.texts), sort_keys=True),
        )
    )


def verdicts_recorded(connection: Connection) -> int:
    """How many verdicts there are: a plan made before the last one is stale."""
    return int(connection.execute(select(func.count()).select_from(verdicts)).scalar_one())


def newest_verdicts(connection: Connection) -> tuple[TierVerdict, ...]:
    """The newest word on each tier anything was recorded of."""
    newest = select(func.max(verdicts.c.sequence)).group_by(verdicts.c.tier)
    rows = connection.execute(select(verdicts).where(verdicts.c.sequence.in_(newest)).order_by(verdicts.c.tier))
    return tuple(TierVerdict(row.tier, row.outcome, row.recorded_at, row.detail, json.loads(row.texts)) for row in rows)
