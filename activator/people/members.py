"""What is sent for a member: short values first, and the columns of an identifier form made of them.

Values before hashing are a tenth of the size of what is sent, so they are what is kept, joined and sorted; digests are
made of them on the way to a file, and once before to know each member's key.
"""

from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine, rows_in
from activator.people.identifiers import FORM_COLUMNS, IdentifierRules, hashed, member_key, normalised
from activator.people.identifiers.email import google_form, meta_form
from activator.people.identifiers.hashing import hashed_once
from activator.people.membership import KEYS, Members
from activator.people.profiles import Profiles, Texts
from activator.people.recall import Recall


@dataclass(frozen=True)
class Marks:
    """What every member's identifiers are made of, and what earlier runs made of it. everyone: (person, tier, mark)."""

    engine: Engine
    recall: Recall
    everyone: ir.Table

    def unknown(self, form: str) -> ir.Table:
        """(person) of those no earlier run met as they are now."""
        known = self.recall.known(f"members_{form}")
        people = self.everyone if known is None else self.everyone.anti_join(known, "mark")
        return people.select("person")

    def recalled(self, form: str, computed: ir.Table | None) -> ir.Table:
        """(person_key, member_key, tier) of everyone: computed, of the same columns, and those remembered.

        Kept for the next run.
        """
        known = self.recall.known(f"members_{form}")
        parts = [self.everyone.mutate(value=ibis.null("uuid")).limit(0)]
        if computed is not None:
            keys = computed.select(person="person_key", value="member_key")
            parts.append(self.everyone.join(keys, "person"))
        if known is not None:
            parts.append(self.everyone.join(known.select("mark", "value"), "mark"))
        columns = ("person", "tier", "mark", "value")
        found = self.engine.materialise("found", ibis.union(*[part.select(*columns) for part in parts]))
        self.recall.keep(f"members_{form}", found.select("mark", "person", "value"))
        return found.select("tier", person_key="person", member_key="value")


def members_of(engine: Engine, profiles: Profiles, form: str, as_of: date, marks: Marks | None = None) -> Members:
    """Everyone who may be sent in one form. Columns are computed when they are asked for.

    marks: what every member's identifiers are made of. Keys are then computed for those only whom no earlier run met.
    """
    values = _Values(engine, profiles, form, as_of)
    if marks is None:
        keys = values.keys(None)
    else:
        fresh = engine.materialise("fresh", marks.unknown(form))
        keys = marks.recalled(form, values.keys(fresh) if rows_in(fresh) else None)
        engine.drop(fresh)
    return Members(keys, values.of, lambda rows: sent_columns(form, rows))


def sent_columns(form: str, values: ir.Table) -> ir.Table:
    """From values before hashing to what is sent: person_key, member_key and the columns of the form."""
    return _columns(form, values).select(*KEYS, *FORM_COLUMNS[form])


@dataclass
class _Values:
    """Values before hashing, gathered for whom they are asked for. Where their rules are long they are kept."""

    engine: Engine
    profiles: Profiles
    form: str
    as_of: date
    gathered: list[ir.Table] = field(default_factory=list)
    complete: bool = False

    def keys(self, people: ir.Table | None) -> ir.Table:
        """(person_key, member_key, tier) of people (person), None for all."""
        values = self._gather(people)
        self.complete = people is None
        keyed = values.select("tier", "person_key", member_key=member_key(self.form, values).cast("uuid"))
        return self.engine.materialise(f"keys_{self.form}", keyed)

    def of(self, wanted: ir.Table) -> ir.Table:
        """The values of wanted (person_key, member_key)."""
        if not self.complete:
            self._gather_missing(wanted.select(person="person_key"))
        every = ibis.union(*self.gathered) if len(self.gathered) > 1 else self.gathered[0]
        return every.drop("tier").join(wanted.select(*KEYS), "person_key")

    def _gather_missing(self, people: ir.Table) -> None:
        for known in self.gathered:
            people = people.anti_join(known, people.person == known.person_key)
        missing = self.engine.materialise("missing", people)
        if rows_in(missing) or not self.gathered:
            self._gather(missing)

    def _gather(self, people: ir.Table | None) -> ir.Table:
        texts = self.profiles.texts(people)
        if self.form == "google":
            values = _google(self.engine, texts, self.profiles.rules)
        else:
            values = _meta(self.engine, texts, self.profiles.rules, self.as_of)
        if texts.there & _RULED or people is not None:  # a table of some people is soon dropped
            values = self.engine.materialise(f"values_{self.form}", values)
        self.gathered.append(values)
        return values


