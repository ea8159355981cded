"""The briefing in an inbox, through a submission server and never without TLS. Sent once; nothing here retries."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid

from pydantic import SecretStr

from activator.briefing.render_html import render_html
from activator.briefing.render_text import render_text, subject
from activator.errors import AuthenticationRequiredError, OutcomeUnknownError, PermanentRefusalError, RetryableError
from activator.model.briefing import Briefing

CONVERSATION_SECONDS = 30
SMTP_TLS_PORT = 465


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
        RetryableError: it cannot be reached.
        OutcomeUnknownError: the connection broke while the message was handed over.
    """
    context = server.tls or ssl.create_default_context()
    handing_over = False
    try:
        with closing(_connected(server, context)) as connection:
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password.get_secret_value())
            handing_over = True
            refused = connection.send_message(message)
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()  # a poor farewell does not undo what was taken
    except smtplib.SMTPAuthenticationError:
        raise AuthenticationRequiredError(
            "The mail server refused the sign-in", "Check ACTIVATOR_SMTP_USER and ACTIVATOR_SMTP_PASSWORD."
        ) from None
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
        raise PermanentRefusalError(
            "The mail server refused the briefing or offers no encryption", "Check ACTIVATOR_SMTP_* and the recipients."
        ) from None
    except (smtplib.SMTPException, OSError):
        if handing_over:
            raise OutcomeUnknownError("The connection to the mail server broke", "Look into the inbox first.") from None
        raise RetryableError(
            "The mail server cannot be reached", "Check ACTIVATOR_SMTP_HOST and the network."
        ) from None
    if refused:
        raise PermanentRefusalError(
            f"The mail server refused {len(refused)} of the recipients", "Check briefing.email_to; the others have it."
        )


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.port == SMTP_TLS_PORT:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=CONVERSATION_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=CONVERSATION_SECONDS)
    try:
        connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection
