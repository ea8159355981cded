"""Changes of tiers told to a webhook: once from the receiver's view, signed, when due, whatever dies between."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from activator.config.workspace import Workspace, open_workspace
from activator.errors import AuthenticationRequiredError, ConfigurationError, LedgerError, UnsafePlanError
from activator.ledger import outbox
from activator.ledger.store import Ledger
from activator.model.outbox import EventState, OutboxEvent
from activator.privacy.carry import export_erasures, merge_erasures
from activator.privacy.forget import begin, look
from activator.privacy.receipts import verified
from activator.privacy.removal import Remover
from activator.tags import collect as collecting
from activator.tags.collect import Collected, collect
from activator.tags.receiver import signature
from activator.tags.tell import Told, tell_due
from tests.clocks import ManualClock
from tests.integration.loopback import Webhook, certificate, webhook_server
from tests.projects import PROJECT

SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
EVENTS: list[dict[str, Any]] = [{"tag": "tier:high"}, {"tag": "tier:rest", "changes": ["entered"]}]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(files: tuple[Path, Path]) -> Iterator[Webhook]:
    with webhook_server(files) as state:
        yield state


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, receiver: Webhook, files: tuple[Path, Path]) -> None:
    for name, value in settings(receiver, files).items():
        monkeypatch.setenv(name, value)


def settings(receiver: Webhook, files: tuple[Path, Path]) -> dict[str, str]:
    return {
        "ACTIVATOR_WEBHOOK__URL": f"https://localhost:{receiver.port}/changes",
        "ACTIVATOR_WEBHOOK__SECRET": SECRET,
        "ACTIVATOR_WEBHOOK__ALLOW_PRIVATE": "true",
        "ACTIVATOR_WEBHOOK__CA_FILE": str(files[0]),
    }


class Shop:
    """Twenty customers who spent 100 to 2,000: four of them high, the last four rest."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, ManualClock()
        self.spent = {number: number * 100 for number in range(1, 21)}
        self.declare(EVENTS)
        self.export()

    def declare(self, events: list[dict[str, Any]], *, events_export: bool = False, **more: Any) -> None:
        document = yaml.safe_load(PROJECT)
        document["outbox"] = {"events": events, **more}
        if events_export:
            document["sources"].append({"name": "events", "path": "events.csv", "mapping": "generic_events"})
        (self.folder / "activator.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def export(self) -> None:
        with (self.folder / "contacts.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["customer_id", "email", "consent_ad_user_data", "consent_ad_personalization"])
            writer.writerows([number, f"person{number}@example.com", "granted", "granted"] for number in self.spent)
        with (self.folder / "orders.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["order_id", "customer_id", "ordered_at", "amount", "currency"])
            writer.writerows([f"o{n}", n, "2026-11-01", f"{euros}.00", "EUR"] for n, euros in self.spent.items())

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder)

    def collect(self, *, losses_accepted: bool = False) -> Collected:
        self.export()
        return collect(self.workspace, self.clock, losses_accepted=losses_accepted)

    def tell(self) -> Told:
        return tell_due(self.workspace, self.clock, f"test:{os.getpid()}")

    def swap(self) -> None:
        """Number 1 becomes the best customer; number 17 is no longer among the best four."""
        self.spent[1] = 9_000

    def events(self, state: EventState | None = None) -> list[OutboxEvent]:
        ledger = Ledger(self.folder / ".activator", self.clock)
        try:
            with ledger.reading() as connection:
                return outbox.newest(connection, state, 1_000)
        finally:
            ledger.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    assert made.collect() == Collected(0, 0, first=True), "what is found first is only remembered"
    return made


def said(receiver: Webhook) -> list[dict[str, Any]]:
    return [json.loads(body) for body in receiver.bodies]


def told(receiver: Webhook) -> list[tuple[str, str]]:
    return [(document["type"], document["data"]["tag"]) for document in said(receiver)]


SWAPPED = [("tier.entered", "tier:high"), ("tier.entered", "tier:rest"), ("tier.left", "tier:high")]


class TestForgotten:
    """Person 1 comes into the best tier, of which the webhook is told, and is to be forgotten."""

    @pytest.fixture(autouse=True)
    def _token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("ACCESS_TOKEN", "APP_SECRET"):
            monkeypatch.setenv(f"ACTIVATOR_META__{name}", "never-asked-anything")

    def forget(self, shop: Shop) -> dict[str, Any]:
        """Forgotten as far as it goes; returns the receipt about the webhook."""
        found = look(shop.workspace, shop.clock, ["person1@example.com"])
        erasure = begin(shop.workspace, shop.clock, "test", found)
        Remover(shop.workspace, shop.clock, "test:1").advance()
        return self.receipt(shop, erasure.erasure_id)

    def receipt(self, shop: Shop, erasure_id: str) -> dict[str, Any]:
        path = shop.workspace.state / "receipts" / f"{erasure_id}-webhook.json"
        assert b"person1" not in path.read_bytes()
        return verified(path.read_bytes(), (shop.workspace.state / "erasure.key").read_bytes())

    def test_what_waits_about_them_is_never_told(self, shop: Shop, receiver: Webhook) -> None:
        shop.declare(EVENTS, source_ids=True)
        shop.swap()
        shop.collect()
        body = self.forget(shop)
        assert (body["ever_sent"], body["told"]) == (False, [])
        assert shop.tell() == Told(2, 0, 0)
        assert sorted(told(receiver)) == [("tier.entered", "tier:rest"), ("tier.left", "tier:high")]
        (withdrawn,) = shop.events(EventState.WITHDRAWN)
        assert (withdrawn.source_ids, withdrawn.detail) == (None, "the person was forgotten")

    def test_the_receipt_lists_what_the_webhook_knows(self, shop: Shop, receiver: Webhook) -> None:
        shop.swap()
        shop.collect()
        shop.tell()
        (event,) = [it for it in shop.events() if (it.kind, it.tag) == ("entered", "tier:high")]
        body = self.forget(shop)
        assert (body["platform"], body["account"], body["ever_sent"]) == ("webhook", "localhost", True)
        assert [(it["event"], it["what"], it["certain"]) for it in body["told"]] == [
            (event.event_id, "entered tier:high", True)
        ]
        assert event.person_key not in {it.person_key for it in shop.events()}, "nothing here knows who it was"

    def test_an_event_whose_answer_was_lost_may_be_known_too(self, shop: Shop, receiver: Webhook) -> None:
        shop.swap()
        shop.collect()
        receiver.status = 0
        shop.tell()
        assert [it["certain"] for it in self.forget(shop)["told"]] == [False]

    def test_that_they_are_gone_is_told_to_nobody(self, shop: Shop, receiver: Webhook) -> None:
        shop.swap()
        shop.collect()
        shop.tell()
        self.forget(shop)
        receiver.bodies.clear()
        shop.collect()
        shop.tell()
        assert not [it for it in said(receiver) if it["type"] == "tier.left" and it["data"]["tag"] == "tier:high"]

    def test_a_restored_backup_knows_them_again_and_they_are_taken_out_of_it(self, shop: Shop, tmp_path: Path) -> None:
        shop.swap()
        shop.collect()
        backup = tmp_path / "backup"
        shutil.copytree(shop.workspace.state, backup)
        self.forget(shop)
        export_erasures(shop.workspace, shop.clock, tmp_path / "erasures.json")
        (backup / "erasure.key").write_bytes((shop.workspace.state / "erasure.key").read_bytes())
        (backup / "erasure.key").chmod(0o600)
        shutil.rmtree(shop.workspace.state)
        shutil.copytree(backup, shop.workspace.state)
        assert len(shop.events(EventState.PENDING)) == 3
        merge_erasures(shop.workspace, shop.clock, "test", tmp_path / "erasures.json")
        Remover(shop.workspace, shop.clock, "test:1").advance()
        assert len(shop.events(EventState.PENDING)) == 2


class TestChanges:
    def test_who_comes_and_goes_is_told_and_nobody_else(self, shop: Shop, receiver: Webhook) -> None:
        shop.swap()
        assert shop.collect() == Collected(3, 0, first=False)
        assert shop.tell() == Told(3, 0, 0)
        assert sorted(told(receiver)) == SWAPPED
        assert shop.collect().events == 0
        assert shop.tell() == Told(0, 0, 0)

    def test_no_identifier_is_told_unless_the_project_says_so(self, shop: Shop, receiver: Webhook) -> None:
        shop.swap()
        shop.collect()
        shop.tell()
        assert b"person" in receiver.bodies[0]
        assert not any(b"@" in body or b"source_ids" in body for body in receiver.bodies)
        assert all(len(document["data"]["person"]) == 32 for document in said(receiver))

        shop.declare(EVENTS, source_ids=True)
        shop.spent[2] = 10_000
        shop.collect()
        shop.tell()
        entered = [d for d in said(receiver)[3:] if d["data"]["tag"] == "tier:high" and d["type"] == "tier.entered"]
        assert [document["data"]["source_ids"] for document in entered] == [[{"source": "customer", "id": "2"}]]
        assert all(event.source_ids is None for event in shop.events()), "what was told is forgotten"

    def test_a_tag_told_for_the_first_time_begins_with_what_is_there(self, shop: Shop) -> None:
        shop.declare([*EVENTS, {"tag": "tier:mid"}])
        assert shop.collect().events == 0
        shop.swap()
        shop.collect()
        assert sorted((event.kind, event.tag) for event in shop.events()) == [
            ("entered", "tier:high"),
            ("entered", "tier:mid"),
            ("entered", "tier:rest"),
            ("left", "tier:high"),
            ("left", "tier:mid"),
        ]

    def test_a_cut_export_does_not_have_everybody_leave(self, shop: Shop) -> None:
        shop.declare([{"tag": "tier:mid"}, {"tag": "tier:low"}, {"tag": "tier:high"}])
        shop.spent = {number: number for number in range(1, 101)}
        shop.collect(losses_accepted=True)
        before = shop.events()
        shop.spent = {number: number for number in range(1, 41)}
        with pytest.raises(UnsafePlanError, match="would leave tier:high"):
            shop.collect()
        assert shop.events() == before
        assert shop.collect(losses_accepted=True).events > 0

    def test_two_fillings_at_once_do_not_tell_twice(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.swap()
        plain = collecting._written
        inner: list[bool] = []

        def interrupted(folder: Path, now: Any) -> str:
            if not inner:
                inner.append(True)
                collect(shop.workspace, shop.clock)
            return plain(folder, now)

        monkeypatch.setattr(collecting, "_written", interrupted)
        with pytest.raises(LedgerError, match="another run has filled"):
            shop.collect()
        assert len(shop.events()) == 3


class TestTime:
    def test_an_event_is_told_exactly_when_due_and_once(self, tmp_path: Path, receiver: Webhook) -> None:
        shop = Shop(tmp_path)
        rule = {"tag": "tier:high", "changes": ["entered"], "hours_after": 24, "event": "Added to cart"}
        (tmp_path / "events.csv").write_text(
            "event,customer_id,happened_at\nadded_to_cart,1,2026-11-25T06:59:00Z\n"
            "Added To Cart,1,2026-11-25T07:30:15Z\nadded_to_cart,2,2026-11-25T07:59:00Z\n",
            encoding="utf-8",
        )
        shop.declare([rule], events_export=True)
        shop.collect()
        shop.swap()
        shop.collect()
        due = datetime(2026, 11, 26, 7, 30, 15, tzinfo=UTC)
        assert [event.due_at for event in shop.events()] == [due]
        shop.clock.instant = due - timedelta(seconds=1)
        assert shop.tell() == Told(0, 0, 0)
        shop.clock.instant = due
        assert shop.tell() == Told(1, 0, 0)
        shop.clock.advance(hours=30)
        assert shop.tell() == Told(0, 0, 0)
        assert said(receiver)[0]["data"]["due_at"] == "2026-11-26T07:30:15.000Z"

    def test_who_has_left_before_it_was_due_is_not_told_of(self, tmp_path: Path, receiver: Webhook) -> None:
        shop = Shop(tmp_path)
        shop.declare([{"tag": "tier:high", "hours_after": 24}])
        shop.collect()
        shop.swap()
        shop.collect()
        shop.spent[1] = 100
        shop.clock.advance(hours=2)
        assert shop.collect() == Collected(1, 1, first=False), (
            "17 is back; 1 was never told of, so not of leaving either"
        )
        shop.clock.advance(hours=48)
        shop.tell()
        assert sorted(told(receiver)) == [("tier.entered", "tier:high"), ("tier.left", "tier:high")]
        assert len({document["data"]["person"] for document in said(receiver)}) == 1, "17 left, and came back"


class TestAnswers:
    @pytest.fixture
    def full(self, shop: Shop) -> Shop:
        shop.swap()
        shop.collect()
        return shop

    def test_a_receiver_that_fails_is_asked_again_under_the_same_ids(self, full: Shop, receiver: Webhook) -> None:
        receiver.status = 503
        first = full.tell()
        assert (first.delivered, first.postponed, first.problem) == (0, 3, "the receiver failed (HTTP 503)")
        assert len(receiver.bodies) == 9, "three tries each"
        assert full.tell() == Told(0, 0, 0), "not before its time"
        receiver.status = 200
        full.clock.advance(minutes=2)
        assert full.tell() == Told(3, 0, 0)
        assert len(set(receiver.bodies)) == 3, "the same words each time"

    def test_no_answer_at_all_is_asked_again(self, full: Shop, receiver: Webhook) -> None:
        receiver.status = 0
        assert full.tell().postponed == 3
        receiver.status = 200
        full.clock.advance(minutes=2)
        assert full.tell().delivered == 3

    def test_a_receiver_that_wants_a_pause_gets_it(self, full: Shop, receiver: Webhook) -> None:
        receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
        assert full.tell().problem == "the receiver asks us to wait"
        assert len(receiver.bodies) == 1
        receiver.status = 200
        full.clock.advance(minutes=59)
        assert full.tell().delivered == 2
        full.clock.advance(minutes=2)
        assert full.tell().delivered == 1

    def test_what_it_will_never_take_does_not_stop_the_others(self, full: Shop, receiver: Webhook) -> None:
        receiver.status = 422
        assert full.tell() == Told(0, 3, 0)
        assert {event.detail for event in full.events(EventState.REFUSED)} == {"refused by the receiver (HTTP 422)"}

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_a_receiver_that_takes_nothing_needs_a_human(self, full: Shop, receiver: Webhook, status: int) -> None:
        receiver.status = status
        with pytest.raises(AuthenticationRequiredError, match=str(status)):
            full.tell()
        receiver.status = 200
        assert full.tell().delivered == 3

    def test_a_redirect_is_not_followed(self, full: Shop, receiver: Webhook) -> None:
        receiver.status, receiver.headers = 302, {"Location": "https://example.com/"}
        with pytest.raises(ConfigurationError, match="points elsewhere"):
            full.tell()


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://localhost/x", "plain https"),
            ("https://user:word@example.com/", "plain https"),
            ("https://127.0.0.1/x", "private address"),
            ("https://169.254.169.254/latest", "private address"),
            ("https://[::1]/x", "private address"),
            ("https://10.1.2.3/", "private address"),
        ],
    )
    def test_only_public_https_addresses(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, url: str, words: str
    ) -> None:
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__URL", url)
        monkeypatch.setenv("ACTIVATOR_WEBHOOK__ALLOW_PRIVATE", "false")
        with pytest.raises(ConfigurationError, match=words):
            shop.tell()

    def test_without_settings_it_says_which(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ACTIVATOR_WEBHOOK__URL")
        with pytest.raises(ConfigurationError, match="ACTIVATOR_WEBHOOK__URL is not set"):
            shop.tell()


def test_the_signature_is_that_of_the_standards_own_libraries() -> None:
    body = b'{"event_type":"ping","data":{"success":true}}'
    made = signature(SecretStr(SECRET), "msg_loFOjxBNrRLzqYUf", 1731705121, body)
    assert made == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_each_attempt_is_signed_for_its_own_time(shop: Shop, receiver: Webhook) -> None:
    shop.swap()
    shop.collect()
    receiver.status = 503
    shop.tell()
    heard = list(zip(receiver.heard, receiver.bodies, strict=True))[:3]
    assert len({headers["webhook-id"] for headers, _ in heard}) == 1
    assert [int(headers["webhook-timestamp"]) - int(heard[0][0]["webhook-timestamp"]) for headers, _ in heard] == [
        0,
        1,
        3,
    ]
    for headers, body in heard:
        expected = signature(SecretStr(SECRET), headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == expected


def test_a_sender_killed_between_answer_and_note_tells_again_under_the_same_id(
    shop: Shop, receiver: Webhook, files: tuple[Path, Path]
) -> None:
    shop.swap()
    shop.collect()
    shop.clock.instant = datetime.now(UTC)
    sender = (
        "import os, signal, sys; from activator.ledger import outbox; "
        "outbox.told = lambda *a: os.kill(os.getpid(), signal.SIGKILL); "
        "sys.argv = ['activator', 'outbox', 'send']; from activator.cli.main import run; run()"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACTIVATOR_")}
    died = subprocess.run(
        [sys.executable, "-c", sender],
        cwd=shop.folder,
        env=kept | settings(receiver, files),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert len(receiver.bodies) == 1
    time.sleep(0.1)
    assert shop.tell().delivered == 3, "its lease is given up with it"
    assert len(receiver.bodies) == 4
    assert receiver.bodies[0] == receiver.bodies[1]
    assert len({document["data"]["sequence"] for document in said(receiver)}) == 3


def test_a_watching_sender_tells_when_due_and_stops_when_asked(
    shop: Shop, receiver: Webhook, files: tuple[Path, Path]
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACTIVATOR_")}
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "activator"), "outbox", "send", "--watch"],
        cwd=shop.folder,
        env=kept | settings(receiver, files) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline().startswith("0 told"), "it is up"
        due = datetime.now(UTC) + timedelta(seconds=3)
        ledger = Ledger(shop.folder / ".activator", shop.clock)
        with ledger.writing() as connection:
            outbox.add(connection, [OutboxEvent("e" * 32, 1, "entered", "tier:high", "p" * 32, due, due)])
        ledger.close()
        assert watching.stdout.readline().startswith("1 told")
        assert int(receiver.heard[0]["webhook-timestamp"]) >= int(due.timestamp())
        watching.terminate()
        assert watching.wait(60) == 0
