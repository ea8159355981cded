"""Canonical relations for specifications: rows with only the columns that matter, the others empty."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.erased import Erased
from activator.people.mapping import CANONICAL, CONSENT_FIELDS
from activator.people.pipeline import CanonicalSource, People, PeoplePolicy, TierCut, build_people

TIERS = (TierCut("high", Decimal("0.20")), TierCut("mid", Decimal("0.50")), TierCut("rest", None))
GRANTED = {"consent_ad_user_data": "granted", "consent_ad_personalization": "granted"}
UNKNOWN = dict.fromkeys(CONSENT_FIELDS, "unknown")


def source(entity: Entity, rows: list[dict[str, Any]], name: str | None = None) -> CanonicalSource:
    """A source of one entity; lines count from 2, as in a file with a header."""
    kinds = {"source_row": "int64", "invalid_reason": "string", **CANONICAL[entity]}
    blank: dict[str, Any] = dict.fromkeys(kinds) | (UNKNOWN if entity is Entity.CONTACTS else {})
    full = [blank | {"source_row": line} | row for line, row in enumerate(rows, start=2)]
    return CanonicalSource(name or entity.value, entity, ibis.memtable(full, schema=ibis.schema(kinds)))


def order(email: str | None, amount_minor: int, **fields: Any) -> dict[str, Any]:
    """One order row in euros on 1 October 2026; every row an order of its own unless order_id says otherwise."""
    plain = {"email": email, "ordered_at": datetime(2026, 10, 1), "amount_minor": amount_minor, "currency": "EUR"}  # noqa: DTZ001
    return plain | fields


def build(
    engine: Engine,
    *sources: CanonicalSource,
    lists: Sequence[CanonicalSource] = (),
    erased: Erased | None = None,
    **policy: Any,
) -> People:
    """The people of some sources, as of 1 November 2026 in euros unless policy says otherwise."""
    settings: dict[str, Any] = {
        "default_country": "DE",
        "as_of": date(2026, 11, 1),
        "currency": "EUR",
        "rates": {},
        "tiers": TIERS,
    }
    return build_people(engine, sources, PeoplePolicy(**(settings | policy)), lists, erased=erased)


def persons(found: People) -> list[dict[str, Any]]:
    """Everyone, dearest first."""
    rows: list[dict[str, Any]] = found.people.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda person: (-(person["value_minor"] or 0), person["person_key"]))
