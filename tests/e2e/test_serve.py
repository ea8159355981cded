"""`activator serve`: what is due runs once, and SIGTERM ends it cleanly."""

import signal
import subprocess
from datetime import UTC, datetime

from activator.ledger.overview import state_of
from activator.ledger.slots import LedgerSlots
from activator.ledger.store import Ledger
from activator.schedule.daemon import Daemon
from activator.schedule.runs import slot_runners
from activator.schedule.slots import timetable
from activator.schedule.stop import StopSignal
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.e2e.commands import ACTIVATOR, activator, environment
from tests.e2e.shop import Shop

EVERYBODY = {"high": 4, "mid": 6, "low": 6, "rest": 4}


def test_a_slot_that_falls_due_is_synced_once(shop: Shop, sandbox: Sandbox) -> None:
    workspace = shop.open(google=False).workspace
    clock = ManualClock(datetime(2026, 11, 25, 1, 29, tzinfo=UTC))  # 02:29 in Berlin: one minute to go
    (section,) = workspace.project.schedules
    ledger = Ledger(workspace.state, clock)
    stop = StopSignal()
    daemon = Daemon(
        [timetable(section, workspace.project.time_zone)],
        LedgerSlots(ledger),
        clock,
        slot_runners(workspace, clock),
        stop,
    )
    daemon.tick()
    assert not daemon.run_next(), "nothing is due yet"

    clock.advance(minutes=2)
    daemon.tick()
    assert daemon.run_next()
    assert shop.members("meta") == EVERYBODY
    calls = len(sandbox.calls())

    clock.advance(minutes=2)
    daemon.tick()
    assert not daemon.run_next()
    assert len(sandbox.calls()) == calls, "a slot is run once"
    ledger.close()
    (slot,) = state_of(workspace, clock)["slots"]
    assert (slot["schedule"], slot["state"]) == ("nightly", "done")


def test_sigterm_ends_it_with_success(shop: Shop) -> None:
    shop.open(google=False)
    process = subprocess.Popen(
        [str(ACTIVATOR), "serve"], cwd=shop.folder, env=environment(), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "serving 1 schedules" in process.stderr.readline()
    assert "started" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "stopped" in rest
    assert "Traceback" not in rest


def test_a_project_that_schedules_nothing_is_told_so(shop: Shop) -> None:
    shop.open(google=False)
    path = shop.folder / "activator.yaml"
    path.write_text(path.read_text().partition("schedules:")[0])
    answer = activator("serve", folder=shop.folder)
    assert answer.code == 2
    assert "schedules nothing" in answer.err
