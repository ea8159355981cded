"""What is sent for a person: the columns of an identifier form, digested straight from the exports' text.

For every attribute one row of the person is chosen first (by fixed-width ids), then read from its source: names come
from one row, a place comes from one row, and nothing is stored that is not hashed.
"""

from collections.abc import Callable, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS, digest, hashed, iso2, member_key, normalised
from activator.people.identifiers.email import address, google_form, meta_form
from activator.people.identifiers.hashing import hashed_once
from activator.people.identifiers.text import clean
from activator.people.rows import EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, text_of

# Google takes ten identifiers a member (Data Manager API limits, 2026-11): one is the address, the others these.
EMAILS_MAX = 5
PHONES_MAX = 4
NAME = ("first_name", "last_name")
PLACE = ("city", "state", "postal_code", "country")
_FEWER = 1 << 60  # added to a row id for every part a row lacks: rows that know more come first, then earlier rows


def people_of(engine: Engine, rows: ir.Table) -> ir.Table:
    """One row per person: first row, which rows know what, strictest consent, country."""
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
        ad_user_data=someone.ad_user_data.max(),
        ad_personalization=someone.ad_personalization.max(),
        reachable=(has_email | has_phone).any(),
        shared=someone.shared.any(),
    )
    return engine.materialise("persons", grouped)


def _best_row(rows: ir.Table, parts: ir.IntegerValue, parts_max: int) -> ir.IntegerValue:
    lacking = (ibis.literal(parts_max) - parts).cast("int64") * _FEWER
    return ibis.cases((parts > 0, rows.row_id + lacking))


class MemberColumns:
    """The columns of both forms for the people of one run. members: (person, tier, name_row, ...) of those to send."""

    def __init__(
        self,
        engine: Engine,
        sources: Sequence[NumberedSource],
        rows: ir.Table,
        phones: ir.Table,
        members: ir.Table,
        as_of: date,
    ) -> None:
        """Choose the e-mail addresses and phones of every member; text is read when a form is asked for."""
        self.engine = engine
        self.sources = sources
        self.members = members
        self.as_of = as_of
        mine = engine.materialise("member_rows", rows.semi_join(members, "person"))
        self.emails = engine.materialise("member_emails", _chosen(mine, EMAIL_COLUMNS, EMAILS_MAX))
        numbers = engine.materialise("member_phones", _chosen(mine, PHONE_COLUMNS, PHONES_MAX))
        engine.drop(mine)
        by_key = phones.group_by(key="phone_key").agg(e164=phones.e164.min())
        self.phones = engine.materialise("member_numbers", numbers.join(by_key, "key"))

    def form(self, form: str) -> ir.Table:
        """(person_key, tier, member_key, columns of the form) of every member."""
        columns = self._google() if form == "google" else self._meta()
        plain = columns.select("tier", *FORM_COLUMNS[form], person_key=columns.person.cast("string").replace("-", ""))
        keyed = plain.mutate(member_key=member_key(form, plain))
        return self.engine.materialise(f"members_{form}", keyed)

    def _meta(self) -> ir.Table:
        emails = self._email_digests(meta_form, ranks=1)
        phones = self.phones.filter(self.phones.rank == 0)
        table = self.members.select("person", "tier")
        parts = [
            emails.select("person", EMAIL="digest"),
            phones.select("person", PHONE=digest("meta", "PHONE", phones.e164)),
            self._attribute("name_row", NAME, "meta", _meta_names),
            self._attribute("place_row", PLACE, "meta", _meta_place),
            self._attribute("gender_row", ("gender",), "meta", _meta_gender),
            self._attribute("birth_row", ("birth_date",), "meta", self._meta_birth),
        ]
        return _filled("meta", _joined(table, parts))

    def _google(self) -> ir.Table:
        emails = self._email_digests(google_form, ranks=EMAILS_MAX)
        phones = self.phones.select("person", "rank", digest=digest("google", "phone", self.phones.e164))
        table = self.members.select("person", "tier")
        parts = [
            emails.group_by("person").agg(emails=emails.digest.collect(order_by=emails["rank"])),
            phones.group_by("person").agg(phones=phones.digest.collect(order_by=phones["rank"])),
            self._attribute("name_row", NAME, "google", _google_names),
            self._attribute("place_row", PLACE, "google", _google_place),
        ]
        return _filled("google", _complete_address(_joined(table, parts)))

    def _email_digests(self, form: Callable[[ir.StringValue], ir.StringValue], ranks: int) -> ir.Table:
        """(person, rank, digest), read from the rows the addresses were chosen from."""
        chosen = self.emails.filter(self.emails["rank"] < ranks)
        parts = []
        for source in self.sources:
            for slot, column in enumerate(EMAIL_COLUMNS):
                if source.has(column):
                    text = source.valid.select("row_id", text=text_of(source.valid, column))
                    here = chosen.filter(chosen.slot == slot).join(text, "row_id")
                    parts.append(here.select("person", "rank", "text"))
        texts = self.engine.staged(ibis.union(*parts, distinct=False))
        plain = self.engine.staged(texts, plain=address(texts.text))
        written = self.engine.staged(plain, written=form(plain.plain))
        digests = written.select("person", "rank", digest=hashed_once(written.written))
        return self.engine.materialise("email_digests", digests)

    def _attribute(
        self,
        choice: str,
        columns: Sequence[str],
        platform: str,
        read: Callable[[ir.Table], dict[str, ir.StringValue]],
    ) -> ir.Table:
        """(person, what read makes of columns) from the row each member's choice points to; digests where hashed."""
        wanted = self.members.filter(self.members[choice].notnull())
        wanted = wanted.select("person", row_id=wanted[choice] & (_FEWER - 1))
        parts = [
            source.valid.semi_join(wanted, "row_id").select(
                "row_id", *(text_of(source.valid, c).name(c) for c in columns)
            )
            for source in self.sources
            if any(source.has(column) for column in columns)
        ]
        if not parts:
            empty = {name: ibis.null("string") for name in read(_nothing(columns))}
            return wanted.limit(0).select("person", **empty)
        texts = self.engine.staged(ibis.union(*parts, distinct=False))
        written = self.engine.staged(texts.select("row_id", **read(texts)))
        sent = {
            name: hashed_once(written[name]) if hashed(platform, name) else written[name]
            for name in written.columns[1:]
        }
        found = written.select("row_id", **sent)
        return self.engine.materialise(choice, wanted.join(found, "row_id").drop("row_id"))

    def _meta_birth(self, rows: ir.Table) -> dict[str, ir.StringValue]:
        """A day of birth in the future is a slip; better none than a wrong one."""
        born = text_of(rows, "birth_date").cast("date")
        born = ibis.cases((born <= self.as_of, born))
        parts = {"DOBY": born.year(), "DOBM": born.month(), "DOBD": born.day()}
        return {field: normalised("meta", field, part.cast("string")) for field, part in parts.items()}


