"""From canonical relations to people in value tiers, with each platform's columns and every row accounted for.

One call, one straight line: keys -> one person per component -> value -> tier -> outcome -> columns on demand.
What is grouped or searched is a table of fixed-width columns with one blocking operator, dropped as soon as it is used;
what a small join says of rows is a view over them (why: docs/adr/0023-compressed-tables.md and benchmarks/pipeline.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis import _

from activator.model.exports import ExportLook
from activator.model.people import Entity, Outcome, SourceCount, SuppressionCount, TierSummary
from activator.model.sharing import SHARED_CONTACTS_MAX, Sharing
from activator.model.valuing import Valuing
from activator.people.accounting import Accounts, Ending, accounts, outcome_word, person_ending
from activator.people.consent import PLATFORMS, PURPOSES, ConsentPolicy, answer_word
from activator.people.engine import Engine
from activator.people.erased import Erased
from activator.people.everyone import standing_of
from activator.people.holdout import Holdout, held_out
from activator.people.identifiers import DEFAULT_RULES, IdentifierRules
from activator.people.members import Marks, members_of
from activator.people.membership import KEYS, Members
from activator.people.persons import Persons, persons_of
from activator.people.profiles import Profiles, people_of, profiles
from activator.people.recall import Recall
from activator.people.rows import CanonicalSource, NumberedSource, country_codes, keyed_rows, numbered, phone_book
from activator.people.suppression import count_lists, marked, read_marks, said_of_people
from activator.people.tiers import Placed, TierCut, placed, summaries
from activator.people.valuation import Valuation, ValuingPolicy
from activator.people.value import customers, newest_day, purchases

__all__ = ["CanonicalSource", "People", "PeoplePolicy", "TierCut", "build_people"]


@dataclass(frozen=True)
class PeoplePolicy:
    """The project's rules about people.

    default_country: alpha-2 of phones whose row names none; as_of: orders up to this day count, None for the newest;
    currency: what values are counted in; rates: units of it for one unit of another; tiers: best first, the last
    without a share; consent: who may be sent; holdout: who is kept out of every audience to measure by, if anybody;
    shared_contacts_max: behind how many people an e-mail address or phone is still somebody's; rules: how identifiers
    are written; external_id_space: whose ids are sent to Meta in plain text, if anybody's; valuing: what worth means;
    today: without as_of, orders of later days neither count nor are the newest: a slip of the pen ages nobody.
    """

    default_country: str | None
    as_of: date | None
    currency: str
    rates: Mapping[str, Decimal]
    tiers: tuple[TierCut, ...]
    consent: ConsentPolicy = field(default_factory=ConsentPolicy)
    holdout: Holdout | None = None
    shared_contacts_max: int = SHARED_CONTACTS_MAX
    rules: IdentifierRules = DEFAULT_RULES
    external_id_space: str | None = None
    valuing: ValuingPolicy = field(default_factory=ValuingPolicy)
    today: date | None = None


@dataclass(frozen=True)
class Trace:
    """What explaining one person needs and a plan does not. keyed: rows with every identifier, also those of hubs.

    phones: their numbers, as `rows.phone_book` makes them.
    """

    sources: Sequence[NumberedSource]
    keyed: ir.Table
    persons: Persons
    phones: ir.Table


@dataclass
class People:
    """Everyone in the exports, once.

    people: person_key, tier (null outside every tier), value_minor, orders, first_order_on, last_order_on,
    consent_ad_user_data, consent_ad_personalization, country, and outcome_<platform> for each platform.
    responses: person_key, tier, source, source_row, answered_at, score, comment, language: answers and support tickets.
    rows, known: every valid row with its person, and every person with how they end on each platform, as keys.
    valuation: what customers cost and will bring, computed when asked; valuing: what the tiers go by; looks: of the
    exports and suppression lists everybody was read from, set by whoever has read them; centroids: the
    project's file of where postcodes lie, likewise.
    """

    people: ir.Table
    responses: ir.Table
    accounts: Accounts
    tiers: tuple[TierSummary, ...]
    as_of: date
    sharing: Sharing
    trace: Trace | None
    _engine: Engine
    _profiles: Profiles
    sources: Sequence[NumberedSource]
    rows: ir.Table
    known: ir.Table
    valuation: Valuation
    valuing: Valuing
    looks: tuple[ExportLook, ...] = ()
    centroids: Path | None = None
    _standing: ir.Table | None = None
    _marks: Marks | None = None
    _recall: Recall | None = None
    _forms: dict[str, Members] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[SourceCount, ...]:
        """Where every row ended, by platform where they differ."""
        return self.accounts.counts()

    @property
    def suppressions(self) -> tuple[SuppressionCount, ...]:
        """What became of the rows of each suppression list."""
        return self.accounts.suppressions

    def membership(self, form: str) -> Members:
        """Everyone who may be sent in a form, as keys, and a way to what is sent for some of them; computed once.

        That is everyone with a tier, the consent their region asks for on this platform, an e-mail address or phone,
        on no suppression list and not held out.
        """
        if form not in self._forms:
            made = members_of(self._engine, self._profiles, form, self.as_of, self._marks)
            if not self.accounts.alike:
                others = self.known.filter(self.known[f"ending_{form}"] != Ending.MEMBER.value)
                keys = made.keys.anti_join(others, made.keys.person_key == others.person)
                made = replace(made, keys=self._engine.materialise(f"keys_{form}", keys))
            self._forms[form] = made
        return self._forms[form]

    def members(self, form: str) -> ir.Table:
        """Everyone of `membership` with what is sent for them: person_key, member_key, tier, the form's columns."""
        made = self.membership(form)
        rows = made.sent(made.written(made.keys)).join(made.keys, KEYS)
        return rows.mutate(**{name: rows[name].cast("string").replace("-", "") for name in KEYS})

    def standing(self) -> ir.Table:
        """One row per person with value, prediction, risk, rhythm and labels (everyone.standing_of); computed once.

        People who are to be forgotten are in no segment and no figure made of it.
        """
        if self._standing is None:
            self._standing = standing_of(self._engine, self.valuation, self.known.filter(~self.known.erased))
        return self._standing

    def has_orders_after(self, day: date) -> bool:
        """Whether any export has orders of later days, which do not count yet."""
        orders = [source.source.table for source in self.sources if source.source.entity is Entity.ORDERS]
        later = [table.filter(table.ordered_at.date() > day).limit(1) for table in orders]
        return any(int(found.count().to_pyarrow().as_py()) for found in later)

    def remember(self) -> None:
        """Keep what was worked out about identifiers for the next run; call it when all forms have been asked for.

        Raises:
            OSError: the disk is full.
        """
        if self._recall is not None:
            self._recall.save()

    def status(self, form: str, small: Collection[str] = ()) -> ir.Table:
        """person_key, tier and outcome of everyone: why a person is, or is not, among the members of a form.

        small: tiers too small for an audience, whose members are below_minimum instead.
        """
        people, outcome = self.people, self.people[f"outcome_{form}"]
        if small:
            left_out = (outcome == Outcome.MEMBER.value) & people.tier.isin(sorted(small))
            outcome = ibis.cases((left_out, Outcome.BELOW_MINIMUM.value), else_=outcome)
        return people.select("person_key", "tier", outcome=outcome)


