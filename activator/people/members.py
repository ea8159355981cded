"""What is sent for a person: the columns of an identifier form, made from one profile per member."""

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.identifiers import FIELDS, FORM_COLUMNS, hashed, member_key, normalised
from activator.people.identifiers.email import google_form, meta_form
from activator.people.identifiers.hashing import hashed_once
from activator.people.profiles import Profiles


def member_columns(engine: Engine, profiles: Profiles, form: str, as_of: date) -> ir.Table:
    """(person_key, tier, member_key, columns of the form) of every member."""
    columns = _google(engine, profiles) if form == "google" else _meta(engine, profiles, as_of)
    plain = columns.select("tier", *FORM_COLUMNS[form], person_key=columns.person.cast("string").replace("-", ""))
    keyed = engine.staged(plain, member_key=member_key(form, plain))
    return engine.materialise(f"members_{form}", keyed)


def _meta(engine: Engine, profiles: Profiles, as_of: date) -> ir.Table:
    people = profiles.people
    born = people.birth_date.cast("date")
    # A day of birth in the future is a slip; better none than a wrong one.
    birth = {"DOBY": born.year(), "DOBM": born.month(), "DOBD": born.day()}
    birth = {name: ibis.cases((born <= as_of, part.cast("string"))) for name, part in birth.items()}
    sources = {"FN": people.first_name, "LN": people.last_name, "GEN": people.gender, **birth}
    places = {"CT": people.city, "ST": people.state, "ZIP": people.postal_code, "COUNTRY": people.country}
    written = people.select(
        "person",
        "tier",
        EMAIL=meta_form(people.plain),
        PHONE=people.e164.replace("+", ""),
        **{name: normalised("meta", name, value) for name, value in sources.items()},
        **{name: normalised("meta", name, value, people.country) for name, value in places.items()},
    )
    written = engine.staged(written)
    return _filled("meta", _digested("meta", written))


def _google(engine: Engine, profiles: Profiles) -> ir.Table:
    people = profiles.people
    values = {
        "given_name": people.first_name,
        "family_name": people.last_name,
        "region_code": people.country,
        "postal_code": people.postal_code,
    }
    written = people.select(
        "person", "tier", **{name: normalised("google", name, value) for name, value in values.items()}
    )
    written = _digested("google", _complete_address(engine.staged(written)))
    addresses = profiles.addresses
    mails = engine.staged(addresses.select("person", "rank", written=google_form(addresses.plain)))
    phones = profiles.numbers.select("person", "rank", written="e164")
    for name, values_of in (("emails", mails), ("phones", phones)):
        digests = values_of.select("person", "rank", digest=hashed_once(values_of.written))
        lists = digests.group_by("person").agg(**{name: digests.digest.collect(order_by=digests["rank"])})
        written = written.left_join(engine.materialise(name, lists), "person").drop("person_right")
    return _filled("google", written)


def _digested(platform: str, written: ir.Table) -> ir.Table:
    """The table with every hashed field as its digest."""
    digests = {
        name: hashed_once(written[name]) if FIELDS[platform, name].passes_digests else written[name].hexdigest("sha256")
        for name in written.columns
        if (platform, name) in FIELDS and hashed(platform, name)
    }
    return written.mutate(**digests)


def _complete_address(table: ir.Table) -> ir.Table:
    """Google matches an address by its four parts together, so three are worth nothing."""
    parts = ("given_name", "family_name", "region_code", "postal_code")
    complete = ibis.and_(*[table[name].notnull() for name in parts])
    return table.mutate(**{name: ibis.cases((complete, table[name])) for name in parts})


def _filled(form: str, table: ir.Table) -> ir.Table:
    """Absent values as the form writes them: empty text, or an empty list."""
    columns: Mapping[str, ir.Value] = {
        name: ibis.coalesce(table[name], ibis.literal("") if kind == "string" else ibis.literal([], type=kind))
        for name, kind in FORM_COLUMNS[form].items()
    }
    return table.select("person", "tier", **columns)
