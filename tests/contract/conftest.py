"""A running sandbox, Meta half, on a clock the test moves; and places for a ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.contract.ledger_places import place, postgres  # noqa: F401 - fixtures
from tests.contract.sandbox_account import Advertiser


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", clock=clock, tls=False, platforms=("meta",)) as running:
        yield running


@pytest.fixture
def meta(sandbox: Sandbox) -> Iterator[Advertiser]:
    advertiser = Advertiser.of(sandbox)
    with advertiser.http:
        yield advertiser
