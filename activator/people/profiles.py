"""What is known about each member, gathered once for every identifier form.

For every attribute one row of the person is chosen first, by fixed-width ids, and only those rows are read: names come
from one row, a place comes from one row. Text stays text here, since it is short where digests are long; it lives in
the engine's private scratch, like the exports it comes from, and is gone with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir

from activator.people.consent import ANSWERS, ConsentPolicy, strict
from activator.people.engine import Engine
from activator.people.identifiers import iso2
from activator.people.identifiers.email import address
from activator.people.identifiers.text import clean
from activator.people.rows import EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, text_of

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
_FEWER = 1 << 60  # added to a row id for every part a row lacks: rows that know more come first, then earlier rows


def people_of(engine: Engine, rows: ir.Table, consent: ConsentPolicy) -> ir.Table:
    """One row per person: first row, which rows know what, strictest answers, country, whether its rule is strict."""
    someone = rows.filter(rows.person.notnull())
    has_email = someone.email_key.notnull() | someone.email_2_key.notnull()
    has_phone = someone.phone_key.notnull() | someone.phone_2_key.notnull()
    grouped = someone.group_by("person").agg(
        first_row=someone.row_id.min(),
        name_row=_best_row(someone, someone.name_parts, 2).min(),
        place_row=_best_row(someone, someone.place_parts, 4).min(),
        birth_row=ibis.cases((someone.has_birth_date, someone.row_id)).min(),
        gender_row=ibis.cases((someone.has_gender, someone.row_id)).min(),
        country=someone.country.argmin(ibis.cases((someone.country.notnull(), someone.row_id))),
        **{name: someone[name].max() for name in ANSWERS},
        strict=strict(someone, consent),
        reachable=(has_email | has_phone).any(),
        shared=someone.shared.any(),
    )
    return engine.materialise("persons", grouped)


def _best_row(rows: ir.Table, parts: ir.IntegerValue, parts_max: int) -> ir.IntegerValue:
    lacking = (ibis.literal(parts_max) - parts).cast("int64") * _FEWER
    return ibis.cases((parts > 0, rows.row_id + lacking))


@dataclass(frozen=True)
class Profiles:
    """The members of one run. members: (person, tier, and the columns of CHOICES); numbers: (person, rank, e164)."""

    engine: Engine
    sources: Sequence[NumberedSource]
    members: ir.Table
    chosen_emails: ir.Table
    numbers: ir.Table

    @cached_property
    def addresses(self) -> ir.Table:
        """(person, rank, plain) of every e-mail address that is sent, best first from rank 0."""
        parts = []
        for source in self.sources:
            for slot, column in enumerate(EMAIL_COLUMNS):
                if source.has(column):
                    valid = source.valid
                    chosen = self.chosen_emails.filter(self.chosen_emails.slot == slot)
                    here = chosen.join(valid.select("row_id", text=text_of(valid, column)), "row_id")
                    parts.append(here.select("person", "rank", "text"))
        texts = self.engine.staged(ibis.union(*parts, distinct=False))
        return self.engine.materialise("addresses", texts.select("person", "rank", plain=address(texts.text)))

    @cached_property
    def people(self) -> ir.Table:
        """One row per member: person, tier, plain (first address), e164 (first phone), and every text of CHOICES.

        country is a code already.
        """
        first_address = self.addresses.filter(self.addresses["rank"] == 0).select("person", "plain")
        first_number = self.numbers.filter(self.numbers["rank"] == 0).select("person", "e164")
        attributes = [self._attribute(choice, columns) for choice, columns in CHOICES.items()]
        people = self.members.select("person", "tier")
        for part in (first_address, first_number, *attributes):
            people = people.left_join(part, "person").drop("person_right")
        profiles = self.engine.materialise("profiles", people)
        for part in attributes:
            self.engine.drop(part)
        return profiles

    def _attribute(self, choice: str, columns: Sequence[str]) -> ir.Table:
        """(person, columns) from the row each member's choice points to."""
        wanted = self.members.filter(self.members[choice].notnull())
        wanted = wanted.select("person", row_id=wanted[choice] & (_FEWER - 1))
        parts = []
        for source in self.sources:
            here = source.valid.semi_join(wanted, "row_id")
            parts.append(here.select("row_id", **{column: text_of(here, column) for column in columns}))
        texts = self.engine.staged(ibis.union(*parts, distinct=False))
        if "country" in columns:
            texts = texts.mutate(country=iso2(clean(texts.country)))
        return self.engine.materialise(choice, wanted.join(texts, "row_id").drop("row_id"))


def profiles(
    engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, phones: ir.Table, members: ir.Table
) -> Profiles:
    """Choose the e-mail addresses and phones of every member. Text is read when it is first asked for."""
    mine = engine.materialise("member_rows", rows.semi_join(members, "person"))
    emails = engine.materialise("member_emails", _first_keys(mine, EMAIL_COLUMNS, EMAILS_MAX))
    numbers = engine.materialise("member_phones", _first_keys(mine, PHONE_COLUMNS, PHONES_MAX))
    engine.drop(mine)
    by_key = phones.group_by(key="phone_key").agg(e164=phones.e164.min())
    spelt = engine.materialise("member_numbers", numbers.join(by_key, "key").select("person", "rank", "e164"))
    engine.drop(numbers)
    return Profiles(engine, sources, members, emails, spelt)


def _first_keys(rows: ir.Table, columns: Sequence[str], at_most: int) -> ir.Table:
    """(person, key, rank, row_id, slot): each member's first keys of a kind, and where each was first seen."""
    seen = ibis.union(
        *[
            rows.select("person", key=rows[f"{column}_key"], place=rows.row_id * len(columns) + slot)
            for slot, column in enumerate(columns)
        ],
        distinct=False,
    )
    first = seen.filter(seen.key.notnull()).group_by("person", "key").agg(place=lambda t: t.place.min())
    in_order = ibis.window(group_by="person", order_by="place")
    ranked = first.mutate(rank=ibis.row_number().over(in_order))
    kept = ranked.filter(ranked["rank"] < at_most)
    return kept.select("person", "key", "rank", row_id=kept.place // len(columns), slot=kept.place % len(columns))