def build_people(
    engine: Engine,
    sources: Sequence[CanonicalSource],
    policy: PeoplePolicy,
    lists: Sequence[CanonicalSource] = (),
    *,
    traced: bool = False,
    recall: Recall | None = None,
    earlier: ir.Table | None = None,
    erased: Erased | None = None,
) -> People:
    """Consolidate, value and tier the people of all sources.

    lists: suppression lists, which make no people; traced: keep what explaining a person needs; recall: what earlier
    runs worked out, if anything is to be remembered; earlier: (person, tier) as platforms were last told, for tiers
    that let people stay; erased: whom to keep out everywhere and not to quote.

    Raises:
        SourceError: an order's currency has no rate, nothing says as of when people are valued, or a list names nobody.
        ConfigurationError: a rate cannot be computed exactly.
        AccountingError: a row was lost or counted twice.
    """
    ordered = numbered(engine, sources, policy.as_of or policy.today)
    countries = country_codes(engine, ordered)
    phones = phone_book(engine, ordered, countries, policy.default_country, recall)
    keyed = keyed_rows(engine, ordered, countries, phones)
    marks = read_marks(engine, ordered, keyed, lists, policy.default_country, phones, erased)
    persons_found = persons_of(engine, ordered, keyed, policy.shared_contacts_max)
    rows = persons_found.rows
    valuation, valued = _valued(engine, ordered, rows, policy)
    in_tiers = _in_tiers(valuation, valued, policy.tiers, earlier)
    tiered, as_of = in_tiers.customers, valuation.as_of
    everyone = people_of(engine, ordered, rows, policy.consent)
    said = said_of_people(engine, rows, marks)
    known = engine.in_passes(
        "known", everyone, "person", lambda part: _with_endings(marked(part, said), tiered, policy), joins=True
    )
    tiers = summaries(tiered, policy.tiers, policy.valuing.by)
    for used in (everyone, tiered, valued):
        engine.drop(used)
    if "country" not in known.columns:
        known = engine.view(known.mutate(country=ibis.null("string")), known)
    counted = accounts(ordered, rows, known, count_lists(marks, rows))
    counted.counts()  # refuses here what does not add up
    somewhere = ibis.or_(*[known[f"ending_{platform}"] == Ending.MEMBER.value for platform in PLATFORMS])
    members = engine.staged(known.filter(somewhere))
    chosen = profiles(
        engine, ordered, rows, phones, members, rules=policy.rules, external_id_space=policy.external_id_space
    )
    return People(
        people=engine.staged(_shown(known)),
        responses=engine.materialise("responses", _responses(ordered, rows, known)),
        accounts=counted,
        tiers=tiers,
        as_of=as_of,
        sharing=persons_found.sharing,
        trace=Trace(ordered, keyed, persons_found, phones) if traced else None,
        _engine=engine,
        sources=ordered,
        rows=rows,
        known=known,
        valuation=valuation,
        valuing=valuation.told(in_tiers.rules),
        _profiles=chosen,
        _recall=recall,
        _marks=Marks(engine, recall, chosen.marks(recall, as_of)) if recall else None,
    )