def _nothing(columns: Sequence[str]) -> ir.Table:
    return ibis.table(dict.fromkeys(columns, "string"), name="nothing")


def _chosen(rows: ir.Table, columns: Sequence[str], at_most: int) -> ir.Table:
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


def _joined(table: ir.Table, parts: Sequence[ir.Table]) -> ir.Table:
    for part in parts:
        table = table.left_join(part, "person").drop("person_right")
    return table


def _filled(form: str, table: ir.Table) -> ir.Table:
    """Absent values as the form writes them: empty text, or an empty list."""
    columns = {}
    for name, kind in FORM_COLUMNS[form].items():
        nothing = ibis.literal("") if kind == "string" else ibis.literal([], type=kind)
        columns[name] = ibis.coalesce(table[name], nothing)
    return table.select("person", "tier", **columns)


def _complete_address(table: ir.Table) -> ir.Table:
    """Google matches an address by its four parts together, so three are worth nothing."""
    parts = ("given_name", "family_name", "region_code", "postal_code")
    complete = ibis.and_(*[table[name].notnull() for name in parts])
    return table.mutate(**{name: ibis.cases((complete, table[name])) for name in parts})


def _meta_names(rows: ir.Table) -> dict[str, ir.StringValue]:
    return {
        "FN": normalised("meta", "FN", text_of(rows, "first_name")),
        "LN": normalised("meta", "LN", text_of(rows, "last_name")),
    }


def _meta_gender(rows: ir.Table) -> dict[str, ir.StringValue]:
    return {"GEN": normalised("meta", "GEN", text_of(rows, "gender"))}


def _meta_place(rows: ir.Table) -> dict[str, ir.StringValue]:
    country = text_of(rows, "country")
    return {
        "CT": normalised("meta", "CT", text_of(rows, "city")),
        "ST": normalised("meta", "ST", text_of(rows, "state"), country),
        "ZIP": normalised("meta", "ZIP", text_of(rows, "postal_code"), country),
        "COUNTRY": normalised("meta", "COUNTRY", country),
    }


def _google_names(rows: ir.Table) -> dict[str, ir.StringValue]:
    return {
        "given_name": normalised("google", "given_name", text_of(rows, "first_name")),
        "family_name": normalised("google", "family_name", text_of(rows, "last_name")),
    }


def _google_place(rows: ir.Table) -> dict[str, ir.StringValue]:
    return {
        "region_code": normalised("google", "region_code", iso2(clean(text_of(rows, "country")))),
        "postal_code": normalised("google", "postal_code", text_of(rows, "postal_code")),
    }
