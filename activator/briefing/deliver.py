"""Bringing the briefing to its readers: a page on disk, a Slack channel, an inbox. Nothing here retries."""

import contextlib
import ipaddress
import os
import smtplib
import socket
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from activator.briefing.render_html import render_html
from activator.briefing.render_text import render_text, subject
from activator.errors import (
    AuthenticationRequiredError,
    ConfigurationError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    PlatformFault,
    RateLimitedError,
    RetryableError,
)
from activator.model.briefing import Briefing

SLACK_HOST = "hooks.slack.com"
HTTPS_PORT = 443
CONNECT_SECONDS, READ_SECONDS = 5, 30
SMTP_TLS_PORT = 465
PAGE_MODE = 0o600


def write_page(project_dir: Path, name: str, page: str) -> Path:
    """Write the page into the project folder: whole or not at all, readable by its owner only.

    name: relative to the project folder. Returns the path written.

    Raises:
        ConfigurationError: the path leads out of the project folder, or cannot be written.
    """
    root = project_dir.resolve()
    target = root / name
    if not target.parent.resolve().is_relative_to(root) or target.name in {"", ".", ".."}:
        raise ConfigurationError("briefing.html leads out of the project folder", "Name a file inside it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp creates with mode 0600; the rename replaces a link itself, never what it points to.
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"The briefing page cannot be written: {error.strerror}", "Check `briefing.html` and the folder's owner."
        ) from None
    return target


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """Where a webhook may lead. The defaults are Slack's; other values are for a stand-in on this machine.

    private_addresses: whether the host may resolve to an address that is not on the public internet.
    ca_file: bundle to verify the server with; None is the system's.
    """

    hosts: frozenset[str] = frozenset({SLACK_HOST})
    port: int = HTTPS_PORT
    private_addresses: bool = False
    ca_file: Path | None = None


def post_to_slack(webhook_url: SecretStr, payload: dict[str, Any], rules: WebhookRules | None = None) -> None:
    """Post one message to an incoming webhook, once.

    Raises:
        ConfigurationError: the URL is not an HTTPS webhook of an allowed host, or leads to a private address.
        OutcomeUnknownError: no answer after sending; the message may be there.
        DestinationError: not sent, or refused.
    """
    rules = rules or WebhookRules()
    url = webhook_url.get_secret_value()
    _check_webhook(url, rules)
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor a .netrc of the environment gets to see the webhook
    try:
        answer = session.post(
            url,
            json=payload,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            verify=str(rules.ca_file) if rules.ca_file else True,
        )
    except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError):
        raise RetryableError("Slack could not be reached securely", "Check the network and try again.") from None
    except requests.exceptions.ConnectionError as error:
        raise _connection_error(error) from None
    except requests.exceptions.RequestException:
        raise OutcomeUnknownError("Slack did not answer", "Look into the channel before sending again.") from None
    finally:
        session.close()
    _check_answer(answer)


def _check_webhook(url: str, rules: WebhookRules) -> None:
    fix = f"Set ACTIVATOR_SLACK_WEBHOOK_URL to the https://{SLACK_HOST}/services/... address Slack shows."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or HTTPS_PORT
    except ValueError:
        raise ConfigurationError("The Slack webhook is not a URL", fix) from None
    if parts.scheme != "https" or parts.username is not None or parts.password is not None:
        raise ConfigurationError("The Slack webhook must be a plain https:// address", fix)
    if host not in rules.hosts or port != rules.port:
        raise ConfigurationError("The Slack webhook leads to a host that is not allowed", fix)
    if not rules.private_addresses:
        _refuse_private(host, port, fix)


def _refuse_private(host: str, port: int, fix: str) -> None:
    """Whoever answers must hold a valid certificate for the host, so a later, other resolution gains nothing."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise RetryableError(f"{host} cannot be resolved", "Check the network and try again.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not all(address.is_global and not address.is_multicast for address in addresses):
        raise ConfigurationError("The Slack webhook leads to a private address", fix)


def _connection_error(error: requests.exceptions.ConnectionError) -> DestinationError:
    """Refused before anything was sent, or cut while waiting for the answer."""
    from urllib3.exceptions import MaxRetryError

    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        return RetryableError("Slack cannot be reached", "Check the network and try again.")
    return OutcomeUnknownError("The connection to Slack broke", "Look into the channel before sending again.")


def _check_answer(answer: requests.Response) -> None:
    status = answer.status_code
    fault = PlatformFault(http_status=status)
    if status == requests.codes.ok:
        return
    if status == requests.codes.too_many_requests:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdigit() else 60.0
        raise RateLimitedError("Slack asks us to wait", "Try again later.", fault, seconds)
    if status in {requests.codes.forbidden, requests.codes.not_found, requests.codes.gone}:
        raise AuthenticationRequiredError(
            f"Slack no longer takes this webhook (HTTP {status})", "Create a new webhook and set it.", fault
        )
    if status >= requests.codes.internal_server_error:
        raise OutcomeUnknownError(f"Slack failed (HTTP {status})", "Look into the channel before sending again.", fault)
    raise PermanentRefusalError(f"Slack refused the message (HTTP {status})", "Check the webhook.", fault)


@dataclass(frozen=True, slots=True)
class MailServer:
    """A submission server. Port 465 speaks TLS from the first byte, any other must offer STARTTLS.

    tls: how its certificate is verified; None is the system's bundle.
    """

    host: str
    port: int
    sender: str
    user: str | None = None
    password: SecretStr | None = None
    tls: ssl.SSLContext | None = None


def mail(briefing: Briefing, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The briefing as a message: plain text, and the page as the alternative mail programs show."""
    message = EmailMessage()
    message["Subject"] = subject(briefing)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Message-ID"] = make_msgid("briefing", domain=sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render_text(briefing))
    message.add_alternative(render_html(briefing), subtype="html")
    return message


def send_mail(server: MailServer, message: EmailMessage) -> None:
    """Hand one message over, encrypted.

    Raises:
        AuthenticationRequiredError: the server does not know the user.
        PermanentRefusalError: it offers no encryption, or refuses sender, recipients or message.
        RetryableError: it cannot be reached, or the connection broke before the message was handed over.
    """
    context = server.tls or ssl.create_default_context()
    try:
        with _connected(server, context) as connection:
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password.get_secret_value())
            refused = connection.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise AuthenticationRequiredError(
            "The mail server refused the sign-in", "Check ACTIVATOR_SMTP_USER and ACTIVATOR_SMTP_PASSWORD."
        ) from None
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
        raise PermanentRefusalError(
            "The mail server refused the briefing or offers no encryption", "Check ACTIVATOR_SMTP_* and the recipients."
        ) from None
    except (smtplib.SMTPException, OSError):
        raise RetryableError(
            "The mail server cannot be reached", "Check ACTIVATOR_SMTP_HOST and the network."
        ) from None
    if refused:
        raise PermanentRefusalError(
            f"The mail server refused {len(refused)} of the recipients", "Check briefing.email_to; the others have it."
        )


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.port == SMTP_TLS_PORT:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=READ_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=READ_SECONDS)
    try:
        connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection
