"""The briefing reaches its readers over real sockets, or says exactly why it did not."""

import json
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from activator.briefing.build import build_briefing
from activator.briefing.deliver import write_page
from activator.briefing.deliver_mail import MailServer, mail, send_mail
from activator.briefing.deliver_slack import WebhookRules, post_to_slack
from activator.briefing.render_slack import render_slack
from activator.errors import (
    ActivatorError,
    AuthenticationRequiredError,
    ConfigurationError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
    RetryableError,
)
from tests.integration.loopback import Postbox, Webhook, certificate, mail_server, webhook_server
from tests.unit.mornings import hostile, ordinary

SECRET = "T0SECRET"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


class TestPage:
    """Written whole, private, and only inside the project."""

    def test_the_page_is_private_and_replaces_the_last_one(self, tmp_path: Path) -> None:
        assert write_page(tmp_path, "out/briefing.html", "first") == tmp_path / "out/briefing.html"
        page = write_page(tmp_path, "out/briefing.html", "second ☀")
        assert page.read_text("utf-8") == "second ☀"
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert [it.name for it in page.parent.iterdir()] == ["briefing.html"]

    @pytest.mark.parametrize("name", ["../briefing.html", "/etc/briefing.html", "a/../../briefing.html", "..", ""])
    def test_a_path_out_of_the_project_is_refused(self, tmp_path: Path, name: str) -> None:
        inside = tmp_path / "project"
        inside.mkdir()
        with pytest.raises(ConfigurationError, match="briefing"):
            write_page(inside, name, "x")
        assert [it.name for it in tmp_path.iterdir()] == ["project"]

    def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(self, tmp_path: Path) -> None:
        target = tmp_path / "precious"
        target.write_text("mine")
        (tmp_path / "briefing.html").symlink_to(target)
        assert not write_page(tmp_path, "briefing.html", "page").is_symlink()
        assert target.read_text() == "mine"

    def test_a_linked_folder_that_leads_out_is_refused(self, tmp_path: Path) -> None:
        project = tmp_path / "project"
        project.mkdir()
        (project / "out").symlink_to(tmp_path)
        with pytest.raises(ConfigurationError):
            write_page(project, "out/briefing.html", "x")

    def test_a_page_that_cannot_be_written_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "briefing.html").mkdir()
        (tmp_path / "briefing.html" / "file").write_text("")
        with pytest.raises(ConfigurationError, match="cannot be written"):
            write_page(tmp_path, "briefing.html", "x")
        assert [it.name for it in tmp_path.iterdir()] == ["briefing.html"]


