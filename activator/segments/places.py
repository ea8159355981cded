"""Where people are: their own coordinates, else the middle of their postcode, from a file the project names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from activator.config.attributes import PLACE
from activator.config.extensions import SOURCES, load_extension
from activator.errors import SourceError
from activator.people.engine import Engine
from activator.people.identifiers import DEFAULT_RULES
from activator.people.identifiers.countries import iso2
from activator.people.identifiers.postal import meta_zip
from activator.people.identifiers.text import clean
from activator.people.pipeline import People
from activator.people.rows import text_of
from activator.ports import RawExport, Source

COLUMNS = ("country", "postal_code", *PLACE)


@dataclass(frozen=True, slots=True)
class Places:
    """How many people are where they are because of what. unknown: a postal code is known, and is not in the file."""

    coordinates: int
    postcodes: int
    unknown: int
    nowhere: int


def with_places(engine: Engine, people: People, shown: ir.Table, centroids: Path) -> tuple[ir.Table, Places | None]:
    """Everybody with latitude and longitude; as given where no contacts have postal codes.

    shown: one row per person with country, and PLACE where exports give them.

    Raises:
        SourceError: the file cannot be used; names file, line, column and fix.
    """
    codes = _codes(people)
    if codes is None:
        return shown, None
    named = codes.join(shown.select("person", lives_in="country"), "person")
    middles = engine.materialise("middles", read_centroids(engine, centroids))
    sole = middles.agg(sole=ibis.cases((middles.country.nunique() == 1, middles.country.min()))).as_scalar()
    country = ibis.coalesce(named.country, named.lives_in, sole)
    keyed = engine.materialise("postcodes", named.select("person", "row_id", "text", country=country))
    keyed = keyed.mutate(code=meta_zip(keyed.text, keyed.country, DEFAULT_RULES))
    found = keyed.left_join(middles, ["country", "code"])
    first = found.group_by("person").agg(
        has_code=found.count(),
        **{f"middle_{name}": found[name].argmin(found.row_id, where=found[name].notnull()) for name in PLACE},
    )
    joined = shown.left_join(first, "person").drop("person_right")
    own = {name: joined[name] if name in shown.columns else ibis.null("float64") for name in PLACE}
    is_own = own["latitude"].notnull() & own["longitude"].notnull()
    placed = joined.mutate(
        is_own=is_own,
        **{
            name: ibis.cases((is_own, own[name].cast("float64")), else_=joined[f"middle_{name}"].cast("float64"))
            for name in PLACE
        },
    )
    placed = engine.materialise("placed", placed)
    return placed.drop("is_own", "has_code", *[f"middle_{name}" for name in PLACE]), _counted(placed)


def _counted(placed: ir.Table) -> Places:
    known = placed.latitude.notnull()
    counts: Mapping[str, ir.Value] = {
        "coordinates": placed.is_own.sum(),
        "postcodes": (~placed.is_own & known).sum(),
        "unknown": (placed.has_code.notnull() & ~known).sum(),
        "nowhere": (placed.has_code.isnull() & ~known).sum(),
    }
    row = placed.agg(**counts).to_pyarrow().to_pylist()[0]
    return Places(**{name: int(count or 0) for name, count in row.items()})


def _codes(people: People) -> ir.Table | None:
    """(person, row_id, text, country) of every row that says a postal code; None where no export has the column."""
    rows = people.rows.filter(people.rows.person.notnull()).select("row_id", "person")
    parts = []
    for source in people.sources:
        if source.has("postal_code"):
            valid = source.valid
            word = clean(text_of(valid, "country"))
            said = valid.select("row_id", text=text_of(valid, "postal_code"), country=iso2(word))
            parts.append(said.filter(said.text.notnull()).join(rows, "row_id"))
    if not parts:
        return None
    return ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]


def read_centroids(engine: Engine, path: Path) -> ir.Table:
    """(country, code, latitude, longitude), one row per code: the mean, where several rows have one.

    Raises:
        SourceError: it is missing, lacks a column, or has a row that is no place.
    """
    reader: Source = load_extension(SOURCES, "crm")
    raw = reader.read(engine.backend, "centroids", path)
    missing = [name for name in COLUMNS if name not in raw.header]
    if missing:
        raise SourceError(
            f"{raw.heading}: centroids: there is no column `{missing[0]}`", f"Name its columns {', '.join(COLUMNS)}."
        )
    text = raw.table
    rows = engine.materialise(
        "centroid_rows",
        text.select(
            "source_row",
            country=iso2(clean(text.country)),
            written=text.postal_code,
            **{name: text[name].strip().try_cast("float64") for name in PLACE},
        ),
    )
    rows = engine.materialise("centroids", rows.mutate(code=meta_zip(rows.written, rows.country, DEFAULT_RULES)))
    _refuse_faulty(raw, rows)
    raw.release()
    return rows.group_by("country", "code").agg(**{name: rows[name].mean() for name in PLACE})


def _refuse_faulty(raw: RawExport, rows: ir.Table) -> None:
    """Name the first row that says no place: better none than people in the wrong one."""
    faults = {
        "country": rows.country.isnull(),
        "postal_code": rows.code.isnull(),
        "latitude": ~rows.latitude.between(-90, 90).fill_null(False),
        "longitude": ~rows.longitude.between(-180, 180).fill_null(False),
    }
    column = ibis.cases(*[(fault, ibis.literal(name)) for name, fault in faults.items()])
    found = rows.select("source_row", column=column).filter(lambda t: t.column.notnull())
    first = found.order_by("source_row").limit(1).to_pyarrow().to_pylist()
    if first:
        (place,) = raw.find([first[0]["source_row"]])
        name = first[0]["column"]
        raise SourceError(f"{place}: centroids: `{name}` cannot be used", _FIXES[name])


_FIXES = {
    "country": "Write an ISO code or a country's name.",
    "postal_code": "Write the postal code as people write it.",
    "latitude": "Write degrees from -90 to 90 with a decimal point, e.g. 52.5208.",
    "longitude": "Write degrees from -180 to 180 with a decimal point, e.g. 13.4094.",
}
