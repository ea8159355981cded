"""What is known about each member, gathered once for every identifier form.

For every attribute one row of the person is chosen first, by fixed-width ids, and only those rows are read: names come
from one row, a place comes from one row. Text stays text here, since it is short where digests are long; it lives in
the engine's private scratch, like the exports it comes from, and is gone with it.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from activator.people.consent import ConsentPolicy, row_facts, strict, strictest
from activator.people.engine import Engine
from activator.people.identifiers import DEFAULT_RULES, IdentifierRules, iso2, normalised
from activator.people.identifiers.email import address
from activator.people.identifiers.hashing import digest_of
from activator.people.identifiers.text import clean
from activator.people.plain_ids import devices, external_ids
from activator.people.recall import Recall
from activator.people.rows import ADDRESS_KEYS, EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, source_code, text_of

# Google takes ten identifiers a member (Data Manager API limits, 2026-11): one is the address, the others these.
EMAILS_MAX = 5
PHONES_MAX = 4
# The column of `members` that points to the chosen row -> what is read there.
CHOICES = {
    "name_row": ("first_name", "last_name"),
    "place_row": ("city", "state", "postal_code", "country"),
    "gender_row": ("gender",),
    "birth_row": ("birth_date",),
}
# Row id and column of an identifier in one number, taken apart by bits: the engine divides as floating point, which row
# ids of all but contacts are too large for.
_SLOT_BITS = 3
_SLOTS = 1 << _SLOT_BITS
_FEWER = 1 << 60  # added to a row's standing for every part it lacks: rows that know more come first


def choices_of(sources: Sequence[NumberedSource]) -> dict[str, tuple[str, ...]]:
    """CHOICES, as far as an export has any of the columns."""
    return {
        choice: columns
        for choice, columns in CHOICES.items()
        if any(source.has(column) for source in sources for column in columns)
    }


def people_of(engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, consent: ConsentPolicy) -> ir.Table:
    """One row per person: first row, which rows know what, strictest answers, country, whether its rule is strict."""
    someone = rows.filter(rows.person.notnull())
    persons = engine.grouped("persons", someone, ["person"], lambda part: _added_up(sources, part, consent))
    if "country" in persons.columns:
        return persons
    return engine.view(persons.mutate(country=ibis.null("string")), persons)


def _added_up(sources: Sequence[NumberedSource], rows: ir.Table, consent: ConsentPolicy) -> ir.Table:
    facts = row_facts(rows) | {
        "reachable": ibis.or_(*[rows[key].notnull() for key in ADDRESS_KEYS]),
        "shared": rows.shared,
    }
    standings = {
        "name_row": _standing(rows, rows.name_parts, 2),
        "place_row": _standing(rows, rows.place_parts, 4),
        "birth_row": ibis.cases((rows.has_birth_date, rows.standing)),
        "gender_row": ibis.cases((rows.has_gender, rows.standing)),
    }
    chosen = {choice: rows.row_id.argmin(standings[choice]) for choice in choices_of(sources)}
    if any(source.has("country") for source in sources):
        chosen["country"] = rows.country.argmin(ibis.cases((rows.country.notnull(), rows.standing)))
    grouped = rows.group_by("person").agg(first_row=rows.row_id.min(), **chosen, facts=_as_bits(facts).bit_or())
    told = {name: (grouped.facts & (1 << place)) != 0 for place, name in enumerate(facts)}
    return grouped.mutate(
        **strictest(told), strict=strict(told, consent), reachable=told["reachable"], shared=told["shared"]
    ).drop("facts")


def _as_bits(facts: Mapping[str, ir.BooleanValue]) -> ir.IntegerValue:
    """Facts of a row in one number: an engine's state of each is as large as that of all together."""
    bits = [ibis.cases((fact, 1 << place), else_=0).cast("int32") for place, fact in enumerate(facts.values())]
    return cast("ir.IntegerValue", functools.reduce(operator.or_, bits))


def _standing(rows: ir.Table, parts: ir.IntegerValue, parts_max: int) -> ir.IntegerValue:
    lacking = (ibis.literal(parts_max) - parts).cast("int64") * _FEWER
    return ibis.cases((parts > 0, rows.standing + lacking))


