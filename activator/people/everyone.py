"""Everything known of every person about value, in one row each: what segments, bids and exports are made of."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.rfm import DROP_DAYS, drops, recency_before, with_scores
from activator.people.rows import NumberedSource
from activator.people.standing import activity, growth, pattern, rhythm, stage
from activator.people.valuation import WORTH, Valuation

# Events that show intent to buy, whatever a tool calls them.
_INTENT = r"(?i)cart|basket|checkout|pricing|quote|demo_request|trial"
_OF_THE_PLAN = ("person", "tier", "value_minor", "orders", "first_order_on", "last_order_on", "country")
_AT = {Entity.RESPONSES: "answered_at", Entity.TICKETS: "opened_at", Entity.EVENTS: "happened_at"}


def standing_of(engine: Engine, valuation: Valuation, known: ir.Table) -> ir.Table:
    """One row per person of known (person, tier, value_minor, orders, first_order_on, last_order_on, country).

    Money is in minor units of the project's currency; NULL where nothing is known.

    person, tier, country; value_minor: net of returns; cost_to_serve_minor: so far; predicted_minor,
    predicted_low_minor, predicted_high_minor: within the horizon, by the method the back-test prefers, and as far off
    as it was there; cost_ahead_minor: what serving will cost within the horizon; worth_minor: what decided the tier;
    stayed: whether a newcomer of the same worth would be in a lesser tier;
    churn_risk: 0 to 1, that nothing is bought within the horizon; orders, first_order_on, last_order_on,
    days_since_last_order, interval_days, age_days; activity, pattern, growth, stage: see standing.py; r, f, m: 1 to 5,
    rfm: see rfm.py; r_before, dropping: the recency score DROP_DAYS earlier, and whether a good customer grows silent;
    score: the newest answer of 0 to 10; tickets: how many.
    """
    worth = [name for name in (WORTH, "stayed") if name in known.columns]
    people = known.select(*_OF_THE_PLAN, *worth)
    buyers = people.filter(people.value_minor.notnull())  # also who only has returns: named, without a recency score
    scored, _ = with_scores(engine, buyers, valuation.as_of, valuation.money_unit)
    rfm = engine.materialise(
        "rfm", scored.select("person", r="recency_score", f="frequency_score", m="monetary_score", rfm="rfm_name")
    )
    paced = rhythm(engine, valuation.days, valuation.as_of)
    joined = people
    before = recency_before(engine, valuation.days, valuation.as_of - timedelta(days=DROP_DAYS))
    for part in (rfm, before, paced, valuation.predicted, valuation.costs, _contacts(engine, valuation)):
        joined = joined.left_join(part, "person").drop("person_right")
    facts = engine.materialise("facts", _facts(joined, valuation))
    labelled = facts.mutate(
        activity=activity(facts.silent_days, facts.interval_days),
        pattern=pattern(facts),
        growth=growth(facts, valuation.policy.horizon_days),
        stage=stage(facts.orders, facts.touches, facts.intents, facts.score),
        days_since_last_order=facts.silent_days,
        dropping=drops(facts.r_before, facts.r, facts.f, facts.m),
    )
    hidden = ("silent_days", "first_half_minor", "second_half_minor", "touches", "intents", "trend_minor")
    made = engine.materialise("standing", labelled.drop(*hidden))
    for used in (rfm, paced, facts):
        engine.drop(used)
    return made


def _facts(joined: ir.Table, valuation: Valuation) -> ir.Table:
    """Absences as what they mean: no order is worth nothing, and nobody who never bought is predicted anything."""
    low, high = valuation.tried.low, valuation.tried.high
    predicted = joined.predicted_minor
    since = ibis.literal(valuation.as_of).delta(joined.last_order_on, unit="day").cast("int64")
    counts = {name: joined[name].fill_null(0) for name in ("value_minor", "orders", "tickets", "touches", "intents")}
    named = joined.mutate(
        **counts,
        predicted_low_minor=(predicted * low).round(0).cast("int64"),
        predicted_high_minor=(predicted * high).round(0).cast("int64"),
        churn_risk=joined.no_purchase,
        silent_days=since,
        cost_to_serve_minor=joined.once_minor.fill_null(0) + joined.going_minor.fill_null(0),
        cost_ahead_minor=valuation.cost_ahead(joined),
        worth_minor=joined[WORTH] if WORTH in joined.columns else joined.value_minor,
        stayed=joined.stayed.fill_null(False) if "stayed" in joined.columns else ibis.literal(False),
    )
    return named.drop("no_purchase", "once_minor", "going_minor")


def _contacts(engine: Engine, valuation: Valuation) -> ir.Table:
    """(person, tickets, touches, intents, score) of everybody who answered, asked or did anything up to the day."""
    parts = [_said(source, valuation.as_of) for source in valuation.sources if source.source.entity in _AT]
    if not parts:
        kinds = {"person": "uuid", "tickets": "int64", "touches": "int64", "intents": "int64", "score": "int64"}
        return ibis.memtable([], schema=ibis.schema(kinds))
    owned = ibis.union(*parts, distinct=False).join(valuation.persons, "row_id")
    answered = owned.score.notnull()
    grouped = owned.group_by("person").agg(
        tickets=owned.is_ticket.sum().cast("int64"),
        touches=owned.count(),
        intents=owned.is_intent.sum().cast("int64"),
        score=owned.score.argmax(ibis.cases((answered, owned.at))),
    )
    return engine.materialise("contacts", grouped)


def _said(source: NumberedSource, as_of: date) -> ir.Table:
    """What one export says of contacts; only a survey's score is an answer to whether they would recommend."""
    entity, rows = source.source.entity, source.valid
    at = rows[_AT[entity]]
    intent = rows.event.re_search(_INTENT).fill_null(False) if entity is Entity.EVENTS else ibis.literal(False)
    told = rows.select(
        "row_id",
        at=at,
        is_ticket=ibis.literal(entity is Entity.TICKETS),
        is_intent=intent,
        score=rows.score if entity is Entity.RESPONSES else ibis.null("int64"),
    )
    return told.filter(told.at.date() <= as_of)
