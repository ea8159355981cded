"""What rules count: happenings per person, as relations (person, measure)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.documents import KeyPath
from activator.config.segments import RowTest, Rule
from activator.segments.fields import Kind, Subjects
from activator.segments.limits import RuleError, event_name, unknown, within, written_event

NUMERIC = (Kind.NUMBER, Kind.MONEY)


def measured(rule: Rule, subjects: Subjects, path: KeyPath) -> ir.Table:
    """How many, how much or how often in sequence, of everyone it happened to at all.

    Raises:
        RuleError: a happening the project does not read, or a field it does not have.
    """
    if rule.sequence is not None:
        return _sequences(rule, subjects, path)
    happening = rule.count or rule.share or rule.of or ""
    rows = _rows(subjects, happening, (*path, "count" if rule.count else "share" if rule.share else "of"))
    known = subjects.happening_fields(happening)
    if rule.sum and known.get(rule.sum) not in NUMERIC:
        numbers = [name for name, kind in known.items() if kind in NUMERIC]
        raise unknown((*path, "sum"), f"number of {happening}", rule.sum, numbers)
    if rule.within_days is not None:
        rows = rows.filter(rows["at"].date() >= subjects.as_of - timedelta(days=rule.within_days))
    passing = _passing(rows, rule.where, happening, subjects, (*path, "where"))
    if rule.share:
        among = _passing(rows, rule.among, happening, subjects, (*path, "among"))
        counts = {"passed": passing, "asked": among}
        found = rows.group_by("person").agg(**{name: test.sum().cast("int64") for name, test in counts.items()})
        return found.filter(found.asked > 0).select("person", measure=found.passed / found.asked)
    rows = rows.filter(passing)
    if rule.sum:
        is_money = known[rule.sum] is Kind.MONEY
        return rows.group_by("person").agg(measure=rows[rule.sum].sum().cast("int64" if is_money else "float64"))
    if happening == "orders":  # an order may take several rows, and one that was returned altogether is none
        kept = rows.filter(rows.order_amount > 0)
        return kept.group_by("person").agg(measure=kept["order"].nunique())
    return rows.group_by("person").agg(measure=rows.count())


def _passing(
    rows: ir.Table, tests: Sequence[RowTest], happening: str, subjects: Subjects, path: KeyPath
) -> ir.BooleanValue:
    """Whether a row passes all tests; never NULL."""
    known = subjects.happening_fields(happening)
    passed: ir.BooleanValue = ibis.literal(True)
    for position, test in enumerate(tests):
        at = (*path, position)
        if test.field not in known:
            raise unknown((*at, "field"), f"field of {happening}", test.field, known)
        passed = passed & within(test, rows[test.field], known[test.field], subjects.money_unit, at)
    return passed.fill_null(False)


def measured_kind(rule: Rule, subjects: Subjects) -> Kind:
    """What a measure is compared with."""
    return subjects.happening_fields(rule.of)[rule.sum] if rule.sum and rule.of else Kind.NUMBER


def _rows(subjects: Subjects, happening: str, path: KeyPath) -> ir.Table:
    """Everything of a kind up to the end of the day of valuation."""
    rows = subjects.happenings.get(happening)
    if rows is None:
        raise RuleError(path, f"the project reads no {happening}", f"Add an export of {happening} to `sources`.")
    tomorrow = datetime.combine(subjects.as_of + timedelta(days=1), datetime.min.time())
    return rows.filter(rows["at"] < ibis.literal(tomorrow))


def _sequences(rule: Rule, subjects: Subjects, path: KeyPath) -> ir.Table:
    """How often the events came in order: starts whose earliest followers were all in time."""
    wanted: Any = rule.sequence
    events = _rows(subjects, "events", (*path, "sequence"))
    named = events.select("person", "at", event=event_name(events.event))
    first = named.filter(named.event == written_event(wanted.events[0]))
    reached = first.select("person", started="at", last="at").distinct()
    for event in wanted.events[1:]:
        later = named.filter(named.event == written_event(event)).select("person", follows="at")
        pairs = reached.join(later, "person")
        followed = pairs.filter(pairs.follows > pairs["last"])
        reached = followed.group_by("person", "started").agg(last=followed.follows.min())
    if wanted.within_days is not None:
        span = ibis.interval(days=wanted.within_days)
        reached = reached.filter(reached["last"] <= reached.started + span)
    return reached.group_by("person").agg(measure=lambda t: t.count())
