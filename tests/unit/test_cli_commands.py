"""Every command explains itself, and nothing heavy is loaded to do so."""

import subprocess
import sys
from pathlib import Path

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


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / ".activator").touch()  # where a folder has to be; also root is refused
    code = "from activator.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "status"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{tmp_path}/.activator: File exists" in done.stderr
