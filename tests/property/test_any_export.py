"""Whatever bytes a file holds, reading it ends in success or in one error that says where, and loses nothing."""

import csv
import io
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.errors import SourceError
from activator.people.mapping import canonical
from connectors.crm.files import connector
from mappings.loader import load_mapping

LIMITS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Every letter that means something to a CSV reader, often, and some that mean something to nobody.
NOISE = st.lists(
    st.sampled_from([b",", b";", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xc3\xa9", b" ", b"a", b"1"]),
    max_size=40,
).map(b"".join)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.fixture(scope="module")
def backend() -> Any:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def read(backend: Any, folder: Path, content: bytes) -> Any:
    path = folder / "export.csv"
    path.write_bytes(content)
    return connector.read(backend, "export", path)


@LIMITS
@given(noise=NOISE)
def test_any_bytes_are_read_or_refused_by_name(backend: Any, tmp_path: Path, noise: bytes) -> None:
    try:
        export = read(backend, tmp_path, b"name,mail\n" + noise)
    except SourceError as error:
        assert error.message.startswith("export.csv")  # noqa: PT017 - both ends are allowed
        assert error.next_step  # noqa: PT017
    else:
        assert export.header == ("name", "mail")
        records = [record for record in csv.reader(io.StringIO(noise.decode(), newline="")) if record]
        assert export.rows == len(records)
        assert all(len(record) == 2 for record in records)


@LIMITS
@given(records=st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_a_csv_writer_writes_comes_back_as_it_was(
    backend: Any, tmp_path: Path, records: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("name", "mail"), *records])
    export = read(backend, tmp_path, text.getvalue().encode())
    table = export.table.order_by("source_row").to_pyarrow()
    found = [(row["name"] or "", row["mail"] or "") for row in table.to_pylist()]
    assert found == records


@LIMITS
@given(moment=CELLS, amount=CELLS, currency=CELLS)
def test_no_cell_makes_a_mapping_fail(backend: Any, tmp_path: Path, moment: str, amount: str, currency: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    header = ("order_id", "email", "ordered_at", "amount", "currency")
    writer.writerows([header, ("1", "a@example.com", moment, amount, currency)])
    rows = canonical(read(backend, tmp_path, text.getvalue().encode()), load_mapping("generic_orders", Path()))
    (row,) = rows.to_pyarrow().to_pylist()
    whole = all(row[field] is not None for field in ("ordered_at", "amount_minor", "currency"))
    assert (row["invalid_reason"] is None) == whole


def test_what_a_refused_export_has_left_in_the_engine_is_not_read_for_the_next(backend: Any, tmp_path: Path) -> None:
    """Loading that is interrupted leaves names behind; one of them once held the rows of the file before."""
    backend.con.execute("CREATE OR REPLACE TEMP VIEW source AS SELECT 'old' AS c0, 'old' AS c1")
    export = read(backend, tmp_path, b"name,mail\nnew,new\n")
    assert [row["name"] for row in export.table.to_pyarrow().to_pylist()] == ["new"]
