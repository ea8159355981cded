"""The briefing in a Slack channel, through an incoming webhook. Sent once; nothing here retries."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from activator.config.public_address import HTTPS_PORT, https_host, refuse_private
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

SLACK_HOST = "hooks.slack.com"
CONNECT_SECONDS, READ_SECONDS = 5, 30


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
    host, port = https_host(url, "The Slack webhook", fix)
    if host not in rules.hosts or port != rules.port:
        raise ConfigurationError("The Slack webhook leads to a host that is not allowed", fix)
    if not rules.private_addresses:
        refuse_private(host, port, "The Slack webhook", fix)


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
