"""What is known about each member, gathered once for every identifier form.

For every attribute one row of the person is chosen first, by fixed-width ids, and only those rows are read: names come
from one row, a place comes from one row. Mostly that is one row for all of them, which is read once. Text stays text
here, since it is short where digests are long; it lives in the engine's private scratch, like the exports it comes
from, and is gone with it.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from activator.people.choices import Chosen, among, chosen, telling
from activator.people.consent import ConsentPolicy, row_facts, strict, strictest
from activator.people.engine import Engine, rows_in
from activator.people.identifiers import DEFAULT_RULES, IdentifierRules, iso2, normalised
from activator.people.identifiers.email import address
from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.text import clean
from activator.people.plain_ids import devices, external_ids
from activator.people.recall import Recall
from activator.people.rows import ADDRESS_KEYS, EMAIL_COLUMNS, NumberedSource, source_code, text_of

# What may be known of a member: an address, a phone and ids as they are sent, all else as exported.
_TEXTS = (
    "plain", "e164", "external_id", "device", "first_name", "last_name", "city", "state", "postal_code", "country",
    "gender", "birth_date",
)  # fmt: skip


def people_of(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, consent: ConsentPolicy) -> ir.Table:
    """One row per person: first row, strictest answers, country, whether its rule is strict, and what is `telling`."""
    someone = rows.filter(rows.person.notnull())
    return engine.in_passes("persons", someone, "person", lambda part: _added_up(sources, part, consent))


def _added_up(sources: Sequence[NumberedSource], rows: ir.Table, consent: ConsentPolicy) -> ir.Table:
    facts = row_facts(rows) | {
        "reachable": ibis.or_(*[rows[key].notnull() for key in ADDRESS_KEYS]),
        "shared": rows.shared,
    }
    said = telling(sources, rows)
    if any(source.has("country") for source in sources):
        said["country"] = rows.country.argmin(ibis.cases((rows.country.notnull(), rows.standing)))
    grouped = rows.group_by("person").agg(first_row=rows.row_id.min(), **said, facts=_as_bits(facts).bit_or())
    told = {name: (grouped.facts & (1 << place)) != 0 for place, name in enumerate(facts)}
    return grouped.mutate(
        **strictest(told), strict=strict(told, consent), reachable=told["reachable"], shared=told["shared"]
    ).drop("facts")


def _as_bits(facts: Mapping[str, ir.BooleanValue]) -> ir.IntegerValue:
    """Facts of a row in one number: an engine's state of each is as large as that of all together."""
    bits = [ibis.cases((fact, 1 << place), else_=0).cast("int32") for place, fact in enumerate(facts.values())]
    return cast("ir.IntegerValue", functools.reduce(operator.or_, bits))


@dataclass(frozen=True)
class Texts:
    """What is known about some members.

    people: one row each: person, tier, plain (first address), e164 (first phone), external_id and device as they are
    sent, and every text of CHOICES, country as a code; there: the columns of it that may hold something; addresses:
    (person, rank, plain) and numbers: (person, rank, e164) after the first ones, None where nobody has more.
    """

    people: ir.Table
    there: frozenset[str]
    addresses: ir.Table | None
    numbers: ir.Table | None

    def of(self, wanted: ir.Table | None) -> "Texts":
        """The same of those named in wanted (person), None for all."""
        if wanted is None:
            return self
        more = [among(wanted, rows) for rows in (self.addresses, self.numbers)]
        return Texts(self.people.semi_join(wanted, "person"), self.there, *more)


