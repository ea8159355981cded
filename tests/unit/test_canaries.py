"""The search around every test finds what it is there to find."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.canaries import leaks, secrets_of, state_leaks

pytest_plugins = ["pytester"]


def project(folder: Path) -> Path:
    (folder / "shop" / ".activator" / "store").mkdir(parents=True)
    (folder / "shop" / ".env").write_text(
        "ACTIVATOR_META__ACCESS_TOKEN=EAAB-a-long-secret\nACTIVATOR_X=harmless-value\n"
    )
    return folder / "shop" / ".activator" / "store"


@pytest.mark.parametrize("said", ["to Person7@EXAMPLE.com", "canary.person@leak.example"])
def test_addresses_are_found_in_any_case(said: str) -> None:
    assert leaks(said.encode(), hashes=True)


def test_digests_are_found_where_they_do_not_belong() -> None:
    digest = hashlib.sha256(b"person7@example.com").hexdigest().encode()
    assert leaks(b"sent " + digest, hashes=True)
    assert not leaks(b"sent " + digest, hashes=False)
    assert not leaks(b"plan " + hashlib.sha256(b"a plan").hexdigest().encode(), hashes=True)


def test_secrets_are_what_env_files_call_so(tmp_path: Path) -> None:
    project(tmp_path)
    assert secrets_of(tmp_path) == {b"EAAB-a-long-secret"}


@pytest.mark.parametrize("content", ["a person1@example.com b", "token EAAB-a-long-secret"])
def test_every_file_of_a_project_s_state_is_searched(tmp_path: Path, content: str) -> None:
    store = project(tmp_path)
    assert state_leaks(tmp_path) == []
    (store / "any.bin").write_text(content)
    assert len(state_leaks(tmp_path)) == 1
    (store / "any.bin").unlink()


def test_compressed_columns_are_looked_into(tmp_path: Path) -> None:
    table = pa.table({"texts": [["x", "person1@example.com"]] * 50, "mail": ["person2@example.com"] * 50})
    pq.write_table(table, project(tmp_path) / "batch.parquet", compression="zstd")
    assert len(state_leaks(tmp_path)) == 2
    (tmp_path / "shop" / ".activator" / "store" / "batch.parquet").unlink()


@pytest.mark.shows_people
def test_a_test_that_prints_or_logs_somebody_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import logging
        def test_prints(): print("to person3@example.com")
        def test_logs(): logging.getLogger("x").warning("to %s", "canary@leak.example")
        def test_fine(): print("to nobody")
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3, errors=2)
