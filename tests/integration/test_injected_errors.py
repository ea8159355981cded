"""A thousand errors of every kind at every call: however shown, none names a person, their digest, or a secret."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import pytest

from activator.cli.console import describe, explain, plain
from activator.config.workspace import open_workspace
from activator.errors import ActivatorError
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.plan.destinations import open_destinations
from activator.ports import AccountWideRemoval, Destination
from activator.schedule.log import JsonLines
from connectors.sandbox.faults import FaultKind
from connectors.sandbox.server import Sandbox
from tests.canaries import leaks, secrets_of
from tests.clocks import ManualClock
from tests.e2e.shop import Shop, twenty_people

ERRORS = 1_000
SPEC = AudienceSpec("audience/high", "High [act:000000000001]", "", "high", suppress=False)


class Everything(logging.Handler):
    """Every record of every library, as it would be printed by anybody's formatter and by ours."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [logging.Formatter("%(name)s %(message)s").format(record), JsonLines().format(record)]


@pytest.fixture
def logged() -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


def calls(port: Destination, members: Any, audience_id: str) -> list[Callable[[], object]]:
    """Everything a destination is ever asked."""
    today = ManualClock().now().date()
    found: list[Callable[[], object]] = [
        port.observe,
        port.check,
        lambda: list(port.performance(today - timedelta(days=3), today)),
        lambda: port.create(SPEC, {}),
        lambda: port.send(Operation.ADD, audience_id, members, "ab" * 16),
        lambda: port.send(Operation.REMOVE, audience_id, members, "cd" * 16),
    ]
    if isinstance(port, AccountWideRemoval):
        found.append(lambda: port.remove_everywhere(members, "ef" * 16))
    return found


def test_a_thousand_injected_errors_name_nobody(
    tmp_path: Path, logged: Everything, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyarrow.parquet as pq

    with Sandbox(tmp_path / "sandbox", settle_seconds=0.01) as sandbox:
        shop = Shop(tmp_path / "shop", "shop-errors", sandbox, twenty_people())
        runner = shop.open()
        from activator.sync import sync

        sync(runner)
        secrets = secrets_of(tmp_path)
        assert secrets
        with (shop.folder / ".env").open("a", encoding="utf-8") as env:
            env.write("ACTIVATOR_META__READ_TIMEOUT_SECONDS=0.02\n")  # what will not answer is not waited for
        clock = ManualClock()
        destinations = open_destinations(open_workspace(shop.folder), clock, None)
        state = shop.folder / ".activator"
        plans = []
        for name, port in destinations.items():
            members = pq.read_table(next((state / "membership" / name).glob("*.parquet")))
            plans += [(name, call) for call in calls(port, members, "1")]
        shown: list[str] = []
        met = 0
        for (name, call), kind in islice(cycle(product(plans, FaultKind)), 4 * ERRORS):
            if met >= ERRORS:
                break
            sandbox.fault(kind.value, name, 12, "")
            try:
                call()
            except ActivatorError as error:
                met += 1
                explain(error)
                shown += [repr(error), json.dumps(plain(describe(error))), "".join(traceback.format_exception(error))]
            sandbox.state.faults.clear()
    assert met >= ERRORS
    captured = capsys.readouterr()
    said = "\n".join([captured.out, captured.err, *shown, *logged.lines]).encode()
    assert len(logged.lines) > ERRORS, "libraries were heard too"
    assert leaks(said, secrets, hashes=True) == []
