"""Tests of this folder say which fault meets which upload, so uploads go one after the other."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _in_order() -> Iterator[None]:
    """What several at once do: test_uploads_in_flight, the contract of destinations, the simulation and tests/e2e."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTIVATOR_UPLOADS_IN_FLIGHT", "1")
        yield