def _valued(
    engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, policy: PeoplePolicy
) -> tuple[Valuation, ir.Table]:
    """What there is to know about value, and everyone with an order with the value that decides the tier."""
    bought = purchases(sources, rows)
    as_of = policy.as_of or newest_day(bought)
    valued = customers(engine, sources, bought, as_of, policy.currency, policy.rates)
    valuation = Valuation(engine, sources, rows, as_of, policy.currency, policy.rates, policy.valuing)
    return valuation, valuation.with_worth(valued)


def _in_tiers(valuation: Valuation, valued: ir.Table, tiers: Sequence[TierCut], earlier: ir.Table | None) -> Placed:
    if any(tier.rfm for tier in tiers):
        valued = valuation.with_rfm_name(valued)
    return placed(valuation.engine, valued, tiers, valuation.policy.by, earlier)


def _with_endings(persons: ir.Table, tiered: ir.Table, policy: PeoplePolicy) -> ir.Table:
    """One row per person with value, tier and how the person ends on each platform."""
    joined = persons.left_join(tiered, "person").drop("person_right")
    drawn = joined.mutate(held_out=held_out(policy.holdout, _person_key(joined.person)))
    endings = {f"ending_{platform}": person_ending(drawn, platform, policy.consent) for platform in PLATFORMS}
    return drawn.mutate(**endings)


def _shown(known: ir.Table) -> ir.Table:
    return known.select(
        "tier",
        "value_minor",
        "orders",
        "first_order_on",
        "last_order_on",
        "country",
        person_key=_person_key(known.person),
        **{f"consent_{purpose}": answer_word(known[purpose]) for purpose in PURPOSES},
        **{f"outcome_{platform}": outcome_word(known[f"ending_{platform}"]) for platform in PLATFORMS},
    )


def _person_key(person: ir.UUIDValue) -> ir.StringValue:
    return person.cast("string").replace("-", "")


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


# What people have written, and when. A ticket without a comment speaks through its subject.
_SAID: dict[Entity, dict[str, ibis.Deferred]] = {
    Entity.RESPONSES: {"answered_at": _.answered_at, "comment": _.comment},
    Entity.TICKETS: {"answered_at": _.opened_at, "comment": ibis.coalesce(_.comment, _.subject)},
}


def _responses(sources: Sequence[NumberedSource], rows: ir.Table, known: ir.Table) -> ir.Table:
    parts = []
    for source in sources:
        said = _SAID.get(source.source.entity)
        if said:
            answers = source.valid.select("row_id", "source_row", "score", "language", **said)
            answers = answers.mutate(source=ibis.literal(source.source.name))
            by_person = answers.join(rows.select("row_id", "person"), "row_id")
            parts.append(by_person.join(known.filter(~known.erased).select("person", "tier"), "person"))
    if not parts:
        return ibis.memtable([], schema=ibis.schema(_RESPONSES))
    every = ibis.union(*parts, distinct=False)
    return every.select(person_key=_person_key(every.person), **{name: name for name in list(_RESPONSES)[1:]})