def _meta(engine: Engine, texts: Texts, rules: IdentifierRules, as_of: date) -> ir.Table:
    people, there = texts.people, texts.there

    def written(field: str, text: str) -> ir.StringValue:
        if text not in there:  # the rules are long, and would be planned for nobody
            return ibis.null("string")
        return normalised("meta", field, people[text], people.country, rules)

    columns = {
        "EMAIL": meta_form(people.plain),
        "PHONE": people.e164.replace("+", ""),
        **{field: written(field, text) for field, text in _META_TEXTS.items()},
        **_meta_birth(people.birth_date.cast("date"), as_of),
        "EXTERN_ID": people.external_id,
        "MADID": people.device,
    }
    return engine.staged(people.select("tier", person_key="person", **columns))


_META_TEXTS = {
    "FN": "first_name",
    "LN": "last_name",
    "CT": "city",
    "ST": "state",
    "ZIP": "postal_code",
    "COUNTRY": "country",
    "GEN": "gender",
}


def _meta_birth(born: ir.DateValue, as_of: date) -> dict[str, ir.StringValue]:
    """A day of birth in the future is a slip; better none than a wrong one."""
    parts = {"DOBY": born.year(), "DOBM": born.month(), "DOBD": born.day()}
    return {name: ibis.cases((born <= as_of, part.cast("string"))) for name, part in parts.items()}


def _google(engine: Engine, texts: Texts, rules: IdentifierRules) -> ir.Table:
    people = texts.people
    address = {
        field: normalised("google", field, people[text], people.country, rules)
        if texts.there >= _GOOGLE_TEXTS
        else ibis.null("string")
        for field, text in _GOOGLE_ADDRESS.items()
    }
    firsts = {"emails": google_form(people.plain, rules), "phones": people.e164}
    written = _complete_address(engine.staged(people.select("tier", person_key="person", **address, **firsts)))
    mails, phones = texts.addresses, texts.numbers
    if mails is not None:
        mails = engine.staged(mails.select("person", "rank", text=google_form(mails.plain, rules)))
    if phones is not None:
        phones = phones.select("person", "rank", text="e164")
    return _listed(_listed(written, "emails", mails), "phones", phones)


def _listed(people: ir.Table, name: str, more: ir.Table | None) -> ir.Table:
    """A text as a list, empty where it is NULL, with what more (person, rank, text) has after it."""
    nothing = ibis.literal([], type="array<string>")
    if more is not None:
        lists = more.group_by(person_key="person").agg(after=more.text.collect(order_by=more["rank"]))
        people = people.left_join(lists, "person_key").drop("person_key_right")
    first = ibis.cases((people[name].notnull(), ibis.array([people[name]])), else_=nothing)
    if more is None:
        return people.mutate(**{name: first})
    return people.mutate(**{name: first.concat(people["after"].coalesce(nothing))}).drop("after")


# An address is matched by all four together, so where a project has no column for one, none is sent.
_GOOGLE_ADDRESS = {
    "given_name": "first_name",
    "family_name": "last_name",
    "region_code": "country",
    "postal_code": "postal_code",
}
_GOOGLE_TEXTS = frozenset(_GOOGLE_ADDRESS.values())
# What long rules write: all but addresses, which are plain already, phones and ids.
_RULED = {"birth_date", *_META_TEXTS.values()}


def _columns(form: str, values: ir.Table) -> ir.Table:
    """Values as they are sent: hashed where the platform wants it, and absent ones as the form writes them."""
    columns = {}
    for name, kind in FORM_COLUMNS[form].items():
        value = values[name]
        if kind.startswith("array"):
            columns[name] = ibis.coalesce(value.map(hashed_once), ibis.literal([], type=kind))
        else:
            digest = hashed_once(value) if hashed(form, name) else value
            columns[name] = ibis.coalesce(digest, ibis.literal(""))
    return values.select(*[name for name in values.columns if name not in columns], **columns)


def _complete_address(table: ir.Table) -> ir.Table:
    """Google matches an address by its four parts together, so three are worth nothing."""
    parts = ("given_name", "family_name", "region_code", "postal_code")
    complete = ibis.and_(*[table[name].notnull() for name in parts])
    return table.mutate(**{name: ibis.cases((complete, table[name])) for name in parts})
