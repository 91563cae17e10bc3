"""The mail relay of the settings: one connection, messages handed over one by one. What it says about an
address is told in a code; no address stands in an exception or a log line."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

from duecause.engine.problems import Refused, Unavailable, gettext_noop

SECONDS = 30
ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+")


class Bounced(Exception):
    """The relay will not take this message for this address, now or later. `why`: a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def require_relay() -> None:
    """Raises Refused where no relay or sender is configured."""
    if not configured():
        raise Refused(
            "no_relay",
            "No mail relay is configured. Set DUECAUSE_SMTP_HOST and DUECAUSE_MAIL_FROM (docs/operate.md),"
            " or send the notices by post.",
        )


class Relay:
    """An open connection."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def send(self, made: EmailMessage) -> None:
        """Returns once the relay has taken it. Raises Bounced, Unavailable."""
        try:
            self._connection.send_message(made, from_addr=settings.MAIL_FROM)
        except smtplib.SMTPRecipientsRefused as refused:
            self._settle(next(iter(refused.recipients.values()))[0], "address_refused")
        except smtplib.SMTPSenderRefused:
            raise Refused(
                "sender_refused",
                "The relay %(host)s does not take mail from the sender of DUECAUSE_MAIL_FROM. Ask whoever"
                " runs it.",
                host=settings.SMTP_HOST,
            ) from None
        except smtplib.SMTPResponseException as answered:
            self._settle(answered.smtp_code, "message_refused")
        except (smtplib.SMTPException, OSError):
            raise away() from None

    def _settle(self, code: int, why: str) -> None:
        if code < 500:
            raise away() from None
        raise Bounced(why) from None


def away() -> Unavailable:
    template = gettext_noop(
        "The mail relay %(host)s:%(port)s does not answer or takes nothing now. What was sent stays sent; the"
        " rest is tried again."
    )
    return Unavailable("relay_unavailable", template, host=settings.SMTP_HOST, port=settings.SMTP_PORT)


@contextmanager
def relay() -> Iterator[Relay]:
    """Raises Refused (not configured, or not let in), Unavailable."""
    require_relay()
    try:
        connection = _connect()
    except smtplib.SMTPAuthenticationError:
        raise Refused(
            "relay_login",
            "The relay %(host)s does not accept DUECAUSE_SMTP_USER with its password. Correct them.",
            host=settings.SMTP_HOST,
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise Refused(
            "relay_offers_less",
            "The relay %(host)s does not offer the encryption or the sign-in that is asked of it. Nothing is"
            " sent without; correct DUECAUSE_SMTP_SECURITY or DUECAUSE_SMTP_USER, or the relay.",
            host=settings.SMTP_HOST,
        ) from None
    except ssl.SSLCertVerificationError:
        raise Refused(
            "relay_certificate",
            "The certificate of the relay %(host)s is not one that is trusted here. Nothing is sent. Where it"
            " is your own, name its authority in SSL_CERT_FILE.",
            host=settings.SMTP_HOST,
        ) from None
    except (smtplib.SMTPException, OSError):
        raise away() from None
    try:
        yield Relay(connection)
    finally:
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()


def _connect() -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if settings.SMTP_SECURITY == "tls":
        made: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.SMTP_HOST, settings.SMTP_PORT, timeout=SECONDS, context=trusted
        )
    else:
        made = smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT, timeout=SECONDS)
    try:
        if settings.SMTP_SECURITY not in ("tls", "none"):
            made.starttls(context=trusted)
        if settings.SMTP_USER:
            password = Path(settings.SMTP_PASSWORD_FILE).read_text(encoding="utf-8").strip()
            made.login(settings.SMTP_USER, password)
    except (smtplib.SMTPException, OSError):
        made.close()
        raise
    return made


def configured() -> bool:
    return bool(settings.SMTP_HOST and ADDRESS.fullmatch(settings.MAIL_FROM))
