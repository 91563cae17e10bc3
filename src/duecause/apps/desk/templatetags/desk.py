"""Words and short forms for the desk's pages."""

from uuid import UUID

from django import template
from django.utils.translation import gettext_lazy as _

from duecause.apps.consent.texts import EVIDENCE
from duecause.web.words import own_words

register = template.Library()
register.filter("in_own_words", own_words)

CONSENT_WORDS = {
    "requested": _("asked, no answer yet"),
    "given": _("given"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
    "expired": _("expired"),
    "invalidated": _("not valid"),
    "renewed": _("given again"),
}


@register.filter
def consent_word(state: str) -> str:
    return str(CONSENT_WORDS.get(state, state))


@register.filter
def evidence_word(kind: str) -> str:
    return str(EVIDENCE.get(kind, kind))


@register.filter
def shortened(identifier: UUID) -> str:
    """The end of an identifier: enough to find it again in a conversation."""
    return str(identifier)[-8:]