@dataclass(frozen=True)
class Texts:
    """What is known about some members.

    people: one row each: person, plain (first address), e164 (first phone), external_id and device as they are sent,
    and every text of CHOICES, country as a code; there: the columns of it that some export has; addresses: (person,
    rank, plain); numbers: (person, rank, e164); best first from rank 0.
    """

    people: ir.Table
    there: frozenset[str]
    addresses: ir.Table
    numbers: ir.Table


@dataclass(frozen=True)
class Profiles:
    """The members of one run, by fixed-width ids; text is read for those it is asked for.

    members: (person, tier, and the columns of CHOICES); emails: (person, key, rank, row_id, slot); numbers: (person,
    key, rank); phones: `rows.phone_book`; external_ids, devices: (person, plain_id).
    """

    engine: Engine
    sources: Sequence[NumberedSource]
    members: ir.Table
    emails: ir.Table
    numbers: ir.Table
    phones: ir.Table
    external_ids: ir.Table
    devices: ir.Table
    rules: IdentifierRules
    _choices: Mapping[str, tuple[str, ...]]
    _gathered: list[Texts] = field(default_factory=list)

    def texts(self, wanted: ir.Table) -> Texts:
        """What is known about the members named in wanted (person). Gathered once for both forms, as a rule."""
        for known in self._gathered:
            if not int(wanted.anti_join(known.people, "person").count().to_pyarrow().as_py()):
                people, addresses, numbers = (
                    part.semi_join(wanted, "person") for part in (known.people, known.addresses, known.numbers)
                )
                return Texts(people, known.there, addresses, numbers)
        self._gathered.append(self._gather(wanted))
        return self._gathered[-1]

    def _gather(self, wanted: ir.Table) -> Texts:
        addresses, numbers = self._addresses(wanted), self._numbers(wanted)
        members = self.members.semi_join(wanted, "person")
        parts = {
            "plain": addresses.filter(addresses["rank"] == 0).select("person", "plain"),
            "e164": numbers.filter(numbers["rank"] == 0).select("person", "e164"),
            "external_id": self.external_ids.select("person", external_id="plain_id"),
            "device": self.devices.select("person", device="plain_id"),
        }
        attributes = [self._attribute(members, choice, columns) for choice, columns in self._choices.items()]
        people = members.select("person")
        for part in (*parts.values(), *attributes):
            people = people.left_join(part, "person").drop("person_right")
        there = frozenset(people.columns)
        lacking = [column for columns in CHOICES.values() for column in columns if column not in there]
        people = people.mutate(**dict.fromkeys(lacking, ibis.null("string")))
        profiles = self.engine.lean("profiles", people, dict.fromkeys(lacking))
        for part in attributes:
            self.engine.drop(part)
        return Texts(profiles, there, addresses, numbers)

    def marks(self, recall: Recall, as_of: date) -> ir.Table:
        """(person, mark): everything a member's identifiers are made of, as one mark. No text outlives a statement."""
        rank = self.numbers["rank"].cast("string")
        parts = [self.numbers.select("person", mark=recall.mark("phone", rank, self.numbers.key.cast("string")))]
        for name, ids in (("external_id", self.external_ids), ("device", self.devices)):
            parts.append(ids.select("person", mark=recall.mark(name, ids.plain_id)))
        texts = self._email_texts(self.emails)
        parts.append(texts.select("person", mark=recall.mark("email", texts["rank"].cast("string"), texts.text)))
        for choice, columns in self._choices.items():
            rows = self._chosen(self.members, choice, columns)
            if choice == "birth_row":  # a day in the future is not sent, so it is not known yet
                rows = rows.mutate(birth_date=ibis.cases((rows.birth_date.cast("date") <= as_of, rows.birth_date)))
            parts.append(rows.select("person", mark=recall.mark(choice, *[rows[column] for column in columns])))
        parts = [self.engine.materialise("part", part) for part in parts]
        every = ibis.union(*parts, distinct=False)
        marks = self.engine.materialise("marks", every.group_by("person").agg(mark=recall.together(every.mark)))
        for part in parts:
            self.engine.drop(part)
        return marks

    def _addresses(self, wanted: ir.Table) -> ir.Table:
        texts = self.engine.staged(self._email_texts(self.emails.semi_join(wanted, "person")))
        return self.engine.materialise("addresses", texts.select("person", "rank", plain=address(texts.text)))

    def _email_texts(self, emails: ir.Table) -> ir.Table:
        """(person, rank, text) of every e-mail address that is sent, as exported."""
        parts = []
        for source in self.sources:
            for slot, column in enumerate(EMAIL_COLUMNS):
                if source.has(column):
                    valid = source.valid
                    chosen = emails.filter(emails.slot == slot)
                    here = chosen.join(valid.select("row_id", text=text_of(valid, column)), "row_id")
                    parts.append(here.select("person", "rank", "text"))
        nothing = emails.select("person", "rank", text=ibis.null("string")).limit(0)
        return ibis.union(nothing, *parts, distinct=False)

    def _numbers(self, wanted: ir.Table) -> ir.Table:
        """(person, rank, e164). A number whose key was recalled is parsed here, since it is to be sent."""
        mine = self.numbers.semi_join(wanted, "person")
        book = self.phones.semi_join(mine, self.phones.phone_key == mine.key)
        spelt = book.group_by(key="phone_key").agg(
            e164=book.e164.max(), phone=book.phone.min(), country=book.country.argmin(book.phone)
        )
        spelt = self.engine.materialise("spelt", spelt)
        known = spelt.filter(spelt.e164.notnull()).select("key", "e164")
        recalled = spelt.filter(spelt.e164.isnull())
        if int(recalled.count().to_pyarrow().as_py()):
            parsed = recalled.select("key", e164=normalised("google", "phone", recalled.phone, recalled.country))
            known = self.engine.materialise("parsed", ibis.union(known, parsed))
        return self.engine.materialise("member_numbers", mine.join(known, "key").select("person", "rank", "e164"))

    def _attribute(self, members: ir.Table, choice: str, columns: Sequence[str]) -> ir.Table:
        """(person, columns) from the row each member's choice points to."""
        texts = self._chosen(members, choice, columns)
        if "country" in columns:
            texts = texts.mutate(country=iso2(clean(texts.country)).coalesce(digest_of(texts.country)))
        return self.engine.materialise(choice, texts)

    def _chosen(self, members: ir.Table, choice: str, columns: Sequence[str]) -> ir.Table:
        """(person, columns), as exported."""
        wanted = members.filter(members[choice].notnull())
        wanted = wanted.select("person", row_id=choice)
        parts = []
        for source in self.sources:
            if not any(source.has(column) for column in columns):
                continue
            valid = source.valid
            here = valid.select("row_id", **{column: text_of(valid, column) for column in columns})
            parts.append(wanted.join(here, "row_id").drop("row_id"))
        return self.engine.staged(ibis.union(*parts, distinct=False))


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
    return Profiles(
        engine,
        sources,
        members,
        emails=engine.materialise("member_emails", _first_keys(sources, mine, EMAIL_COLUMNS, EMAILS_MAX)),
        numbers=engine.materialise("member_phones", _first_keys(sources, mine, PHONE_COLUMNS, PHONES_MAX)),
        phones=phones,
        external_ids=external_ids(engine, sources, mine, external_id_space),
        devices=devices(engine, sources, mine),
        rules=rules,
        _choices=choices_of(sources),
    )


