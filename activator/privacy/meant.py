"""Who is meant: from identifiers somebody typed to every key the exports know the person by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import ibis

from activator.config.workspace import Workspace
from activator.errors import ConfigurationError, SourceError
from activator.people.engine import Engine
from activator.people.explain import Lookup
from activator.people.identifiers import normalised
from activator.people.identifiers.email import address, google_form, meta_form
from activator.people.identity_keys import identity_key
from activator.people.pipeline import People
from activator.people.rows import KEY_COLUMNS
from activator.people.suppression import every_key
from activator.plan.inputs import people_policy, read_people
from activator.ports import Clock

IDENTIFIERS_MAX = 50  # of one person; a longer file is a list of people


@dataclass(frozen=True, slots=True)
class Meant:
    """keys: everything the person may be known by, as canonical text; people, rows: whom that is in the exports.

    problem: why the exports could not be asked; what only they know of the person is then not among the keys.
    read: the exports as they were asked; persons: who of them is meant.
    """

    keys: frozenset[str] = field(repr=False)
    people: int
    rows: int
    problem: str = ""
    read: People | None = field(default=None, repr=False)
    persons: frozenset[str] = field(default=frozenset(), repr=False)


def who_is_meant(workspace: Workspace, engine: Engine, clock: Clock, texts: Sequence[str]) -> Meant:
    """Look identifiers of one person up. Exports that cannot be read stop nobody from being forgotten.

    Raises:
        ConfigurationError: no identifier, too many, or one that is several people's.
    """
    wanted = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not wanted:
        raise ConfigurationError("no identifier was given", "One a line: e-mail addresses, phones or customer ids.")
    if len(wanted) > IDENTIFIERS_MAX:
        raise ConfigurationError(
            f"{len(wanted)} identifiers are more than one person has", "Forget one person at a time: one call each."
        )
    keys = _keys_of_texts(workspace, engine, wanted)
    try:
        people = read_people(workspace, engine, clock.now().date(), traced=True)
    except SourceError as error:
        return Meant(frozenset(keys), 0, 0, problem=error.message)
    found: set[str] = set()
    for text in wanted:
        lookup = Lookup(engine, people, people_policy(workspace.project), text)
        _refuse_shared(lookup)
        asked = {key for values in lookup.keys.values() for key in values}
        keys |= asked
        mine = _persons(people, asked)
        found |= mine
        keys |= {key_of_digest(digest) for digest in lookup.digests(text, [it.replace("-", "") for it in mine])}
    rows, known = _keys_of_persons(people, found)
    return Meant(frozenset(keys | known), len(found), rows, read=people, persons=frozenset(found))


def others_with(engine: Engine, meant: Meant, keys: Collection[str]) -> int:
    """How many more people of the exports have any of these keys, and so would be kept out as well."""
    if meant.read is None:
        return 0
    trace = meant.read.trace
    assert trace is not None, "read as a traced run"
    wanted = ibis.memtable({"key": sorted(keys)}, schema=ibis.schema({"key": "string"}))
    every = every_key(engine, trace.sources, trace.keyed, trace.phones)
    carrying = every.semi_join(wanted.select(key=wanted.key.cast("uuid")), "key")
    rows = trace.persons.rows
    people = rows.filter(rows.person.notnull()).semi_join(carrying, "row_id").select("person").distinct()
    return len({str(person) for person in people.to_pyarrow().column(0).to_pylist()} - meant.persons)


def key_of_digest(digest: str) -> str:
    """The key, as `people.rows.identity_key` makes it, of an identifier of which the SHA-256 digest is known."""
    return str(UUID(hex=f"f{digest[1:32]}"))


def _keys_of_texts(workspace: Workspace, engine: Engine, texts: Sequence[str]) -> set[str]:
    """Every key the texts may stand for, whatever the exports say: addresses, phones, and ids sent in plain text."""
    country = ibis.literal(workspace.project.identity.default_country, "string")
    table = ibis.memtable({"text": list(texts)}, schema=ibis.schema({"text": "string"}))
    plain = engine.materialise("asked", table.mutate(plain=address(table.text)))
    phone = normalised("google", "phone", plain.text, country)
    forms = (
        google_form(plain.plain),
        google_form(plain.plain, people_policy(workspace.project).rules),
        meta_form(plain.plain),
        phone,
        phone.replace("+", ""),
        normalised("meta", "EXTERN_ID", plain.text),
        normalised("meta", "MADID", plain.text),
    )
    columns = {f"key_{number}": identity_key(form).cast("string") for number, form in enumerate(forms)}
    rows = engine.backend.to_pyarrow(plain.select(**columns)).to_pylist()
    return {key for row in rows for key in row.values() if key is not None}


def _refuse_shared(lookup: Lookup) -> None:
    hub, rows = lookup.hub()
    if hub:
        raise ConfigurationError(
            f"an identifier is on {rows:,} rows of several people ({hub}), so it does not say who is meant",
            "Give another one of the person's: their own e-mail address, phone or customer id.",
        )


def _persons(people: People, keys: set[str]) -> set[str]:
    assert people.trace is not None, "read as a traced run"
    keyed, rows = people.trace.keyed, people.trace.persons.rows
    wanted = [ibis.literal(key).cast("uuid") for key in sorted(keys)] or [ibis.null("uuid")]
    carrying = keyed.filter(ibis.or_(*[keyed[column].isin(wanted) for column in KEY_COLUMNS])).select("row_id")
    mine = rows.filter(rows.person.notnull()).semi_join(carrying, "row_id").select("person").distinct()
    return {str(person) for person in mine.to_pyarrow().column(0).to_pylist()}


def _keys_of_persons(people: People, persons: set[str]) -> tuple[int, set[str]]:
    """How many rows they have, and every key on them that is not several people's."""
    assert people.trace is not None, "read as a traced run"
    if not persons:
        return 0, set()
    rows = people.trace.persons.rows
    mine = rows.filter(rows.person.isin([ibis.literal(person).cast("uuid") for person in sorted(persons)]))
    found = mine.select(*KEY_COLUMNS).to_pyarrow().to_pylist()
    return len(found), persons | {str(key) for row in found for key in row.values() if key is not None}
