"""What would be sent for single values, by the very expressions that run over millions of rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import ibis

from activator.errors import ConfigurationError
from activator.people.identifiers import DEFAULT_RULES, FIELDS, IdentifierRules, birth, hashed, iso2, normalised
from activator.people.identifiers.hashing import hashed_once, is_digest
from activator.people.identifiers.headers import OF_FIELD, spelt
from activator.people.identifiers.text import clean, known, shown, wrapped_pattern
from activator.people.reasons import Refused, reason

# Records answered by one query each kind: enough to make planning cheap, few enough to hold.
CHUNK_RECORDS = 20_000
CHUNK_CHARACTERS = 8_000_000
VALUE_CHARACTERS_MAX = 10_000
NEWEST_YEAR = 2099
_NOT_TEXT = {bool: "true or false, not a value", dict: "an object, not one value", list: "a list, not one value"}

Kind = tuple[str, str]
Record = Mapping[str, Any]
Answer = dict[str, str | None]


def check_kind(platform: Any, field: Any, where: str) -> Kind:
    """The platform and field of a record.

    Raises:
        ConfigurationError: there is no such platform or field; names where.
    """
    kind = (platform, field)
    if isinstance(platform, str) and isinstance(field, str) and kind in FIELDS:
        return kind
    platforms = sorted({name for name, _ in FIELDS})
    if platform not in platforms:
        raise ConfigurationError(
            f"{where}: there is no platform {_shown(platform)}", f"It is {' or '.join(platforms)}."
        )
    fields = ", ".join(name for of, name in FIELDS if of == platform)
    raise ConfigurationError(f"{where}: {platform} has no field {_shown(field)}", f"Its fields are {fields}.")


def _shown(word: Any) -> str:
    """A wrong word as a message may show it: what looks like an identifier is not shown."""
    is_word = isinstance(word, str) and word.replace("_", "").isalnum() and len(word) <= 40
    return repr(word) if is_word else "of that name"


@dataclass
class Probe:
    """An engine of its own for questions about single values. Use it as a context manager.

    rules, default_country: a project's; newest_year: the last year somebody can be born in.
    """

    rules: IdentifierRules = DEFAULT_RULES
    default_country: str | None = None
    newest_year: int = NEWEST_YEAR

    def __enter__(self) -> Self:
        self._backend = ibis.duckdb.connect()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._backend.disconnect()

    def stream(self, records: Iterable[Record]) -> Iterator[Answer]:
        """An answer for each record, in order, holding few of them at a time.

        An error of the source of records is raised after the answers for what came before it.

        Raises:
            ConfigurationError: a record names no such platform or field.
        """
        for chunk, failure in _chunks(records):
            yield from self.explain(chunk)
            if failure is not None:
                raise failure

    def explain(self, records: Sequence[Record]) -> list[Answer]:
        """For each record `normalized`, `sha256` and `reason`.

        A record has platform, field, value and optionally country (a code or a name). normalized is None where nothing
        would be sent, and reason says why; sha256 is None for fields a platform takes plain; reason is "" otherwise.

        Raises:
            ConfigurationError: a record names no such platform or field.
        """
        positions: dict[Kind, list[int]] = {}
        for at, record in enumerate(records):
            kind = check_kind(record.get("platform"), record.get("field"), f"record {at + 1}")
            positions.setdefault(kind, []).append(at)
        answers: dict[int, Answer] = {}
        for kind, places in positions.items():
            answers |= dict(zip(places, self._explain(kind, [records[at] for at in places]), strict=True))
        return [answers[at] for at in range(len(records))]

    def _explain(self, kind: Kind, records: Sequence[Record]) -> list[Answer]:
        rows = {
            "at": list(range(len(records))),
            "value": [_text(record.get("value")) for record in records],
            "country": [_text(record.get("country")) for record in records],
        }
        schema = ibis.schema({"at": "int64", "value": "string", "country": "string"})
        given = ibis.memtable(rows, schema=schema)
        asked = self._backend.create_table("asked", given.mutate(value=shown(given.value)), temp=True, overwrite=True)
        region = iso2(clean(asked.country)).coalesce(ibis.literal(self.default_country or "").nullif(""))
        written = normalised(*kind, asked.value, region, self.rules)
        if kind[1] == "DOBY":
            written = birth.until(written, self.newest_year)
        told = asked.select("at", "value", "country", region=region, normalized=written)
        staged = self._backend.create_table("told", told, temp=True, overwrite=True)
        found = staged.select(
            "at",
            "normalized",
            sha256=hashed_once(staged.normalized) if hashed(*kind) else ibis.null("string"),
            cleaned=clean(staged.value),
            placeholder=known(clean(staged.value)).isnull(),
            header=clean(staged.value).re_search(wrapped_pattern(*spelt(OF_FIELD[kind[1]]))),
            region=staged.region.fill_null(""),
            passed_through=is_digest(staged.normalized).fill_null(False),
        )
        answers = self._backend.to_pyarrow(found.order_by("at")).to_pylist()
        return [
            {
                "normalized": answer["normalized"],
                "sha256": answer["sha256"],
                "reason": self._reason(kind, record, answer),
            }
            for record, answer in zip(records, answers, strict=True)
        ]

    def _reason(self, kind: Kind, record: Record, answer: Mapping[str, Any]) -> str:
        if answer["normalized"] is not None:
            return "already a SHA-256 digest: passed through" if hashed(*kind) and answer["passed_through"] else ""
        value = record.get("value")
        if value is None:
            return "null: there is no value"
        if type(value) in _NOT_TEXT:
            return _NOT_TEXT[type(value)]
        if len(str(value)) > VALUE_CHARACTERS_MAX:
            return f"longer than {VALUE_CHARACTERS_MAX:,} characters: no identifier is"
        return reason(
            Refused(
                platform=kind[0],
                field=kind[1],
                text=answer["cleaned"] or "",
                placeholder=answer["placeholder"],
                header=bool(answer["header"]),
                hashed=hashed(*kind),
                region=answer["region"],
                country_given=_text(record.get("country")) not in (None, ""),
                newest_year=self.newest_year,
            )
        )


def _chunks(records: Iterable[Record]) -> Iterator[tuple[list[Record], ConfigurationError | None]]:
    chunk: list[Record] = []
    characters = 0
    source = iter(records)
    while True:
        try:
            record = next(source)
        except StopIteration:
            break
        except ConfigurationError as error:
            yield chunk, error
            return
        chunk.append(record)
        characters += len(str(record.get("value")))
        if len(chunk) >= CHUNK_RECORDS or characters >= CHUNK_CHARACTERS:
            yield chunk, None
            chunk, characters = [], 0
    if chunk:
        yield chunk, None


def _text(value: Any) -> str | None:
    """As UTF-8 can hold it: JSON can spell half a surrogate pair, which is no character."""
    if value is None or type(value) in _NOT_TEXT:
        return None
    text = str(value)
    return None if len(text) > VALUE_CHARACTERS_MAX else text.encode("utf-8", "replace").decode("utf-8")
