"""The console over a real socket: read-only pages, inert names, this machine's own host names only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from activator.config.workspace import open_workspace
from activator.ledger import plans
from activator.ledger.store import Ledger
from activator.web.console import console_app, serving
from tests.clocks import ManualClock
from tests.projects import PROJECT, write_project


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    write_project(tmp_path, PROJECT.replace("name: Nordlicht", "name: <b>Nordlicht</b>"))
    workspace, clock = open_workspace(tmp_path), ManualClock()
    ledger = Ledger(workspace.state, clock)
    with ledger.writing() as connection:
        plans.note(connection, clock, "<script>alert(1)</script>", "applied", "p1")
    ledger.close()
    with serving(console_app(workspace, clock), 0) as port:
        yield f"http://127.0.0.1:{port}"


def test_status_shows_history_and_keeps_names_inert(address: str) -> None:
    page = requests.get(f"{address}/", timeout=10)
    assert page.status_code == 200
    assert "No plan has been applied yet." in page.text
    assert "<script>" not in page.text
    assert "&lt;b&gt;Nordlicht&lt;/b&gt;" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_briefing_that_is_not_there_yet_is_said_to_be_missing(address: str) -> None:
    assert requests.get(f"{address}/briefing", timeout=10).status_code == 404


def test_health_is_bad_until_the_daemon_ticks(address: str, tmp_path: Path) -> None:
    assert requests.get(f"{address}/healthz", timeout=10).status_code == 503
    (tmp_path / ".activator" / "health").touch()
    assert requests.get(f"{address}/healthz", timeout=10).json() == {"alive": True}


def test_other_host_names_and_writes_are_refused(address: str) -> None:
    assert requests.get(f"{address}/", headers={"Host": "evil.example"}, timeout=10).status_code == 400
    assert requests.post(f"{address}/", timeout=10).status_code == 405