def _first_keys(sources: Sequence[NumberedSource], rows: ir.Table, columns: Sequence[str], at_most: int) -> ir.Table:
    """(person, key, rank, row_id, slot): each member's keys of a kind, best first, and where each was first seen.

    Those of sources named first come first, then main columns before second ones, then smaller keys, and of equal keys
    the spelling of the row of least standing: never the order of rows, which another sorting of an export changes.
    """
    seen = [
        rows.filter(rows[f"{column}_key"].notnull()).select(
            "person",
            key=rows[f"{column}_key"],
            place=rows.row_id * _SLOTS + slot,
            standing=rows.standing * _SLOTS + slot,
        )
        for slot, column in enumerate(columns)
        if slot == 0 or any(source.has(column) for source in sources)
    ]
    every = ibis.union(*seen, distinct=False) if len(seen) > 1 else seen[0]
    column = source_code(every.place >> _SLOT_BITS) * _SLOTS + (every.place & (_SLOTS - 1))
    first = every.group_by("person", "key").agg(place=every.place.argmin(every.standing), column=column.min())
    in_order = ibis.window(group_by="person", order_by=["column", "key"])
    ranked = first.mutate(rank=ibis.row_number().over(in_order))
    kept = ranked.filter(ranked["rank"] < at_most)
    return kept.select("person", "key", "rank", row_id=kept.place >> _SLOT_BITS, slot=kept.place & (_SLOTS - 1))
