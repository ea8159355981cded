"""Google passes the contract of destinations, against the sandbox."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from activator.model.ads import ObjectSpec
from activator.ports import Destination, DestinationReader
from activator.testing.destinations import DestinationContract
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.contract.test_google_destination import Account, members

_PROJECTS = itertools.count(1)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0, clock=clock, platforms=("google",)) as running:
        yield running


class GoogleWorld:
    """One project on the sandbox's account. Its people are its own, so account-wide removals reach nobody else's."""

    def __init__(self, sandbox: Sandbox, folder: Path, clock: ManualClock) -> None:
        self.number = next(_PROJECTS)
        self._sandbox = sandbox
        self._folder = folder
        self._account = Account(sandbox, folder, f"contract-{self.number}", clock)
        self.clock = clock
        self.destination = self._account.destination
        key = json.loads(Path(sandbox.settings()["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"]).read_text())
        self.secrets = (key["private_key"],)

    def reopen(self) -> Destination:
        return self._account.open()

    def stranger(self) -> DestinationReader:
        return Account(self._sandbox, self._folder, f"stranger-{self.number}", self.clock).destination

    def locked_out(self) -> DestinationReader:
        content = {"type": "authorized_user", "client_id": "id", "client_secret": "wrong", "refresh_token": "wrong"}
        service = json.loads(Path(self._sandbox.settings()["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"]).read_text())
        file = self._folder / "wrong.json"
        file.write_text(json.dumps({**content, "token_uri": service["token_uri"]}))
        return self._account.open(settings={"ACTIVATOR_GOOGLE__CREDENTIALS_FILE": str(file)})

    def specs(self) -> Sequence[ObjectSpec]:
        return self._account.specs()

    def members(self, first: int, rows: int) -> pa.Table:
        return members(self.number * 1_000_000 + first, rows)

    def settle(self) -> None:
        self._sandbox.settle()

    def member_count(self, audience_id: str) -> int:
        return self._sandbox.member_count("google", audience_id)

    def calls(self) -> int:
        return len(self._sandbox.calls("google"))

    def lose_answer(self) -> Destination:
        self._sandbox.fault("timeout_after_effect", "google")
        return self._account.open()

    def refuse_for_now(self) -> None:
        self._sandbox.fault("rate_limited", "google")


class TestGoogle(DestinationContract):
    """All of it."""

    @pytest.fixture
    def world(self, sandbox: Sandbox, tmp_path: Path, clock: ManualClock) -> GoogleWorld:
        sandbox.state.faults.clear()
        return GoogleWorld(sandbox, tmp_path, clock)
