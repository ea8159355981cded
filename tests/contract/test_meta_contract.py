"""Meta passes the contract of destinations, against the sandbox."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from activator.model.ads import ObjectSpec
from activator.ports import Destination, DestinationReader
from activator.testing.destinations import DestinationContract
from connectors.sandbox.server import Sandbox
from tests.contract.test_meta_destination import Account
from tests.unit.meta_account import digest

_PROJECTS = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0, platforms=("meta",)) as running:
        yield running


class MetaWorld:
    """One project on the sandbox's ad account. Its people are its own, so account-wide removals reach nobody else's."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.number = next(_PROJECTS)
        self._account = Account(sandbox, folder, f"contract-{self.number}")
        self._sandbox = sandbox
        self.destination = self._account.destination
        self.clock = self._account.clock
        settings = sandbox.settings()
        self.secrets = (settings["ACTIVATOR_META__ACCESS_TOKEN"], settings["ACTIVATOR_META__APP_SECRET"])

    def reopen(self) -> Destination:
        return self._account.open()

    def stranger(self) -> DestinationReader:
        account = Account(self._sandbox, self._account.folder, f"stranger-{self.number}")
        return account.destination

    def locked_out(self) -> DestinationReader:
        return self._account.open(settings={"ACTIVATOR_META__ACCESS_TOKEN": "EAAwrong"})

    def specs(self) -> Sequence[ObjectSpec]:
        return self._account.specs()

    def members(self, first: int, rows: int) -> pa.Table:
        numbers = range(first, first + rows)
        emails = [digest(self.number * 1_000_000 + number) for number in numbers]
        return pa.table({"EMAIL": pa.array(emails, pa.string()), "PHONE": pa.array([""] * rows, pa.string())})

    def settle(self) -> None:
        self._sandbox.settle()

    def member_count(self, audience_id: str) -> int:
        return self._sandbox.member_count("meta", audience_id)

    def calls(self) -> int:
        return self._account.calls()

    def lose_answer(self) -> Destination:
        self._sandbox.fault("timeout_after_effect", "meta", method="POST")
        return self._account.open(read_timeout_seconds=1)

    def refuse_for_now(self) -> None:
        self._sandbox.fault("rate_limited", "meta", method="POST")


class TestMeta(DestinationContract):
    """All of it."""

    @pytest.fixture
    def world(self, sandbox: Sandbox, tmp_path: Path) -> MetaWorld:
        sandbox.state.faults.clear()
        return MetaWorld(sandbox, tmp_path)
