"""The reference pages leave nothing out: what the code has and a page does not name fails here."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import activator.errors
from activator.cli.main import app
from activator.config.outbox import WebhookSettings
from activator.config.project import Project
from activator.config.settings import Settings, SettingsSection
from activator.config.starter import project_schema, schema_text
from activator.plan.guards import CEILINGS, GUARDS
from connectors.crm.settings import DatabaseSettings
from connectors.google.settings import GoogleSettings
from connectors.meta.settings import MetaSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if not below:
        yield path, command
        return
    for name, child in below.items():
        yield from commands(child, f"{path} {name}")


def test_every_command_and_option_is_in_the_reference() -> None:
    sections = {part.partition("\n")[0]: part for part in page("cli.md").split("\n## ")[1:]}
    for path, command in commands(typer.main.get_command(app), "activator"):
        assert path in sections, f"docs/reference/cli.md lacks {path}"
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                wanted = option if option.startswith("-") else option.upper()
                assert wanted in sections[path], f"docs/reference/cli.md, {path}: lacks {wanted}"


@pytest.mark.parametrize(
    ("section", "prefix"),
    [
        (Settings, "ACTIVATOR_"),
        (DatabaseSettings, "ACTIVATOR_SOURCES__<CONNECTION>__"),
        (WebhookSettings, "ACTIVATOR_WEBHOOK__"),
        (MetaSettings, "ACTIVATOR_META__"),
        (GoogleSettings, "ACTIVATOR_GOOGLE__"),
    ],
)
def test_every_setting_is_in_the_reference(section: type[SettingsSection], prefix: str) -> None:
    text = page("settings.md")
    assert "`ACTIVATOR_SECRETS_DIR`" in text
    for name in section.model_fields:
        assert f"`{prefix}{name.upper()}`" in text


def test_every_key_of_the_project_file_is_in_the_reference() -> None:
    tables = page("project.md").split("\n## ")[1:]
    models = [project_schema(), *project_schema()["$defs"].values()]
    for model in models:
        keys = {f"| `{key}` |" for key in model.get("properties", {})}
        assert any(all(key in table for key in keys) for table in tables), f"no table has all of {sorted(keys)}"
    assert Project.model_fields, "the model has keys"


def test_the_published_schema_is_current() -> None:
    assert page("activator.schema.json") == schema_text()


def test_every_error_is_in_the_reference_with_its_exit_code() -> None:
    text = page("errors.md")
    for name, kind in inspect.getmembers(activator.errors, inspect.isclass):
        if issubclass(kind, activator.errors.ActivatorError):
            assert f"| `{name}` | {kind.exit_code} |" in text


def test_every_guard_is_in_the_reference_and_says_whether_it_can_be_accepted() -> None:
    rows = {row.split("`")[1]: row for row in page("guards.md").splitlines() if row.startswith("| `")}
    assert set(rows) == set(GUARDS)
    assert {name for name, row in rows.items() if row.endswith("| no |")} == set(CEILINGS)
