"""What would be sent for single values, by the very expressions that run over millions of rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis

from activator.errors import ConfigurationError
from activator.people.identifiers import FIELDS, digest, hashed, normalised
from activator.people.identifiers.hashing import is_digest
from activator.people.identifiers.text import clean, known

_NOT_SENT = {
    "email": "not an e-mail address, or one that is nobody's",
    "phone": "not a phone number that is certain: write it with + and country code, or give its country",
    "region_code": "not an ISO 3166-1 alpha-2 code",
    "COUNTRY": "not a country code or name",
    "CT": "no Latin letters",
    "ST": "not a state",
    "GEN": "neither male nor female",
    "DOBY": "not a year from 1900 on",
    "DOBM": "not a month",
    "DOBD": "not a day of a month",
}


def explain_identifiers(records: Sequence[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    """For each record `normalized`, `sha256` and `reason`.

    A record has platform, field, value and optionally country (a code or a name). normalized is None where nothing
    would be sent, and reason says why; sha256 is None for fields a platform takes plain; reason is "" otherwise.

    Raises:
        ConfigurationError: a record names no such platform or field.
    """
    kinds = [(str(record.get("platform")), str(record.get("field"))) for record in records]
    for position, kind in enumerate(kinds, start=1):
        if kind not in FIELDS:
            known_fields = ", ".join(f"{platform} {field}" for platform, field in FIELDS)
            raise ConfigurationError(f"record {position}: there is no field {kind[1]!r} of {kind[0]!r}", known_fields)
    backend = ibis.duckdb.connect()
    try:
        answers: dict[int, dict[str, str | None]] = {}
        for kind in dict.fromkeys(kinds):
            positions = [position for position, other in enumerate(kinds) if other == kind]
            answers |= dict(zip(positions, _explain(backend, kind, [records[at] for at in positions]), strict=True))
    finally:
        backend.disconnect()
    return [answers[position] for position in range(len(records))]


def _explain(backend: Any, kind: tuple[str, str], records: Sequence[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    rows = [
        {"at": at, "value": _text(record.get("value")), "country": _text(record.get("country"))}
        for at, record in enumerate(records)
    ]
    schema = ibis.schema({"at": "int64", "value": "string", "country": "string"})
    table = backend.create_table("probe_" + "_".join(kind), ibis.memtable(rows, schema=schema))
    written = normalised(*kind, table.value, table.country)
    told = table.select(
        "at",
        normalized=written,
        sha256=digest(*kind, table.value, table.country) if hashed(*kind) else ibis.null("string"),
        given=table.value.fill_null(""),
        empty=clean(table.value).fill_null("") == "",
        placeholder=known(clean(table.value)).isnull(),
        passed_through=is_digest(written).fill_null(False),
    )
    answers = backend.to_pyarrow(told.order_by("at")).to_pylist()
    return [
        {"normalized": answer["normalized"], "sha256": answer["sha256"], "reason": _reason(kind, answer)}
        for answer in answers
    ]


def _reason(kind: tuple[str, str], answer: Mapping[str, Any]) -> str:
    if answer["normalized"] is not None:
        return "already a SHA-256 digest: passed through" if hashed(*kind) and answer["passed_through"] else ""
    if answer["empty"]:
        return "empty"
    if answer["placeholder"]:
        return "a placeholder for nothing"
    field = kind[1]
    return _NOT_SENT.get(field, _NOT_SENT.get(field.lower(), "nothing in it can be sent"))


def _text(value: Any) -> str | None:
    """As UTF-8 can hold it: JSON can spell half a surrogate pair, which is no character."""
    return None if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
