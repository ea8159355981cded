"""Whose an identifier is, and by which rows: looks up one identifier in the relations of a traced run.

Only the rows of the person asked about leave the engine, as sources, lines and keys; never what the cells say.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.model.explanation import ExplainedPerson, LinkedRow, Standing
from activator.model.people import Consent
from activator.model.sharing import HubKind
from activator.model.valuing import Basis
from activator.people.conflicts import STRENGTH
from activator.people.consent import PLATFORMS, answer_word
from activator.people.engine import Engine
from activator.people.identifiers import digest, normalised
from activator.people.identifiers.email import address, google_form
from activator.people.identity_keys import id_key, identity_key
from activator.people.pipeline import People, PeoplePolicy, Trace
from activator.people.rows import (
    EMAIL_COLUMNS,
    KEY_COLUMNS,
    PHONE_COLUMNS,
    source_line,
    text_of,
)
from activator.people.valuation import WORTH

ROWS_MAX = 200  # of one person; enough to see why, and a screen can hold it
PEOPLE_MAX = 5  # an identifier with more people than this is a hub's, or a customer id many systems use
_KINDS = {
    "id_key": "customer id",
    **{f"{column}_key": "e-mail" for column in EMAIL_COLUMNS},
    **{f"{column}_key": "phone" for column in PHONE_COLUMNS},
}


class Lookup:
    """One identifier in one traced run."""

    def __init__(self, engine: Engine, people: People, policy: PeoplePolicy, text: str) -> None:
        """Read the text as an e-mail address, a phone and a customer id of every system."""
        assert people.trace is not None, "explaining needs a traced run"
        self._engine = engine
        self._people = people
        self._trace: Trace = people.trace
        self._policy = policy
        self.keys = self._keys(text)

    def _keys(self, text: str) -> dict[str, list[str]]:
        """What the text may be -> its keys."""
        country = ibis.literal(self._policy.default_country, "string")
        table = ibis.memtable([{"text": text}], schema=ibis.schema({"text": "string"}))
        plain = self._engine.materialise("asked", table.mutate(plain=address(table.text)))
        spaces = self._id_spaces()
        columns = {
            "e-mail": identity_key(google_form(plain.plain)),
            "phone": identity_key(normalised("google", "phone", plain.text, country)),
            **{space: id_key(ibis.literal(space), plain.text) for space in spaces},
        }
        row = self._engine.backend.to_pyarrow(plain.select(**columns)).to_pylist()[0]
        found = {kind: [str(row[kind])] for kind in ("e-mail", "phone") if row[kind] is not None}
        ids = [str(row[space]) for space in spaces if row[space] is not None]
        return found | ({"customer id": ids} if ids else {})

    def _id_spaces(self) -> list[str]:
        spaces: set[str] = set()
        for source in self._trace.sources:
            table = source.source.table
            if "id_space" in table.columns:
                named = table.filter(table.id_space.notnull()).select("id_space").distinct()
                spaces |= {row["id_space"] for row in named.to_pyarrow().to_pylist()}
        return sorted(spaces)

    def hub(self) -> tuple[str, int]:
        """Why the identifier is nobody's and how many rows carry it; ("", 0) where it is somebody's."""
        hubs = self._trace.persons.hubs
        if hubs is None:
            return "", 0
        mine = hubs.filter(hubs.key.cast("string").isin(self._all_keys())).to_pyarrow().to_pylist()
        if not mine:
            return "", 0
        return tuple(HubKind)[mine[0]["kind"]].value, int(self._holding(self._trace.keyed).count().to_pyarrow().as_py())

    def _all_keys(self) -> list[str]:
        return [key for keys in self.keys.values() for key in keys]

    def _holding(self, rows: ir.Table) -> ir.Table:
        """The rows that carry the identifier asked for."""
        keys = [ibis.literal(key).cast("uuid") for key in self._all_keys()] or [ibis.null("uuid")]
        return rows.filter(ibis.or_(*[rows[column].isin(keys) for column in KEY_COLUMNS]))

    def people(self) -> tuple[tuple[ExplainedPerson, ...], tuple[LinkedRow, ...]]:
        """The people whose rows carry the identifier, and such rows as belong to nobody."""
        rows = self._trace.persons.rows
        carrying = self._holding(self._trace.keyed).select("row_id")
        mine = rows.semi_join(carrying, "row_id").select("row_id", "person").limit(ROWS_MAX).to_pyarrow().to_pylist()
        persons = list(dict.fromkeys(row["person"] for row in sorted(mine, key=lambda row: row["row_id"])))
        nobody = self._rows([(row["row_id"], "", None) for row in mine if row["person"] is None])
        asked = {row["row_id"] for row in mine}
        known = [person for person in persons if person is not None][:PEOPLE_MAX]
        return tuple(self._person(person, asked) for person in known), nobody

    def _rows(self, links: Sequence[tuple[int, str, int | None]]) -> tuple[LinkedRow, ...]:
        """Links with the names of sources, files and lines."""
        places: dict[int, tuple[str, str]] = {}
        for source in self._trace.sources:
            mine = [at for at, _, _ in links if at - source_line(at) == source.offset]
            for at, place in zip(mine, source.source.find([source_line(at) for at in mine]), strict=True):
                name = source.source.name
                places[at] = name, f"{place.part or name}, {place.unit} {place.number}"
        return tuple(LinkedRow(*places[at], by, "" if to is None else places[to][1]) for at, by, to in links)

    def _person(self, person: Any, asked: set[int]) -> ExplainedPerson:
        rows = self._trace.persons.rows
        mine = rows.filter(rows.person.cast("string") == str(person))
        total = int(mine.count().to_pyarrow().as_py())
        listed = mine.order_by("row_id").limit(ROWS_MAX).select("row_id", *KEY_COLUMNS).to_pyarrow().to_pylist()
        before = self._before(mine)
        return ExplainedPerson(
            standing=self._standing(person),
            rows=self._rows(chain(listed, asked)),
            rows_total=total,
            hubs=self._lost(before, listed, self._trace.persons.hubs),
            contested=self._lost(before, listed, self._trace.persons.contested),
        )

    def _before(self, mine: ir.Table) -> list[dict[str, Any]]:
        keyed = self._trace.keyed
        rows = keyed.semi_join(mine.select("row_id"), "row_id").order_by("row_id").limit(ROWS_MAX)
        found: list[dict[str, Any]] = rows.select("row_id", *KEY_COLUMNS).to_pyarrow().to_pylist()
        return found

    def _lost(
        self, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], nobodys: ir.Table | None
    ) -> dict[str, int]:
        """How many identifiers of each kind these rows lost for one reason."""
        if nobodys is None:
            return {}
        kept = {row["row_id"]: row for row in after}
        lost = {
            (str(row[column]), _KINDS[column])
            for row in before
            for column in KEY_COLUMNS
            if row[column] is not None and kept.get(row["row_id"], {}).get(column) is None
        }
        keys = sorted({key for key, _ in lost})
        listed = nobodys.filter(nobodys.key.cast("string").isin(keys or [""])).select("key").to_pyarrow().to_pylist()
        known = {str(row["key"]) for row in listed}
        counts: dict[str, int] = {}
        for key, kind in lost:
            if key in known:
                counts[kind] = counts.get(kind, 0) + 1
        return dict(sorted(counts.items()))

    def _standing(self, person: Any) -> Standing:
        people = self._people.people
        key = str(person).replace("-", "")
        row = people.filter(people.person_key == key).to_pyarrow().to_pylist()[0]
        tiers = {tier.tier: tier for tier in self._people.tiers}
        tier = tiers.get(row["tier"])
        return Standing(
            person_key=key,
            tier=row["tier"],
            value_minor=row["value_minor"],
            orders=row["orders"],
            first_order_on=row["first_order_on"],
            last_order_on=row["last_order_on"],
            country=row["country"],
            consent=_named(row, "consent_") | self._platform_answers(person),
            outcome=_named(row, "outcome_"),
            tier_value_min_minor=None if tier is None else tier.value_min_minor,
            tier_value_max_minor=None if tier is None else tier.value_max_minor,
            **self._worth(person, row),
        )

    def _platform_answers(self, person: Any) -> dict[str, str]:
        """What the person has said for one platform alone, where they have: it may overrule the general answers."""
        known = self._people.known
        mine = known.filter(known.person.cast("string") == str(person))
        words = {platform: answer_word(mine[f"for_{platform}"]) for platform in PLATFORMS}
        (told,) = mine.select(**words).to_pyarrow().to_pylist()
        return {platform: word for platform, word in told.items() if word != Consent.UNKNOWN.value}

    def _worth(self, person: Any, row: Mapping[str, Any]) -> dict[str, Any]:
        """How the person's tier came about. Predictions are made only where tiers go by them."""
        valuing = self._people.valuing
        known = self._people.known
        columns = [name for name in (WORTH, "stayed") if name in known.columns]
        mine = known.filter(known.person.cast("string") == str(person)).select("person", *columns)
        told = mine.to_pyarrow().to_pylist()[0]
        named = [rule for rule in valuing.rules if rule.tier == row["tier"]]
        rest = bool(named) and named[0] is valuing.rules[-1] and len(valuing.rules) > 1
        rule = valuing.rules[-2] if rest else next(iter(named), None)
        found: dict[str, Any] = {"basis": valuing.basis, "horizon_days": valuing.horizon_days, "tier_rule": rule}
        found |= {"worth_minor": told.get(WORTH, row["value_minor"]), "stayed": bool(told.get("stayed"))}
        if valuing.costs or valuing.basis is not Basis.PAST or any(rule.rfm for rule in valuing.rules):
            standing = self._people.standing()
            mine = standing.filter(standing.person.cast("string") == str(person))
            (more,) = mine.select("cost_to_serve_minor", "predicted_minor", "rfm").to_pyarrow().to_pylist()
            found |= {"cost_minor": more["cost_to_serve_minor"], "predicted_minor": more["predicted_minor"]}
            found |= {"rfm": more["rfm"]}
        return found

    def digests(self, text: str, persons: Iterable[str]) -> frozenset[str]:
        """Every digest that may have been sent for the text, and for the other identifiers of its people."""
        country = ibis.literal(self._policy.default_country, "string")
        asked = ibis.memtable([{"text": text}], schema=ibis.schema({"text": "string"}))
        asked = self._engine.materialise("asked", asked)
        parts = [asked.select(mail="text", phone="text", country=country)]
        keys = sorted(persons)
        rows = self._trace.persons.rows
        mine = rows.filter(rows.person.cast("string").replace("-", "").isin(keys or [""])).select("row_id")
        for source in self._trace.sources:
            here = source.valid.semi_join(mine, "row_id").limit(ROWS_MAX)
            place = ibis.coalesce(text_of(here, "country"), country)
            nothing = ibis.null("string")
            parts += [here.select(mail=text_of(here, it), phone=nothing, country=place) for it in EMAIL_COLUMNS]
            parts += [here.select(mail=nothing, phone=text_of(here, it), country=place) for it in PHONE_COLUMNS]
        texts = self._engine.materialise("texts", ibis.union(*parts, distinct=True))
        rules = self._policy.rules
        told = texts.select(
            digest("meta", "EMAIL", texts.mail, None, rules).name("meta_email"),
            digest("google", "email", texts.mail, None, rules).name("google_email"),
            digest("meta", "PHONE", texts.phone, texts.country, rules).name("meta_phone"),
            digest("google", "phone", texts.phone, texts.country, rules).name("google_phone"),
        )
        return frozenset(value for row in told.to_pyarrow().to_pylist() for value in row.values() if value)


def _named(row: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def chain(rows: Sequence[Mapping[str, Any]], asked: set[int]) -> list[tuple[int, str, int | None]]:
    """(row, kind of the link, row it is linked with) by shortest links from the rows asked for; those come first.

    Rows joined only through others than those given come last, without a link.
    """
    held: dict[Any, list[int]] = {}
    for row in rows:
        for column in STRENGTH:
            if row[column] is not None:
                held.setdefault(row[column], []).append(row["row_id"])
    by_id = {row["row_id"]: row for row in rows}
    links: dict[int, tuple[int, str, int | None]] = {at: (at, "", None) for at in by_id if at in asked}
    waiting = deque(links)
    while waiting:
        here = waiting.popleft()
        for column in STRENGTH:
            for other in held.get(by_id[here][column], ()):
                if other not in links:
                    links[other] = (other, _KINDS[column], here)
                    waiting.append(other)
    return [*links.values(), *((at, "", None) for at in by_id if at not in links)]
