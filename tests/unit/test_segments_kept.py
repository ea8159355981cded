"""Memberships kept between runs: what counts is always one whole state, whenever a run dies."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from activator.errors import LedgerError
from activator.people.engine import Engine, open_engine
from activator.people.erased import Erased, mac_of
from activator.segments import kept as module
from activator.segments.kept import KeptMemberships

MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def rows(engine: Engine, *people: str, since: date = MONDAY) -> ir.Table:
    table = [{"person": person, "segment": "s", "since": since} for person in people]
    kinds = {"person": "string", "segment": "string", "since": "date"}
    return engine.materialise("rows", ibis.memtable(table, schema=ibis.schema(kinds)))


def moves(engine: Engine, on: date, *people: str) -> ir.Table:
    table = [{"on": on, "person": person, "segment": "s", "came": True} for person in people]
    kinds = {"on": "date", "person": "string", "segment": "string", "came": "boolean"}
    return engine.materialise("moves", ibis.memtable(table, schema=ibis.schema(kinds)))


def keep(engine: Engine, state: Path, day: date, *people: str) -> None:
    KeptMemberships(engine, state).keep(rows(engine, *people), moves(engine, day, *people), day, "rules")


def known(engine: Engine, state: Path, as_of: date) -> list[str] | None:
    last = KeptMemberships(engine, state).last_time(as_of)
    return None if last is None else sorted(last.members.person.to_pyarrow().to_pylist())


def test_nothing_is_known_at_first(engine: Engine, tmp_path: Path) -> None:
    assert known(engine, tmp_path, MONDAY) is None
    assert not (tmp_path / "segments").exists()


def test_a_day_is_compared_with_the_one_before_however_often_it_is_asked(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "a")
    keep(engine, tmp_path, TUESDAY, "a", "b")
    keep(engine, tmp_path, TUESDAY, "a", "c")
    assert known(engine, tmp_path, TUESDAY) == ["a"]
    assert known(engine, tmp_path, WEDNESDAY) == ["a", "c"]


def test_moves_of_a_day_are_replaced_and_those_of_others_stay(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "a")
    keep(engine, tmp_path, TUESDAY, "b")
    keep(engine, tmp_path, TUESDAY, "c")
    history = KeptMemberships(engine, tmp_path).history()
    assert history is not None
    found = {(row["on"], row["person"]) for row in history.to_pyarrow().to_pylist()}
    assert found == {(MONDAY, "a"), (TUESDAY, "c")}


def test_an_older_day_is_not_kept(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, TUESDAY, "a")
    assert not KeptMemberships(engine, tmp_path).is_kept(MONDAY)
    assert KeptMemberships(engine, tmp_path).is_kept(TUESDAY)


@pytest.mark.parametrize("at", range(3))
def test_a_run_that_dies_at_any_rename_leaves_the_state_before_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Two files and the list are renamed; the run dies before one of them."""
    keep(engine, tmp_path, MONDAY, "a")
    renamed: list[Path] = []
    real = Path.replace

    def dying(self: Path, target: Any) -> Path:
        if len(renamed) == at:
            raise KeyboardInterrupt
        renamed.append(self)
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying)
        with pytest.raises(KeyboardInterrupt):
            keep(engine, tmp_path, TUESDAY, "a", "b")
    assert known(engine, tmp_path, WEDNESDAY) == ["a"]
    keep(engine, tmp_path, TUESDAY, "a", "b")
    assert known(engine, tmp_path, WEDNESDAY) == ["a", "b"]
    assert len(list((tmp_path / "segments").glob("*.parquet"))) == 4  # two memberships and two days of moves


def test_a_damaged_file_is_named_and_never_read(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "a")
    (file,) = (tmp_path / "segments").glob("members-*.parquet")
    file.write_bytes(file.read_bytes()[:-8] + b"nonsense")
    with pytest.raises(LedgerError, match="missing or damaged"):
        known(engine, tmp_path, TUESDAY)


def test_a_damaged_list_is_named(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "a")
    (tmp_path / "segments" / module.LIST_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(LedgerError, match="is damaged"):
        KeptMemberships(engine, tmp_path)


def test_two_runs_do_not_keep_at_the_same_moment(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "a")
    with module._alone(tmp_path / "segments"), pytest.raises(LedgerError, match="another run"):
        keep(engine, tmp_path, TUESDAY, "b")


def test_somebody_is_found_in_what_was_kept_last(engine: Engine, tmp_path: Path) -> None:
    assert KeptMemberships(engine, tmp_path).of("ab") is None
    keep(engine, tmp_path, MONDAY, "a-b", "c")
    keep(engine, tmp_path, TUESDAY, "a-b")
    kept = KeptMemberships(engine, tmp_path)
    assert (kept.of("ab"), kept.of("c")) == ((TUESDAY, {"s": MONDAY}), (TUESDAY, {}))


def test_somebody_to_be_forgotten_is_struck_from_every_day_and_nobody_else_is(engine: Engine, tmp_path: Path) -> None:
    keep(engine, tmp_path, MONDAY, "anna", "bo")
    keep(engine, tmp_path, TUESDAY, "anna", "bo", "cy")
    KeptMemberships(engine, tmp_path).strike(Erased(b"secret", (mac_of(b"secret", "anna"),)))
    assert known(engine, tmp_path, TUESDAY) == ["bo"]
    assert known(engine, tmp_path, WEDNESDAY) == ["bo", "cy"]
    history = KeptMemberships(engine, tmp_path).history()
    assert history is not None
    assert sorted(history.person.to_pyarrow().to_pylist()) == ["bo", "bo", "cy"]
    assert len(list((tmp_path / "segments").glob("*.parquet"))) == 4, "what still named her is deleted"
