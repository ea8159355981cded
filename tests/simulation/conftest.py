"""Where worlds are played: in memory if the machine has such a place, since millions of small files are made."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.farm import scratch_folder, template_in


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def template(scratch: Path) -> Path:
    """A new ledger, to copy for each world."""
    return template_in(scratch)
