"""From canonical relations to people in value tiers, with each platform's columns and every row accounted for.

One call, one straight line: keys -> one person per component -> value -> tier -> outcome -> columns on demand.
Each step is one relation with one blocking operator, over fixed-width columns, materialised; inputs are dropped as soon
as they are used (why: docs/reference/identifiers.md and benchmarks/people.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from activator.model.people import Consent, Entity, Outcome, SourceCount, TierSummary
from activator.people.accounting import UNREACHABLE, UNREACHABLE_SHARED, count_sources
from activator.people.consolidate import with_person, without_shared_keys
from activator.people.engine import Engine
from activator.people.members import member_columns
from activator.people.profiles import Profiles, people_of, profiles
from activator.people.rows import CanonicalSource, NumberedSource, country_codes, keyed_rows, numbered, phone_book
from activator.people.tiers import TierCut, summaries, with_tier
from activator.people.value import customers, newest_day, order_lines

__all__ = ["CanonicalSource", "People", "PeoplePolicy", "TierCut", "build_people"]


@dataclass(frozen=True)
class PeoplePolicy:
    """The project's rules about people.

    default_country: alpha-2 of phones whose row names none; as_of: orders up to this day count, None for the newest;
    currency: what values are counted in; rates: units of it for one unit of another; tiers: best first, the last
    without a share.
    """

    default_country: str | None
    as_of: date | None
    currency: str
    rates: Mapping[str, Decimal]
    tiers: tuple[TierCut, ...]


@dataclass
class People:
    """Everyone in the exports, once.

    people: person_key, tier (null outside every tier), value_minor, orders, first_order_on, last_order_on,
    consent_ad_user_data, consent_ad_personalization, country, outcome.
    responses: person_key, tier, source, source_row, answered_at, score, comment, language.
    """

    people: ir.Table
    responses: ir.Table
    counts: tuple[SourceCount, ...]
    tiers: tuple[TierSummary, ...]
    as_of: date
    _engine: Engine
    _profiles: Profiles
    _forms: dict[str, ir.Table] = field(default_factory=dict)

    def members(self, form: str) -> ir.Table:
        """person_key, tier, member_key and the form's columns of everyone who may be sent; computed once.

        That is everyone with a tier, consent granted for both purposes, and an e-mail address or phone.
        """
        if form not in self._forms:
            self._forms[form] = member_columns(self._engine, self._profiles, form, self.as_of)
        return self._forms[form]

    def status(self, form: str) -> ir.Table:  # noqa: ARG002 - every form needs an e-mail address or phone alike
        """person_key, tier and outcome of everyone: why a person is, or is not, among the members of a form."""
        return self.people.select("person_key", "tier", "outcome")


def build_people(engine: Engine, sources: Sequence[CanonicalSource], policy: PeoplePolicy) -> People:
    """Consolidate, value and tier the people of all sources.

    Raises:
        SourceError: an order's currency has no rate, or nothing says as of when people are valued.
        ConfigurationError: a rate cannot be computed exactly.
    """
    ordered = numbered(engine, sources)
    countries = country_codes(engine, ordered)
    phones = phone_book(engine, ordered, countries, policy.default_country)
    keyed = keyed_rows(engine, ordered, countries, phones)
    rows = with_person(engine, without_shared_keys(engine, keyed))
    engine.drop(keyed)
    tiered, as_of = _tiered(engine, ordered, rows, policy)
    persons = people_of(engine, rows)
    known = engine.materialise("known", _with_outcome(persons, tiered))
    counts = count_sources(ordered, rows, known)
    members = engine.materialise("chosen", known.filter(known.outcome == Outcome.MEMBER.value))
    return People(
        people=engine.materialise("people", _shown(known)),
        responses=engine.materialise("responses", _responses(ordered, rows, known)),
        counts=counts,
        tiers=summaries(tiered, policy.tiers),
        as_of=as_of,
        _engine=engine,
        _profiles=profiles(engine, ordered, rows, phones, members),
    )


def _tiered(
    engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, policy: PeoplePolicy
) -> tuple[ir.Table, date]:
    lines = order_lines(engine, sources, rows)
    as_of = policy.as_of or newest_day(lines)
    valued = customers(engine, sources, lines, as_of, policy.currency, policy.rates)
    engine.drop(lines)
    return with_tier(engine, valued, policy.tiers), as_of


def _with_outcome(persons: ir.Table, tiered: ir.Table) -> ir.Table:
    """One row per person with value, tier, outcome and reason. The first question that fails names the outcome."""
    joined = persons.left_join(tiered, "person").drop("person_right")
    user_data, personalization = joined.ad_user_data, joined.ad_personalization
    denied = (user_data == 2) | (personalization == 2)
    granted = (user_data == 1) & (personalization == 1)
    outcome = ibis.cases(
        (joined.tier.isnull(), Outcome.NOT_A_CUSTOMER.value),
        (~granted, Outcome.NO_CONSENT.value),
        (~joined.reachable, Outcome.NO_IDENTIFIER.value),
        else_=Outcome.MEMBER.value,
    )
    reason = ibis.cases(
        (joined.tier.isnull(), "no order"),
        (denied, "consent denied"),
        (~granted, "consent unknown"),
        (~joined.reachable & joined.shared, UNREACHABLE_SHARED),
        (~joined.reachable, UNREACHABLE),
        else_="",
    )
    return joined.mutate(outcome=outcome, reason=reason)


def _shown(known: ir.Table) -> ir.Table:
    return known.select(
        "tier",
        "value_minor",
        "orders",
        "first_order_on",
        "last_order_on",
        "country",
        "outcome",
        person_key=_person_key(known.person),
        consent_ad_user_data=_consent_word(known.ad_user_data),
        consent_ad_personalization=_consent_word(known.ad_personalization),
    )


def _person_key(person: ir.UUIDValue) -> ir.StringValue:
    return person.cast("string").replace("-", "")


def _consent_word(answer: ir.IntegerValue) -> ir.StringValue:
    return ibis.cases(
        (answer == 2, Consent.DENIED.value), (answer == 1, Consent.GRANTED.value), else_=Consent.UNKNOWN.value
    )


_RESPONSES = {
    "person_key": "string",
    "tier": "string",
    "source": "string",
    "source_row": "int64",
    "answered_at": "timestamp",
    "score": "int64",
    "comment": "string",
    "language": "string",
}


def _responses(sources: Sequence[NumberedSource], rows: ir.Table, known: ir.Table) -> ir.Table:
    parts = []
    for source in sources:
        if source.source.entity is Entity.RESPONSES:
            answers = source.valid.select("row_id", "source_row", "answered_at", "score", "comment", "language")
            answers = answers.mutate(source=ibis.literal(source.source.name))
            by_person = answers.join(rows.select("row_id", "person"), "row_id")
            parts.append(by_person.join(known.select("person", "tier"), "person"))
    if not parts:
        return ibis.memtable([], schema=ibis.schema(_RESPONSES))
    every = ibis.union(*parts, distinct=False)
    return every.select(person_key=_person_key(every.person), **{name: name for name in list(_RESPONSES)[1:]})
