"""Every source row as fixed-width identity keys: what consolidation works on, whatever the export looked like.

A row's id says where it came from: contacts before orders before responses before all else, then the order of the
sources in the project file, then the line. "Earlier" below always means a smaller row id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from activator.model.exports import LinePerRow, RowPlace
from activator.model.people import Entity
from activator.people.consent import ANSWERS, answer_code
from activator.people.engine import Engine, hash_number, with_constants
from activator.people.identifiers import iso2
from activator.people.identifiers.email import address, google_form
from activator.people.identifiers.phone import settled
from activator.people.identifiers.phone_fast import country_code
from activator.people.identifiers.text import clean
from activator.people.identity_keys import id_key, identity_key
from activator.people.purchases import BOUGHT, gathered, said_of_person
from activator.people.recall import Recall

# Two bits, so what no other step tells apart shares a rank.
_ENTITY_RANK = dict.fromkeys(Entity, 3) | {Entity.CONTACTS: 0, Entity.ORDERS: 1, Entity.RESPONSES: 2}
_SOURCE_BITS = 44  # lines of one source; 14 bits above them for the source, 2 for the entity
_ENTITY_BITS = 58
EMAIL_COLUMNS = ("email", "email_2", "email_3", "email_4", "email_5")
PHONE_COLUMNS = ("phone", "phone_2", "phone_3")
EMAIL_KEYS = tuple(f"{column}_key" for column in EMAIL_COLUMNS)
PHONE_KEYS = tuple(f"{column}_key" for column in PHONE_COLUMNS)
ADDRESS_KEYS = (*EMAIL_KEYS, *PHONE_KEYS)
KEY_COLUMNS = ("email_key", "id_key", "phone_key", *EMAIL_KEYS[1:], *PHONE_KEYS[1:])


@dataclass(frozen=True)
class CanonicalSource:
    """One export after mapping. table: the canonical relation of its entity, with source_row and invalid_reason.

    find: where its rows stand in the export; whole_orders: every row is an order of its own, so that counting orders
    needs no comparison of their ids; id_space: whose all its ids are, None where each row says it.
    """

    name: str
    entity: Entity
    table: ir.Table
    find: Callable[[Sequence[int]], list[RowPlace]] = LinePerRow("").find
    whole_orders: bool = False
    id_space: str | None = None


@dataclass(frozen=True)
class NumberedSource:
    """A source, the row id its line 0 would have, its unusable rows (source_row, reason), and orders gathered."""

    source: CanonicalSource
    offset: int
    faults: ir.Table
    gathered: ir.Table | None = None

    @property
    def code(self) -> int:
        """What `source_code` of its row ids is."""
        return self.offset >> _SOURCE_BITS

    @property
    def valid(self) -> ir.Table:
        """The rows mapping found nothing wrong with, with their row_id; of orders, one for all of a customer's.

        The column `stands_for`, where there is one, says how many rows it stands for.
        """
        return self.each if self.gathered is None else self.gathered

    @property
    def each(self) -> ir.Table:
        """Every row mapping found nothing wrong with, with its row_id."""
        table = self.source.table
        kept = table.filter(table.invalid_reason.isnull()).drop("invalid_reason")
        return kept.mutate(row_id=self.offset + kept.source_row.cast("int64"))

    @property
    def behind(self) -> ir.Table:
        """`each`, with the row_id of the row of `valid` that stands for it as `stands_in`."""
        rows = self.each
        if self.gathered is None:
            return rows.mutate(stands_in=rows.row_id)
        alike = [rows[column].identical_to(self.gathered[column]) for column in said_of_person(rows)]
        return rows.join(self.gathered, alike).select(rows, stands_in=self.gathered.row_id)

    def has(self, column: str) -> bool:
        """Whether the entity of this source has the column."""
        return column in self.source.table.columns


def text_of(rows: ir.Table, column: str) -> ir.StringValue:
    """A column of `NumberedSource.valid` as text, NULL where the entity has no such column."""
    return rows[column].cast("string") if column in rows.columns else ibis.null("string")


def numbered(
    engine: Engine, sources: Sequence[CanonicalSource], as_of: date | None = None
) -> tuple[NumberedSource, ...]:
    """Sources with room for their row ids: by entity first, then in the order given. as_of: for `gathered`."""
    return tuple(
        _numbered(engine, source, (_ENTITY_RANK[source.entity] << _ENTITY_BITS) + (ordinal << _SOURCE_BITS), as_of)
        for ordinal, source in enumerate(sources)
    )


def _numbered(engine: Engine, source: CanonicalSource, offset: int, as_of: date | None) -> NumberedSource:
    table = source.table
    faults = table.filter(table.invalid_reason.notnull()).select("source_row", reason="invalid_reason")
    if source.entity is not Entity.ORDERS:
        return NumberedSource(source, offset, engine.materialise("faults", faults))
    whole, faulty = gathered(engine, table, offset, as_of, source.id_space)
    if not faulty:  # looking for faults would read every cell again
        faults = ibis.memtable([], schema=faults.schema())
    return NumberedSource(source, offset, engine.materialise("faults", faults), whole)


def source_code(row_id: ir.IntegerValue) -> ir.IntegerValue:
    """Which source a row id belongs to: NumberedSource.code."""
    return row_id >> _SOURCE_BITS


def source_line(row_id: int) -> int:
    """The source_row inside a row id."""
    return row_id & ((1 << _SOURCE_BITS) - 1)


def country_codes(engine: Engine, sources: Sequence[NumberedSource]) -> ir.Table:
    """Every word found in a country column -> its code; one row per distinct word."""
    words = ibis.union(*[_words(source) for source in sources], distinct=True)
    return engine.materialise("countries", words.mutate(code=iso2(clean(words.word))))


def _words(source: NumberedSource) -> ir.Table:
    rows = source.valid
    return rows.select(word=text_of(rows, "country").fill_null("")).distinct()


def phone_book(
    engine: Engine,
    sources: Sequence[NumberedSource],
    countries: ir.Table,
    default_country: str | None,
    recall: Recall | None = None,
) -> ir.Table:
    """Every distinct (phone, country word) that is a number -> country, phone_key, e164. The parser sees a pair once.

    e164 is NULL for numbers whose key was recalled: they are not parsed again for their key.
    """
    spellings = [_spellings(source, column) for source in sources for column in PHONE_COLUMNS if source.has(column)]
    nothing = ibis.memtable([], schema=ibis.schema({"phone": "string", "word": "string"}))
    pairs = ibis.union(nothing, *spellings, distinct=True)
    located = pairs.join(countries, "word")
    country = ibis.coalesce(located.code, ibis.literal(default_country or "")).nullif("")
    located = engine.materialise("phone_pairs", located.select("phone", "word", country=country))
    numbers = _parsed(engine, located) if recall is None else _recalled(engine, located, recall)
    engine.drop(located)
    known_numbers = numbers.filter(numbers.phone_key.notnull())
    book = engine.materialise("phones", known_numbers.select("phone", "word", "country", "e164", "phone_key"))
    engine.drop(numbers)
    return book


def _parsed(engine: Engine, pairs: ir.Table) -> ir.Table:
    regions = pairs.filter(pairs.country.notnull()).select("country").distinct()
    seen = regions.to_pyarrow()["country"].to_pylist()
    codes = engine.materialise("calling_codes", regions.mutate(code=country_code(regions.country, seen)))
    coded = pairs.left_join(codes, "country").drop("country_right")
    spelt = engine.staged(coded, region=coded.country.fill_null(""))
    numbers = engine.materialise("phone_numbers", settled(engine.staged, spelt, seen).drop("region", "code"))
    written = numbers.mutate(e164=numbers.e164.nullif(""))
    parsed = engine.materialise("phone_keys", written.mutate(phone_key=identity_key(written.e164)))
    for table in (codes, numbers):
        engine.drop(table)
    return parsed


def _recalled(engine: Engine, pairs: ir.Table, recall: Recall) -> ir.Table:
    """The same, with the keys of numbers met in an earlier run."""
    marked = engine.materialise("marked", pairs.mutate(mark=recall.mark("phone", pairs.phone, pairs.country)))
    known = recall.known("phones")
    if known is None:
        numbers = _parsed(engine, marked)
    else:
        again = marked.join(known, "mark")
        numbers = again.select(*marked.columns, e164=ibis.null("string"), phone_key=again.value)
        fresh = engine.materialise("fresh", marked.anti_join(known, "mark"))
        if int(fresh.count().to_pyarrow().as_py()):  # the rules are long, and to plan them for nobody costs as much
            numbers = ibis.union(numbers, _parsed(engine, fresh))
        numbers = engine.materialise("phone_keys", numbers)
        engine.drop(fresh)
    recall.keep("phones", numbers.select("mark", value="phone_key"))
    engine.drop(marked)
    return numbers


def _spellings(source: NumberedSource, column: str) -> ir.Table:
    rows = source.valid
    pairs = rows.select(phone=text_of(rows, column), word=text_of(rows, "country").fill_null(""))
    return pairs.filter(pairs.phone.notnull()).distinct()


def keyed_rows(engine: Engine, sources: Sequence[NumberedSource], countries: ir.Table, phones: ir.Table) -> ir.Table:
    """All valid rows of all sources: keys, country code, consent and how much each row knows; no text but currencies.

    standing: the order in which rows are asked, by source and then by what they say; `row_id` is where they stand.
    Rows of orders also have the columns of `purchases.BOUGHT`.
    """
    return engine.stacked([_keyed_of(engine, source, countries, phones) for source in sources])


def _keyed_of(engine: Engine, source: NumberedSource, countries: ir.Table, phones: ir.Table) -> ir.Table:
    keyed, unsaid = _keyed(engine, source, countries, phones), _unsaid(source)
    if source.gathered is not None and "id_key" in source.gathered.columns:
        return engine.view(with_constants(keyed.drop(*unsaid), unsaid, keyed.schema()))  # there is no more to compute
    return engine.lean("keyed", keyed, unsaid)


def _unsaid(source: NumberedSource) -> dict[str, Any]:
    """The columns of keyed rows that the source says nothing in, with what they are then."""
    keys = (f"{column}_key" for column in (*EMAIL_COLUMNS, *PHONE_COLUMNS) if not source.has(column))
    told = {name: (default, of) for name, (default, *of) in _TOLD_BY.items()}
    unsaid = {name: default for name, (default, of) in told.items() if not any(source.has(column) for column in of)}
    not_bought = dict.fromkeys(BOUGHT) | {"stands_for": 1}
    return dict.fromkeys(keys) | unsaid | (not_bought if source.gathered is None else {})


# Column of keyed rows -> what it is where its source has none of the columns after it.
_TOLD_BY: dict[str, tuple[Any, ...]] = {
    "country": (None, "country"),
    "name_parts": (0, "first_name", "last_name"),
    "place_parts": (0, "city", "state", "postal_code", "country"),
    "has_birth_date": (False, "birth_date"),
    "has_gender": (False, "gender"),
    **{name: (0, column) for name, column in ANSWERS.items()},
}


def filled(rows: ir.Table, columns: Sequence[str]) -> list[str]:
    """Those of the columns that hold anything: most exports fill few."""
    told = rows.aggregate(**{column: rows[column].notnull().any() for column in columns})
    return [column for column, holds in told.to_pyarrow().to_pylist()[0].items() if holds]


def _keyed(engine: Engine, source: NumberedSource, countries: ir.Table, phones: ir.Table) -> ir.Table:
    valid = source.valid
    there = [column for column in EMAIL_COLUMNS if source.has(column)]
    plain = engine.staged(valid, **{f"{column}_plain": address(text_of(valid, column)) for column in there})
    valid = engine.staged(plain, **{f"{column}_google": google_form(plain[f"{column}_plain"]) for column in there})
    emails = {
        f"{column}_key": identity_key(valid[f"{column}_google"]) if column in there else ibis.null("uuid")
        for column in EMAIL_COLUMNS
    }
    has_key = "id_key" in valid.columns
    keyed = valid.select(
        "row_id",
        standing=source.offset + _content(valid),
        stands_for=valid.stands_for if "stands_for" in valid.columns else ibis.literal(1, "int64"),
        **{column: text_of(valid, column) for column in PHONE_COLUMNS},
        word=text_of(valid, "country").fill_null(""),
        **emails,
        id_key=valid.id_key if has_key else id_key(text_of(valid, "id_space"), text_of(valid, "external_id")),
        shown=_parts(valid, *EMAIL_COLUMNS, *PHONE_COLUMNS, "external_id") > 0,
        name_parts=_parts(valid, "first_name", "last_name"),
        place_parts=_parts(valid, "city", "state", "postal_code", "country"),
        has_birth_date=text_of(valid, "birth_date").notnull(),
        has_gender=text_of(valid, "gender").notnull(),
        **{name: answer_code(text_of(valid, column)) for name, column in ANSWERS.items()},
        **{name: ibis.null(kind) if source.gathered is None else valid[name] for name, kind in BOUGHT.items()},
    )
    if source.has("country"):
        keyed = keyed.left_join(countries, "word").drop("word_right").rename(country="code")
    else:
        keyed = keyed.mutate(country=ibis.null("string"))
    for column in PHONE_COLUMNS:
        if source.has(column):
            book = phones.select("word", **{column: "phone", f"{column}_key": "phone_key"})
            keyed = keyed.left_join(book, [column, "word"]).drop(f"{column}_right", "word_right")
        else:
            keyed = keyed.mutate(**{f"{column}_key": ibis.null("uuid")})
    return keyed.select(*ROW_COLUMNS)


ROW_COLUMNS = (
    "row_id", "standing", "stands_for", *KEY_COLUMNS, "shown", "country", "name_parts", "place_parts", "has_birth_date",
    "has_gender", *ANSWERS, *BOUGHT,
)  # fmt: skip


def _content(rows: ir.Table) -> ir.IntegerValue:
    """A number for what a row says of a person, whatever its line: rows chosen by it do not depend on their order."""
    texts = [text_of(rows, column).fill_null("") for column in _SAID_OF_PERSON if column in rows.columns]
    return hash_number(ibis.literal("\x1f").join([*texts, ibis.literal("")])) & ((1 << _SOURCE_BITS) - 1)


_SAID_OF_PERSON = (
    *EMAIL_COLUMNS, *PHONE_COLUMNS, "first_name", "last_name", "city", "state", "postal_code", "country", "birth_date",
    "gender", "external_id",
)  # fmt: skip


def _parts(rows: ir.Table, *columns: str) -> ir.IntegerValue:
    """How many of the columns are known."""
    present = [text_of(rows, column).notnull().cast("int8") for column in columns]
    return cast("ir.IntegerValue", sum(present[1:], start=present[0])).cast("int8")