@dataclass(frozen=True)
class Profiles:
    """The members of one run, by fixed-width ids; text is read for those it is asked for.

    phones: `rows.phone_book`; plain_ids: (person, plain_id) by what they are, external_id or device.
    """

    engine: Engine
    sources: Sequence[NumberedSource]
    chosen: Chosen
    phones: ir.Table
    plain_ids: Mapping[str, ir.Table]
    rules: IdentifierRules
    _gathered: list[tuple[bool, Texts]] = field(default_factory=list)

    def texts(self, wanted: ir.Table | None = None) -> Texts:
        """What is known about the members named in wanted (person), None for all. Gathered once for both forms."""
        for everyone, known in self._gathered:
            if everyone or (wanted is not None and not rows_in(wanted.anti_join(known.people, "person"))):
                return known.of(wanted)
        self._gathered.append((wanted is None, self._gather(wanted)))
        return self._gathered[-1][1]

    def _gather(self, wanted: ir.Table | None) -> Texts:
        chosen = self.chosen.of(wanted)
        people, used = self._read(chosen)
        addresses = numbers = None
        if "email" in people.columns:
            people = people.mutate(plain=address(people.email)).drop("email")
            addresses = self._more_addresses(chosen.emails)
        if "country" in people.columns:
            people = people.mutate(country=iso2(clean(people.country)).coalesce(digest_of(people.country)))
        if "number_key" in people.columns:
            spelt = self._spelt(chosen)
            people = people.left_join(spelt, people.number_key == spelt.key).drop("key", "number_key")
            numbers = self._more_numbers(chosen.numbers, spelt)
            used.append(spelt)
        there = frozenset(people.columns)
        lacking = dict.fromkeys(name for name in _TEXTS if name not in there)
        people = people.mutate(**dict.fromkeys(lacking, ibis.null("string")))
        profiles = self.engine.lean("profiles", people, lacking)
        for table in used:
            self.engine.drop(table)
        return Texts(profiles, there, addresses, numbers)

    def marks(self, recall: Recall, as_of: date) -> ir.Table:
        """(person, tier, mark): everything a member's identifiers are made of, as one mark. No text is kept."""
        people, used = self._read(self.chosen)
        if "birth_date" in people.columns:  # a day in the future is not sent, so it is not known yet
            born = people.birth_date
            people = people.mutate(birth_date=ibis.cases((born.cast("date") <= as_of, born)))
        more = self._more_marks(recall)
        if more is not None:
            people = people.left_join(more, "person").drop("person_right")
        names = ("email", "number_key", *_TEXTS, "more")
        texts = [people[name].cast("string") if name in people.columns else ibis.null("string") for name in names]
        marks = self.engine.materialise("marks", people.select("person", "tier", mark=recall.mark("member", *texts)))
        for table in used:
            self.engine.drop(table)
        return marks

    def _more_marks(self, recall: Recall) -> ir.Table | None:
        """(person, more): addresses and phones after the first ones, as one mark; None where nobody has more."""
        parts, emails, numbers = [], self.chosen.emails, self.chosen.numbers
        if emails is not None:
            texts = self._texts(emails, ("email",))
            parts.append(texts.select("person", mark=recall.mark("email", texts["rank"].cast("string"), texts.email)))
        if numbers is not None:
            rank, key = numbers["rank"].cast("string"), numbers.key.cast("string")
            parts.append(numbers.select("person", mark=recall.mark("phone", rank, key)))
        if not parts:
            return None
        every = ibis.union(*parts) if len(parts) > 1 else parts[0]
        return every.group_by("person").agg(more=recall.together(every.mark).cast("string"))

    def _read(self, chosen: Chosen) -> tuple[ir.Table, list[ir.Table]]:
        """(people, tables to drop when they have been computed).

        people: person, tier, external_id, device, and as far as an export has any, number_key, and email and the
        columns of CHOICES as exported.
        """
        names = [name for columns in chosen.choices.values() for name in columns]
        alone, used = chosen.single, list[ir.Table]()
        if chosen.several is not None:
            alike = chosen.several.filter(chosen.several.alike)
            alone = ibis.union(alone, alike.select(*alone.columns))
        people = self._texts(alone, names)
        if chosen.several is not None:
            people, used = self._with_others(people, chosen.several.filter(~chosen.several.alike), chosen.choices)
        for name, ids in self.plain_ids.items():
            people = people.left_join(ids.select("person", **{name: "plain_id"}), "person").drop("person_right")
        return self.engine.staged(people), used

    def _with_others(
        self, people: ir.Table, others: ir.Table, choices: Mapping[str, Sequence[str]]
    ) -> tuple[ir.Table, list[ir.Table]]:
        """People and those of whom several rows are read, by choice; and the tables they lie in."""
        used = list[ir.Table]()
        if not rows_in(others):
            return people, used
        told = others.select(*[name for name in ("person", "tier", "number_key") if name in others.columns])
        for choice, names in choices.items():
            pointed = others.filter(others[choice].notnull())
            pointed = pointed.select("person", *["email_slot"] * ("email" in names), row_id=choice)
            used.append(self.engine.materialise(choice, self._texts(pointed, names)))
            told = told.left_join(used[-1], "person").drop("person_right")
        return ibis.union(people, told.select(*people.columns)), used

    def _texts(self, rows: ir.Table, names: Sequence[str]) -> ir.Table:
        """Rows with the named columns, as exported, of the row that row_id names; `email` is that of email_slot."""
        kept = [name for name in rows.columns if name not in ("row_id", "email_slot")]
        columns = {*names, *EMAIL_COLUMNS} if "email" in names else {*names}
        rows, parts = self.engine.staged(rows), []  # by name: what a statement says once and uses twice is kept whole
        for source in self.sources:
            here, valid = rows.filter(source_code(rows.row_id) == source.code), source.valid
            read = {name: text_of(valid, name) for name in sorted(columns) if source.has(name)}
            if read:
                here = here.join(valid.select("row_id", **read), "row_id")
            found = {name: here[name] if name in read else ibis.null("string") for name in names}
            slots = [(here.email_slot == slot, here[name]) for slot, name in enumerate(EMAIL_COLUMNS) if name in read]
            if slots:
                found["email"] = ibis.cases(*slots)
            parts.append(here.select(*kept, **found))
        return self.engine.staged(ibis.union(*parts) if len(parts) > 1 else parts[0])

    def _more_addresses(self, emails: ir.Table | None) -> ir.Table | None:
        """(person, rank, plain) after the first ones."""
        if emails is None:
            return None
        texts = self._texts(emails, ("email",))
        return self.engine.materialise("addresses", texts.select("person", "rank", plain=address(texts.email)))

    def _more_numbers(self, numbers: ir.Table | None, spelt: ir.Table) -> ir.Table | None:
        """(person, rank, e164) after the first ones."""
        if numbers is None:
            return None
        return self.engine.materialise("numbers", numbers.join(spelt, "key").select("person", "rank", "e164"))

    def _spelt(self, chosen: Chosen) -> ir.Table:
        """(key, e164) of phones, those of the chosen among them. A recalled one is parsed, since it is to be sent."""
        told, recalled = self.phones.filter(self.phones.e164.notnull()), self.phones.filter(self.phones.e164.isnull())
        spelt = self.engine.materialise("spelt", told.group_by(key="phone_key").agg(e164=told.e164.max()))
        mine = recalled.semi_join(chosen.number_keys, recalled.phone_key == chosen.number_keys.key)
        mine = mine.anti_join(spelt, mine.phone_key == spelt.key).group_by(key="phone_key")
        found = mine.agg(phone=lambda t: t.phone.min(), country=lambda t: t.country.argmin(t.phone))
        found = self.engine.materialise("recalled", found)
        if not rows_in(found):  # the rules are long, and to plan them for nobody costs as much
            return spelt
        parsed = found.select("key", e164=normalised("google", "phone", found.phone, found.country))
        return self.engine.stacked([spelt, self.engine.materialise("parsed", parsed)])


def profiles(
    engine: Engine,
    sources: Sequence[NumberedSource],
    rows: ir.Table,
    phones: ir.Table,
    members: ir.Table,
    rules: IdentifierRules = DEFAULT_RULES,
    external_id_space: str | None = None,
) -> Profiles:
    """Choose the e-mail addresses, phones and ids of every member. external_id_space: whose ids are sent, if any's."""
    mine = rows.semi_join(members, "person")
    plain_ids = {
        "external_id": external_ids(engine, sources, mine, external_id_space),
        "device": devices(engine, sources, mine),
    }
    known_ids = {name: ids for name, ids in plain_ids.items() if ids is not None}
    return Profiles(engine, sources, chosen(engine, sources, rows, members), phones, known_ids, rules)