class TestSlack:
    """Posted once, over verified TLS, to an allowed host only."""

    @pytest.fixture
    def webhook(self, files: tuple[Path, Path]) -> Iterator[Webhook]:
        with webhook_server(files) as state:
            yield state

    @pytest.fixture
    def rules(self, webhook: Webhook, files: tuple[Path, Path]) -> WebhookRules:
        return WebhookRules(frozenset({"localhost"}), webhook.port, private_addresses=True, ca_file=files[0])

    def url(self, webhook: Webhook) -> SecretStr:
        return SecretStr(f"https://localhost:{webhook.port}/services/{SECRET}")

    def test_the_message_arrives_as_built(self, webhook: Webhook, rules: WebhookRules) -> None:
        payload = render_slack(build_briefing(ordinary()))
        post_to_slack(self.url(webhook), payload, rules)
        assert [json.loads(body) for body in webhook.bodies] == [payload]

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (302, PermanentRefusalError),
            (400, PermanentRefusalError),
            (403, AuthenticationRequiredError),
            (404, AuthenticationRequiredError),
            (429, RateLimitedError),
            (500, OutcomeUnknownError),
            (0, OutcomeUnknownError),
        ],
    )
    def test_a_failure_is_told_by_what_helps_and_never_names_the_webhook(
        self, webhook: Webhook, rules: WebhookRules, status: int, error: type[DestinationError]
    ) -> None:
        webhook.status, webhook.headers = status, {"Location": "https://localhost/x", "Retry-After": "7"}
        with pytest.raises(error) as raised:
            post_to_slack(self.url(webhook), {"text": "x"}, rules)
        assert SECRET not in f"{raised.value} {raised.value.next_step} {raised.value.fault}"
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
        assert len(webhook.bodies) == 1
        if isinstance(raised.value, RateLimitedError):
            assert raised.value.retry_after_seconds == 7

    def test_an_unverified_server_gets_nothing(self, webhook: Webhook, rules: WebhookRules) -> None:
        with pytest.raises(RetryableError, match="securely"):
            post_to_slack(self.url(webhook), {"text": "x"}, replace(rules, ca_file=None))
        assert webhook.bodies == []

    def test_nobody_listening_is_worth_another_try(self, webhook: Webhook, rules: WebhookRules) -> None:
        with pytest.raises(RetryableError):
            post_to_slack(SecretStr("https://localhost:1/x"), {}, replace(rules, port=1))

    def test_a_private_address_is_refused_after_resolution(self, webhook: Webhook, rules: WebhookRules) -> None:
        with pytest.raises(ConfigurationError, match="private"):
            post_to_slack(self.url(webhook), {}, replace(rules, private_addresses=False))
        assert webhook.bodies == []

    @pytest.mark.parametrize(
        "url",
        [
            "http://hooks.slack.com/services/x",
            "https://hooks.slack.com.evil.example/services/x",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com@evil.example/",
            "https://user@hooks.slack.com/services/x",
            "https://hooks.slack.com:8443/services/x",
            "https://[::1]/services/x",
            "https://[broken/services/x",
            "https://hooks.slack.com:99999/services/x",
            "file:///etc/passwd",
            "",
        ],
    )
    def test_anything_but_slacks_own_address_is_refused(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as raised:
            post_to_slack(SecretStr(url), {})
        assert "ACTIVATOR_SLACK_WEBHOOK_URL" in raised.value.next_step


class TestMail:
    """Handed over encrypted or not at all."""

    @pytest.fixture
    def postbox(self, files: tuple[Path, Path]) -> Iterator[Postbox]:
        with mail_server(files) as state:
            yield state

    @pytest.fixture
    def server(self, postbox: Postbox, files: tuple[Path, Path]) -> MailServer:
        trust = ssl.create_default_context(cafile=str(files[0]))
        return MailServer("localhost", postbox.port, "ads@nordlicht.example", "ads", SecretStr(SECRET), trust)

    def send(self, server: MailServer) -> None:
        send_mail(server, mail(build_briefing(ordinary()), server.sender, ["anna@nordlicht.example"]))

    def test_text_and_page_arrive_encrypted(self, postbox: Postbox, server: MailServer) -> None:
        self.send(server)
        (message,) = postbox.messages
        assert postbox.encrypted
        assert "Subject: Nordlicht: 1 flag, 1 watched" in message
        assert "text/plain" in message
        assert "text/html" in message

    @pytest.mark.parametrize(
        ("trouble", "error"),
        [
            ({"starttls": False}, PermanentRefusalError),
            ({"password_ok": False}, AuthenticationRequiredError),
            ({"recipients_ok": False}, PermanentRefusalError),
            ({"break_after_data": True}, OutcomeUnknownError),
        ],
    )
    def test_a_failure_is_told_by_what_helps(
        self, postbox: Postbox, server: MailServer, trouble: dict[str, bool], error: type[ActivatorError]
    ) -> None:
        for name, value in trouble.items():
            setattr(postbox, name, value)
        with pytest.raises(error) as raised:
            self.send(server)
        assert SECRET not in f"{raised.value} {raised.value.next_step}"

    def test_a_poor_farewell_does_not_undo_what_was_taken(self, postbox: Postbox, server: MailServer) -> None:
        postbox.polite = False
        self.send(server)
        assert len(postbox.messages) == 1

    def test_a_server_without_encryption_never_sees_password_or_message(
        self, postbox: Postbox, server: MailServer
    ) -> None:
        postbox.starttls = False
        with pytest.raises(PermanentRefusalError):
            self.send(server)
        assert postbox.messages == []

    def test_an_unverified_server_gets_nothing(self, postbox: Postbox, server: MailServer) -> None:
        with pytest.raises(RetryableError):
            self.send(replace(server, tls=None))
        assert postbox.messages == []

    def test_nobody_listening_is_worth_another_try(self, server: MailServer) -> None:
        with pytest.raises(RetryableError):
            self.send(replace(server, port=1))

    def test_a_name_cannot_add_a_header(self) -> None:
        message = mail(hostile("x\r\nBcc: evil@example.com"), "ads@nordlicht.example", ["anna@nordlicht.example"])
        assert message["Bcc"] is None
        assert "\n" not in message["Subject"]
