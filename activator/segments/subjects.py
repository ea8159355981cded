"""The people of a run as rules see them: their standing under the names rules use, and their attributes."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.config.attributes import PLACE
from activator.config.segment_fields import TO_FIRST_ORDER
from activator.config.segments import Rule, SegmentSection
from activator.people.pipeline import People
from activator.segments.attributes import person_attributes
from activator.segments.fields import Subjects
from activator.segments.happenings import happenings
from activator.segments.limits import event_name, written_event
from activator.segments.places import with_places

# Name in rules -> column of People.standing().
STANDING = {
    "tier": "tier",
    "value": "value_minor",
    "predicted_value": "predicted_minor",
    "cost_to_serve": "cost_to_serve_minor",
    "churn_risk": "churn_risk",
    "orders": "orders",
    "days_since_last_order": "days_since_last_order",
    "days_since_first_order": "age_days",
    "interval_days": "interval_days",
    "first_order_on": "first_order_on",
    "last_order_on": "last_order_on",
    "recency_score": "r",
    "frequency_score": "f",
    "monetary_score": "m",
    "rfm_name": "rfm",
    "dropping": "dropping",
    "activity": "activity",
    "stage": "stage",
    "pattern": "pattern",
    "growth": "growth",
    "score": "score",
    "tickets": "tickets",
    "country": "country",
}


_ORDERED = tuple(written_event(name) for name in ("purchase", "order_completed", "placed_order"))


def subjects_of(people: People, segments: Sequence[SegmentSection]) -> Subjects:
    """Everybody, and what happened to them as far as the segments' rules ask for it.

    Raises:
        ConfigurationError: two mappings give an attribute different types.
        SourceError: the file of postcodes cannot be used.
    """
    engine = people.valuation.engine
    standing = people.standing()
    shown: ir.Table = standing.select("person", **STANDING)
    happened = happenings(people, wanted(segments))
    if "events" in happened and _asks_for_time_to_order(segments):
        shown = with_time_to_order(shown, happened["events"])
    table, kinds = person_attributes(engine, people.sources, people.rows)
    if table is not None:
        shown = shown.left_join(table, "person").drop("person_right")
    places = None
    if people.centroids is not None and _asks_where(segments):
        shown, places = with_places(engine, people, shown, people.centroids)
    return Subjects(
        people=engine.materialise("subjects", shown),
        happenings=happened,
        as_of=people.as_of,
        attributes=kinds,
        money_unit=people.valuation.money_unit,
        tiers=tuple(tier.tier for tier in people.tiers),
        places=places,
    )


def wanted(segments: Sequence[SegmentSection]) -> frozenset[str]:
    """The kinds of happenings some rule counts."""
    every = _every(segments)
    counted = {kind for rule in every for kind in (rule.count, rule.share, rule.of) if kind}
    events = any(rule.sequence for rule in every) or _asks_for_time_to_order(segments)
    return frozenset(counted | ({"events"} if events else set()))


def _asks_for_time_to_order(segments: Sequence[SegmentSection]) -> bool:
    """By a rule, or by an offer that quick buyers do not need."""
    offers = [section.action for section in segments if section.action is not None]
    asked = any(rule.field == TO_FIRST_ORDER for rule in _every(segments))
    return asked or any(action.discount or action.reads_as_discount for action in offers)


def _asks_where(segments: Sequence[SegmentSection]) -> bool:
    return any(rule.near is not None or rule.field in PLACE for rule in _every(segments))


def _every(segments: Sequence[SegmentSection]) -> list[Rule]:
    return [each for section in segments for _, rule in section.rules() for each in rule.every()]


def with_time_to_order(people: ir.Table, events: ir.Table) -> ir.Table:
    """Days from the first event to the first order; NULL where the order came first, or there is none of one.

    The event of an order is no visit: where tools report little else, everybody would seem to order at once.
    """
    events = events.filter(event_name(events.event).notin(_ORDERED).fill_null(True))
    first = events.group_by("person").agg(first_event_on=events["at"].min().date())
    joined = people.left_join(first, "person").drop("person_right")
    days = joined.first_order_on.delta(joined.first_event_on, unit="day")
    return joined.mutate(**{TO_FIRST_ORDER: ibis.cases((days >= 0, days))}).drop("first_event_on")
