"""One sandbox for all end-to-end tests; each test has a project, and so objects, of its own."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop, twenty_people


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Both platforms, served for real."""
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0.05) as running:
        yield running


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path: Path) -> Shop:
    """Twenty customers in an unopened project."""
    return Shop(tmp_path / "shop", f"shop-{uuid.uuid4().hex[:12]}", sandbox, twenty_people())
