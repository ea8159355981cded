"""Secrets and people come by settings, prompts and files: never as an argument others can see; and are never shown."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from pydantic import SecretStr

import activator
import connectors
from activator.cli.main import app
from activator.config.settings import SettingsSection

SECRET = re.compile(
    r"token(?!_timeout|_ur[il])|secret|password|passphrase|credential|private|(?<!customer_)key(?!word)|ledger_url|webhook_url"
)
PERSON = re.compile(r"e-?mail|phone|person|identifier|customer.id|address|who")
NO_SECRETS = {"secrets_dir", "private_key_file", "service_account_file", "credentials_file", "allow_private"}


def commands(command: Any, path: str = "activator") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, f"{path} {name}")


def every_section() -> list[type[SettingsSection]]:
    """All settings of activator and its connectors."""
    for package in (activator, connectors):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] in ("settings", "webhook", "outbox"):
                importlib.import_module(module.name)
    found = [SettingsSection]
    for section in found:
        found += section.__subclasses__()
    return found[1:]


@pytest.mark.parametrize(("path", "command"), list(commands(typer.main.get_command(app))))
def test_no_argument_or_option_takes_a_secret_or_a_person(path: str, command: Any) -> None:
    for parameter in command.params:
        names = " ".join([parameter.name or "", *parameter.opts])
        assert not SECRET.search(names), f"{path}: {names}"
        if not getattr(parameter, "is_flag", False):
            assert not PERSON.search(names), f"{path}: {names}"


@pytest.mark.parametrize("section", every_section(), ids=lambda section: section.__name__)
def test_every_secret_setting_shows_nothing_of_itself(section: type[SettingsSection]) -> None:
    for name, field in section.model_fields.items():
        if SECRET.search(name) and name not in NO_SECRETS:
            assert "SecretStr" in str(field.annotation), f"{section.__name__}.{name} would be printed"


def test_the_search_for_secret_settings_finds_those_there_are() -> None:
    secret = [
        name for section in every_section() for name, field in section.model_fields.items() if SECRET.search(name)
    ]
    assert len(secret) >= 8
    assert "canary" not in repr(SecretStr("canary"))
