"""What a scheduled sync does when it is done: it tells the changes of tiers. Trouble with that fails no sync."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activator.schedule.runs import run_sync
from tests.e2e.shop import Shop
from tests.integration.loopback import Webhook, certificate, webhook_server

OUTBOX = "outbox: {events: [{tag: tier:high}]}\n"


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    folder = tmp_path / "tls"
    folder.mkdir()
    files = certificate(folder)
    with webhook_server(files) as state:
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__URL", f"https://localhost:{state.port}/")
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__SECRET", "a secret of thirty letters or so")
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__ALLOW_PRIVATE", "true")
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__CA_FILE", str(files[0]))
        yield state


def opened(shop: Shop) -> None:
    shop.open(google=False)
    path = shop.folder / "activator.yaml"
    path.write_text(path.read_text(encoding="utf-8") + OUTBOX, encoding="utf-8")


def test_changes_are_told_after_a_sync(shop: Shop, receiver: Webhook) -> None:
    opened(shop)
    assert run_sync(shop.runner()).endswith("; outbox: 0 new, 0 told")
    shop.people[1] = (9_000, "granted")
    shop.export()
    assert run_sync(shop.runner()).endswith("; outbox: 2 new, 2 told")
    assert len(receiver.bodies) == 2


def test_a_receiver_that_takes_nothing_fails_no_sync(shop: Shop, receiver: Webhook) -> None:
    opened(shop)
    run_sync(shop.runner())
    shop.people[1] = (9_000, "granted")
    shop.export()
    receiver.status = 401
    account = run_sync(shop.runner())
    assert account.endswith("; outbox: the receiver takes nothing from us (HTTP 401)")
    assert "changes done" in account
    receiver.status = 200
    assert run_sync(shop.runner()).endswith("; outbox: 0 new, 2 told")
