"""How the engine keeps within its memory: tables are compressed, and what would not fit is worked out in passes."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from activator.people.engine import Engine, hash_number, open_engine

ROWS = 2_100_000
CUSTOMERS = 700_000
FEW_MB = 60


def shop(engine: Engine) -> ir.Table:
    """Three rows of each of some customers, and some of nobody."""
    numbers = ibis.range(ROWS).unnest().name("n").as_table()
    whose = ibis.cases((numbers.n % 1000 == 0, ibis.null("string")), else_=(numbers.n % CUSTOMERS).cast("string"))
    return engine.materialise("rows", numbers.select(whose=whose, amount=numbers.n))


def per_customer(rows: ir.Table) -> ir.Table:
    return rows.group_by("whose").agg(rows=rows.count(), amount=rows.amount.sum())


@pytest.mark.parametrize(
    ("memory_mb", "encrypted", "in_several"), [(4000, True, False), (FEW_MB, True, True), (FEW_MB, False, False)]
)
def test_what_does_not_fit_is_worked_out_in_passes_and_comes_to_the_same(
    tmp_path: Path, *, memory_mb: int, encrypted: bool, in_several: bool
) -> None:
    asked = list[ir.Table]()

    def made(rows: ir.Table) -> ir.Table:
        asked.append(rows)
        return per_customer(rows)

    with open_engine(tmp_path / "scratch", memory_mb, 2, encrypted=encrypted) as engine:
        rows = shop(engine)
        found = engine.in_passes("customers", rows, "whose", made)
        plain = engine.materialise("plain", per_customer(rows))
        for one, other in ((found, plain), (plain, found)):
            assert one.difference(other).count().to_pyarrow().as_py() == 0
        assert found.count().to_pyarrow().as_py() == plain.count().to_pyarrow().as_py()
    assert (len(asked) > 1) is in_several, "to spill what is not encrypted is cheaper than to read again"


def test_tables_are_compressed_when_memory_runs_short_and_hold_the_same(tmp_path: Path) -> None:
    held = {}
    for memory_mb in (4000, FEW_MB):
        with open_engine(tmp_path / "scratch", memory_mb, 2) as engine:
            rows = shop(engine)
            asked = "SELECT sum(memory_usage_bytes + temporary_storage_bytes) FROM duckdb_memory()"
            held[memory_mb] = engine.backend.con.execute(asked).fetchall()[0][0]
            assert rows.amount.sum().to_pyarrow().as_py() == ROWS * (ROWS - 1) // 2
    assert held[FEW_MB] < held[4000] / 2


def test_a_number_is_the_same_for_equal_values_of_any_type_and_never_below_zero(tmp_path: Path) -> None:
    with open_engine(tmp_path / "scratch") as engine:
        rows = shop(engine)
        told = rows.select("whose", number=hash_number(rows.whose), both=hash_number(ibis.struct({"w": rows.whose})))
        assert told.number.min().to_pyarrow().as_py() >= 0
        assert told.distinct().count().to_pyarrow().as_py() == told.whose.nunique().to_pyarrow().as_py() + 1
