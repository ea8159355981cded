"""Every command explains itself, and nothing heavy is loaded to do so."""

import json
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
import typer
from typer.testing import CliRunner

from activator.cli.main import app
from tests.projects import write_project


def commands() -> list[tuple[str, ...]]:
    top = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    return [(), ("mappings",), *((name,) for name in top), *(("mappings", name) for name in ("list", "show", "check"))]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_works_everywhere(command: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(app, [*command, "--help"])
    assert answer.exit_code == 0
    assert "Usage:" in answer.output


def test_every_command_has_a_sentence_of_its_own() -> None:
    group = typer.main.get_command(app)
    answer = CliRunner().invoke(app, ["--help"])
    assert group is not None
    for (name,) in (command for command in commands() if len(command) == 1):
        assert name in answer.output


def test_exit_codes_are_told() -> None:
    text = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    for said in ("0 done", "2 usage, configuration or export", "4 refused by a guard", "5 stale plan", "7 partly done"):
        assert said in text


def test_a_wrong_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["plan", "--nonsense"]).exit_code == 2


HEAVY = (
    "duckdb",
    "ibis",
    "grpc",
    "pyarrow",
    "matplotlib",
    "facebook_business",
    "sqlalchemy",
    "pydantic",
    "yaml",
    "scipy",
)
FOR_REQUESTS = ("grpc", "facebook_business", "matplotlib", "apscheduler")
FOR_FORECASTS = ("scipy",)


@pytest.mark.parametrize(
    ("module", "unused"),
    [("activator.cli.main", HEAVY), ("activator.sync", FOR_REQUESTS + FOR_FORECASTS)],
    ids=["help", "planning"],
)
def test_what_is_not_used_is_not_loaded(module: str, unused: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(sorted(set({unused!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def ends(folder: Path, *arguments: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from activator.cli.main import run; run()", *arguments]
    return subprocess.run(command, cwd=folder, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / ".activator").touch()  # where a folder has to be; also root is refused
    done = ends(tmp_path, "status")
    assert done.returncode == 2
    assert f"{tmp_path}/.activator: File exists" in done.stderr


def test_what_the_system_refuses_is_told_as_data_too(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / ".activator").touch()
    done = ends(tmp_path, "status", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["message"] == f"{tmp_path}/.activator: File exists"


def test_standard_output_that_is_full_is_told_on_the_other(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / ".activator").touch()
    with Path("/dev/full").open("w") as full:
        done = ends(tmp_path, "status", "--json", stdout=full)
    assert "File exists" in done.stderr
    assert "Traceback" not in done.stderr
