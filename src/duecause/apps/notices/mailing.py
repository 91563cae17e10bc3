"""One e-mail to one person, as the relay takes it."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings

from duecause.apps.mail_relay import ADDRESS
from duecause.apps.mail_relay import Bounced as Bounced
from duecause.apps.mail_relay import configured as configured
from duecause.apps.mail_relay import relay as relay
from duecause.apps.mail_relay import require_relay as require_relay
from duecause.apps.notices.letters import Letter, as_text
from duecause.web.documents import html


def message_id(notice: UUID) -> str:
    """The same for every try, so that a message that was taken twice is recognised as one."""
    return f"<{notice}@{settings.MAIL_FROM.rpartition('@')[2]}>"


def message(letter: Letter, *, to: str, notice: UUID, at: object) -> EmailMessage:
    """Plain text and a page. Raises Bounced for what is no single address."""
    if not to.isascii() or not ADDRESS.fullmatch(to):
        raise Bounced("address_unusable")
    made = EmailMessage()
    made["Subject"] = letter.document.title
    made["From"] = settings.MAIL_FROM
    made["To"] = to
    made["Date"] = format_datetime(at)  # type: ignore[arg-type]
    made["Message-ID"] = message_id(notice)
    made["Content-Language"] = letter.document.language
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(as_text(letter.document))
    made.add_alternative(html(letter.document).decode(), subtype="html")
    return made
