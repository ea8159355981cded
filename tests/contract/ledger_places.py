"""Where a ledger may be: what holds for one kind of store must hold for the other."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from activator.config.ledger_place import LedgerPlace
from tests.postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[SecretStr]:
    """A real server, for the whole run."""
    with postgres_server() as url:
        yield SecretStr(url)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerPlace:
    """An empty place of each kind."""
    return place_of(request, tmp_path, request.param)


def place_of(request: pytest.FixtureRequest, folder: Path, kind: str) -> LedgerPlace:
    """An empty place of one kind."""
    if kind == "sqlite":
        return LedgerPlace(folder / ".activator")
    server: SecretStr = request.getfixturevalue("postgres")
    return LedgerPlace(folder / ".activator", server, f"activator_{secrets.token_hex(4)}")
