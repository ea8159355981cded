"""What is sent for a member: short values first, and the columns of an identifier form made of them.

Values before hashing are a tenth of the size of what is sent, so they are what is kept, joined and sorted; digests are
made of them on the way to a file, and once before to know each member's key.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS, hashed, member_key, normalised
from activator.people.identifiers.email import google_form, meta_form
from activator.people.identifiers.hashing import hashed_once
from activator.people.membership import KEYS, Members
from activator.people.profiles import Profiles


def members_of(engine: Engine, profiles: Profiles, form: str, as_of: date) -> Members:
    """Everyone who may be sent in one form. Computes every member's key now, and columns when they are asked for."""
    values = engine.materialise(f"values_{form}", _values(engine, profiles, form, as_of))
    columns = _columns(form, values)
    keyed = columns.select("person_key", "tier", member_key=member_key(form, columns).cast("uuid"))
    keys = engine.materialise(f"keys_{form}", keyed)

    def written(wanted: ir.Table) -> ir.Table:
        return values.drop("tier").join(wanted.select(*KEYS), "person_key")

    def sent(rows: ir.Table) -> ir.Table:
        return _columns(form, rows).select(*KEYS, *FORM_COLUMNS[form])

    return Members(keys, written, sent)


def _values(engine: Engine, profiles: Profiles, form: str, as_of: date) -> ir.Table:
    """person_key, tier and the form's columns before hashing, NULL where nothing is known."""
    return _google(engine, profiles) if form == "google" else _meta(engine, profiles, as_of)


def _meta(engine: Engine, profiles: Profiles, as_of: date) -> ir.Table:
    people = profiles.people
    born = people.birth_date.cast("date")
    # A day of birth in the future is a slip; better none than a wrong one.
    birth = {"DOBY": born.year(), "DOBM": born.month(), "DOBD": born.day()}
    birth = {name: ibis.cases((born <= as_of, part.cast("string"))) for name, part in birth.items()}
    sources = {"FN": people.first_name, "LN": people.last_name, "GEN": people.gender, **birth}
    places = {"CT": people.city, "ST": people.state, "ZIP": people.postal_code, "COUNTRY": people.country}
    written = people.select(
        "tier",
        person_key="person",
        EMAIL=meta_form(people.plain),
        PHONE=people.e164.replace("+", ""),
        **{name: normalised("meta", name, value) for name, value in sources.items()},
        **{name: normalised("meta", name, value, people.country) for name, value in places.items()},
    )
    return engine.staged(written)


def _google(engine: Engine, profiles: Profiles) -> ir.Table:
    people = profiles.people
    values = {
        "given_name": people.first_name,
        "family_name": people.last_name,
        "region_code": people.country,
        "postal_code": people.postal_code,
    }
    written = people.select(
        "tier", person_key="person", **{name: normalised("google", name, value) for name, value in values.items()}
    )
    written = _complete_address(engine.staged(written))
    addresses = profiles.addresses
    mails = addresses.select("person", "rank", text=google_form(addresses.plain))
    phones = profiles.numbers.select("person", "rank", text="e164")
    for name, values_of in (("emails", engine.staged(mails)), ("phones", phones)):
        lists = values_of.group_by(person_key="person").agg(
            **{name: values_of.text.collect(order_by=values_of["rank"])}
        )
        written = written.left_join(engine.materialise(name, lists), "person_key").drop("person_key_right")
    return written


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
