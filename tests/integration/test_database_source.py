"""A table or query of a real PostgreSQL server, and of a DuckDB file, is an export like any other."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import psycopg
import pytest

from activator.errors import ActivatorError, ConfigurationError, SourceError
from activator.model.exports import QueryPlace
from activator.ports import RawExport
from connectors.crm.files import connector
from tests.postgres_server import PASSWORD, postgres_server

VARIABLE = "ACTIVATOR_SOURCES__CRM__URL"
PEOPLE = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE people (id int, mail text, spent numeric(10,2), joined timestamptz, born date, score float8, ok boolean,
    mood mood, extra jsonb, photo bytea, tags text[]);
INSERT INTO people VALUES
    (1, 'ada@example.com', 12.50, '2026-03-01 10:00+01', '1985-12-10', 7, true, 'happy', '{"a": 1}', NULL, NULL),
    (2, '', NULL, NULL, NULL, 0.5, false, NULL, NULL, NULL, NULL),
    (3, 'x,"y"' || chr(10) || 'z', -3, '2026-07-01 00:00:00.5+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE many AS SELECT n AS id, 'person' || n || '@example.com' AS mail FROM generate_series(1, 10000) n;
CREATE SCHEMA shop; CREATE TABLE shop.orders AS SELECT 1 AS no;
CREATE TABLE hidden (id int);
CREATE ROLE reader LOGIN PASSWORD 'only-here';
GRANT SELECT ON people, many TO reader;
"""
WANTED = ["id", "mail", "spent", "joined", "born", "score", "ok", "mood", "extra"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        with psycopg.connect(url) as connection:
            connection.execute(PEOPLE)
        yield url


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


@pytest.fixture
def reader(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a user who may only read."""
    url = server.replace("owner:", "reader:")
    monkeypatch.setenv(VARIABLE, url)
    return url


def place(table: str | None = None, query: str | None = None) -> QueryPlace:
    return QueryPlace("crm", Path("nowhere"), table, query)


def rows(export: RawExport) -> list[tuple[Any, ...]]:
    table = export.table.order_by("source_row").to_pyarrow()
    return [tuple(row.values()) for row in table.to_pylist()]


def refusal(backend: Any, asked: QueryPlace) -> ActivatorError:
    with pytest.raises(ActivatorError) as caught:
        connector.read(backend, "crm", asked)
    said = f"{caught.value.message} {caught.value.next_step}"
    assert not any(secret in said for secret in (PASSWORD, "WRONG", "ada@", "reader"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_every_cell_is_the_text_an_export_tool_would_write(backend: Any, reader: str) -> None:
    export = connector.read(backend, "crm", place("people"), WANTED)
    assert export.header == (*WANTED, "photo", "tags")
    assert rows(export) == [
        (2, "1", "ada@example.com", "12.50", "2026-03-01 09:00:00+00", "1985-12-10", "7", "true", "happy", '{"a": 1}'),
        (3, "2", "", None, None, None, "0.5", "false", None, None),
        (4, "3", 'x,"y"\nz', "-3.00", "2026-07-01 00:00:00.5+00", None, None, None, None, None),
    ]
    assert [str(found) for found in export.find([4])] == ["table people of crm, row 3"]


def test_a_query_is_an_export_too(backend: Any, reader: str) -> None:
    export = connector.read(backend, "crm", place(query="SELECT id, lower(mail) AS mail FROM many WHERE id < 3 -- two"))
    assert rows(export) == [(2, "1", "person1@example.com"), (3, "2", "person2@example.com")]
    assert export.path.name == "the query of crm"


def test_ten_thousand_rows_come_whole(backend: Any, reader: str) -> None:
    export = connector.read(backend, "crm", place("many"))
    distinct = export.table.aggregate(ids=export.table["id"].nunique(), first=export.table["source_row"].min())
    assert export.rows == 10_000
    assert distinct.to_pyarrow().to_pylist() == [{"ids": 10_000, "first": 2}]


def test_the_digest_tells_change_and_nothing_else(backend: Any, server: str, reader: str) -> None:
    ascending = connector.digest(place(query="SELECT * FROM many ORDER BY id"))
    assert connector.digest(place(query="SELECT * FROM many ORDER BY id DESC")) == ascending
    assert connector.read(backend, "crm", place("many")).digest == ascending
    assert connector.digest(place("many"), ["mail"]) != ascending
    with psycopg.connect(server) as owner:
        owner.execute("UPDATE many SET mail = '' WHERE id = 5000")
    assert connector.digest(place("many")) != ascending
    with psycopg.connect(server) as owner:
        owner.execute("UPDATE many SET mail = NULL WHERE id = 5000")
    nulls = connector.digest(place("many"))
    with psycopg.connect(server) as owner:
        owner.execute("UPDATE many SET mail = 'person5000@example.com' WHERE id = 5000")
    assert connector.digest(place("many")) == ascending != nulls


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (place("people"), "column 'photo' holds binary values, which no cell can show"),
        (place(query="SELECT tags FROM people"), "column 'tags' holds array values"),
        (place("nobody"), "table nobody of crm: the database has no such table or view"),
        (place("hidden"), "the database does not let this user read it"),
        (place(query="SELECT nothing FROM people"), "the database has no such column"),
        (place(query="SELEKT"), "the database cannot read the query"),
        (place(query="DELETE FROM people RETURNING id"), "the database cannot read the query"),
        (place(query="SELECT setval('s', 1) FROM people"), "the database has no such table or view"),
        (place(query='SELECT id, id AS "ID" FROM people'), "columns 1 and 2 are both called"),
    ],
)
def test_what_cannot_be_read_is_an_error_in_our_words(
    backend: Any, reader: str, asked: QueryPlace, message: str
) -> None:
    assert message in refusal(backend, asked).message


def test_a_query_cannot_change_anything_even_as_owner(
    backend: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server)
    with psycopg.connect(server) as owner:
        owner.execute("CREATE FUNCTION spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM hidden RETURNING id'")
    asked = place(query="SELECT spoil() AS id FROM many")
    assert "only reading is allowed" in refusal(backend, asked).message


def test_a_statement_that_takes_too_long_is_ended(backend: Any, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATOR_SOURCES__CRM__TIMEOUT_SECONDS", "1")
    error = refusal(backend, place(query="SELECT pg_sleep(20)::text AS waited"))
    assert error.message == "the query of crm: the database took longer than the time limit"
    assert "ACTIVATOR_SOURCES__CRM__TIMEOUT_SECONDS" in error.next_step


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ((PASSWORD, "WRONG"), SourceError, "refuses the user or the password"),
        (("reader:", "stranger:"), SourceError, "refuses the user or the password"),
        (("/postgres?", "/nowhere?"), SourceError, "has no database of that name"),
        (("host=", "host=/nowhere"), SourceError, "cannot be reached"),
        (("postgres://", "postgrs://"), ConfigurationError, "names no kind of database that is known here"),
    ],
)
def test_a_connection_that_fails_says_why_without_its_secrets(
    backend: Any, reader: str, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], kind: type, message: str
) -> None:
    monkeypatch.setenv(VARIABLE, reader.replace(*change))
    error = refusal(backend, place("people"))
    assert isinstance(error, kind)
    assert message in error.message


def test_missing_settings_and_drivers_are_named(backend: Any, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where the extra is not installed
    assert "audience-activator[postgres]" in refusal(backend, place("people")).next_step
    monkeypatch.delenv(VARIABLE)
    assert refusal(backend, place("people")).message == f"{VARIABLE} is not set"


def test_a_duckdb_file_is_read_the_same_way_and_nothing_beside_it(
    backend: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE people AS SELECT 1 AS id, 12.5::DOUBLE AS spent, 7.0::DOUBLE AS score")
        made.execute("ALTER TABLE people ADD COLUMN joined TIMESTAMPTZ DEFAULT '2026-03-01 10:00:00+01'")
        made.execute("INSERT INTO people SELECT range, NULL, 0.5, NULL FROM range(2, 50002)")
    monkeypatch.setenv(VARIABLE, f"duckdb://{path}")
    export = connector.read(backend, "crm", place("people"))
    assert export.rows == 50_001
    assert rows(export)[0] == (2, "1", "12.5", "7", "2026-03-01 09:00:00+00")
    assert export.digest == connector.digest(place(query="SELECT * FROM people ORDER BY id DESC"))
    (tmp_path / "other.csv").write_text("secret\n1\n")
    assert refusal(backend, place(query=f"SELECT * FROM read_csv('{tmp_path}/other.csv')"))
    assert "no such table or view" in refusal(backend, place("nobody")).message
    monkeypatch.setenv(VARIABLE, f"duckdb://{tmp_path}/none.duckdb")
    assert "cannot be opened" in refusal(backend, place("people")).message
