"""Around every test: nothing it printed or logged, and nothing its projects keep, may name a person or a secret."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import leaks, secrets_of, state_leaks


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Search what was captured of a test: standard output, standard error and every log record."""
    report = yield
    if call.when != "teardown":
        return report  # the last report has what all three phases captured
    said = "\n".join(text for name, text in report.sections if name.startswith("Captured")).encode()
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    found = leaks(said, secrets_of(folder) if said and folder else (), hashes=True)
    if found and report.passed and not item.get_closest_marker("shows_people"):
        report.outcome = "failed"
        report.longrepr = f"what the test printed or logged holds {', '.join(found)}"
    return report


@pytest.fixture(autouse=True)
def nothing_leaked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Search the state of the projects of a test, when it is over."""
    yield
    folder: Any = (request.node.funcargs or {}).get("tmp_path")  # none at all when a run is interrupted
    if isinstance(folder, Path):
        found = state_leaks(folder)
        assert not found, f"the state of a project holds {found[:5]}"
