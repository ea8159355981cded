"""What somebody else wrote, meant to do harm: each kind is refused or made harmless, in every place it can get to."""

import gzip
import hashlib
import io
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activator.config.documents import BYTES_MAX, parse_document, read_document
from activator.config.public_address import refuse_private
from activator.errors import ConfigurationError, SourceError, StalePlanError
from activator.model.plan import ChangeMembers, Plan
from activator.motivation.tables import inert
from activator.people.rejects import FORMULA
from activator.plan.files import content_id, load_plan, save_plan
from activator.schedule.log import log_to
from connectors.crm.files import connector
from connectors.google.observation import campaign_criteria, groups_in
from tests.unit.test_plan_files import BATCH, a_plan

RUN_BY_SPREADSHEETS = "=+-@\t\r"


class TestYaml:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a: &x [1, 2]\nb: [*x, *x]\n", "line 2: YAML aliases"),
            ("a: " + "[" * 500, "line 1: nested deeper than 20 levels"),
            ("a: " + "[" * 100_000, "line 1: (nested deeper|not valid YAML: exceeded maximum nesting)"),
            ("\n".join(" " * depth + "a:" for depth in range(100)), "line 21: nested deeper than 20 levels"),
            ("a: {" * 50_000, "nested deeper than 20 levels"),
            ("a: !!python/object/apply:os.system [id]\n", "line 1: the tag .* is refused"),
            ("a: 1\na: 2\n", "line 2: the key `a` stands twice"),
            ("a: \x07\n", "not valid YAML"),
        ],
        ids=["aliases", "brackets", "many brackets", "indents", "braces", "tag", "key twice", "control character"],
    )
    def test_it_is_refused_at_its_line(self, text: str, says: str) -> None:
        with pytest.raises(ConfigurationError, match=says):
            parse_document(Path("activator.yaml"), text.encode())

    def test_a_file_no_person_wrote_is_not_even_parsed(self, tmp_path: Path) -> None:
        path = tmp_path / "activator.yaml"
        path.write_bytes(b"#" * (BYTES_MAX + 1))
        with pytest.raises(ConfigurationError, match="larger than 1,000,000 bytes"):
            read_document(path)


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.jsonl.gz"])
def test_a_kilobyte_that_unpacks_to_a_megabyte_is_no_export(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress((b"a,b\n" if "csv" in name else b'{"a": 1}\n') * 500_000))
    assert path.stat().st_size * 100 < 2_000_000
    with pytest.raises(SourceError, match="unpacks to more than 100 times its size"):
        connector.read(ibis.duckdb.connect(), "bomb", path)


class TestBatchesOfAPlan:
    def saved(self, folder: Path, file: str) -> Path:
        """A plan whose only batch is said to lie in file, sealed as if we had made it."""
        plan = a_plan()
        change = next(each for each in plan.changes if isinstance(each, ChangeMembers))
        batch = replace(change.batches[0], file=file, digest=hashlib.sha256(BATCH).hexdigest())
        spoilt: Plan = replace(plan, changes=(replace(change, batches=(batch,)),))
        save_plan(replace(spoilt, plan_id=content_id(spoilt)), folder)
        return folder

    @pytest.mark.parametrize("absolute", [False, True])
    def test_none_is_taken_from_outside_its_folder(self, tmp_path: Path, absolute: bool) -> None:
        (tmp_path / "elsewhere.parquet").write_bytes(BATCH)
        (tmp_path / "plan").mkdir()
        file = str(tmp_path / "elsewhere.parquet") if absolute else "../elsewhere.parquet"
        with pytest.raises(StalePlanError, match="a batch outside its folder"):
            load_plan(self.saved(tmp_path / "plan", file))

    def test_nor_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.parquet").write_bytes(BATCH)
        (tmp_path / "plan").mkdir()
        (tmp_path / "plan/batch.parquet").symlink_to(tmp_path / "elsewhere.parquet")
        with pytest.raises(StalePlanError, match="a batch outside its folder"):
            load_plan(self.saved(tmp_path / "plan", "batch.parquet"))

    def test_one_inside_is_taken(self, tmp_path: Path) -> None:
        (tmp_path / "batch.parquet").write_bytes(BATCH)
        load_plan(self.saved(tmp_path, "batch.parquet"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_export_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "contacts.csv")
    with pytest.raises(SourceError, match="not a regular file"):
        connector.read(ibis.duckdb.connect(), "pipe", tmp_path / "contacts.csv")


def in_rejects(text: str) -> str:
    return str(pc.replace_substring_regex(pa.array([text]), FORMULA, r"'\1")[0].as_py())


def in_the_analysts_file(text: str) -> str:
    cell = ibis.memtable({"cell": [text]}).cell
    return str(ibis.duckdb.connect().execute(cell.re_replace(FORMULA, r"'\1"))[0])


class TestFormulas:
    @pytest.mark.parametrize("first", RUN_BY_SPREADSHEETS)
    @pytest.mark.parametrize("written", [inert, in_rejects, in_the_analysts_file])
    def test_no_cell_begins_with_what_a_spreadsheet_runs(self, first: str, written: Callable[[str], str]) -> None:
        assert written(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"

    @given(st.text(st.sampled_from([*RUN_BY_SPREADSHEETS, " ", "a", "1", "\n", "é"]), max_size=6))
    def test_whatever_the_text(self, text: str) -> None:
        for written in (inert, in_rejects):
            assert written(text)[:1] not in list(RUN_BY_SPREADSHEETS)

    @pytest.mark.parametrize("text", ["", "plain", "a=b", "1-2", "'quoted"])
    def test_what_is_harmless_stays_as_it_is(self, text: str) -> None:
        assert {written(text) for written in (inert, in_rejects, in_the_analysts_file)} == {text}


class TestAddressesOfWebhooks:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "224.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost",
            "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        ],
    )  # fmt: skip
    def test_however_a_private_address_is_written_it_is_refused(self, host: str) -> None:
        with pytest.raises(ConfigurationError, match="the webhook leads to a private address"):
            refuse_private(host, 443, "the webhook", "")

    @pytest.mark.parametrize("host", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
    def test_a_public_one_is_not(self, host: str) -> None:
        refuse_private(host, 443, "the webhook", "")


def test_a_line_of_the_log_stays_one_line(tmp_path: Path) -> None:
    stream = io.StringIO()
    log_to(stream)
    hostile = 'x\n{"event": "all is well"}\r\n\x1b[2J'
    logging.getLogger("activator.schedule").error(hostile, extra={"fields": {"detail": hostile, "unheard_of": hostile}})
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["detail"], "unheard_of" in said) == (hostile, False)
    assert "\x1b" not in line


class Deaf:
    """A transport nobody may reach."""

    def search(self, query: str) -> list[Any]:
        raise AssertionError(query)


@pytest.mark.parametrize("ask", [campaign_criteria, groups_in])
@pytest.mark.parametrize("hostile", ["1) OR campaign.id > 0 --", "1 OR 1=1", "'", ""])
def test_nothing_but_digits_gets_into_a_query(ask: Callable[[Any, str], Any], hostile: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        ask(Deaf(), hostile)
