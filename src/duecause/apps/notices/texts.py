"""States of notices, grounds and reasons in plain words."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.engine.problems import gettext_noop

# Meaning and word.
STATES = {
    "overdue": ("stopped", _("Overdue")),
    "due": ("watch", _("Due")),
    "planned": ("waiting", _("On its way")),
    "held": ("waiting", _("Held: restricted")),
    "sent": ("ok", _("Told")),
    "exempt": ("ok", _("Exempt")),
}
CHANNELS = {NoticeBatch.Channel.POST: _("By post"), NoticeBatch.Channel.EMAIL: _("By e-mail")}
BATCHES = {
    NoticeBatch.State.MAKING: ("waiting", _("Being made")),
    NoticeBatch.State.READY: ("watch", _("Waits for the print shop")),
    NoticeBatch.State.DONE: ("ok", _("Done")),
}
NOTICES = {
    Notice.State.PLANNED: ("waiting", _("On its way")),
    Notice.State.SENT: ("ok", _("Sent")),
    Notice.State.BOUNCED: ("act", _("Came back")),
    Notice.State.DROPPED: ("info", _("Not sent")),
}
WHY = {
    "not_needed": gettext_noop("No longer needed"),
    "restricted": gettext_noop("Processing is restricted (GDPR Art. 18)"),
    "regrouped": gettext_noop("The record belongs to another person by now"),
    "no_address": gettext_noop("There is no usable address"),
    "no_text": gettext_noop("There is no text in this language"),
    "address_unusable": gettext_noop("The e-mail address cannot be used"),
    "address_refused": gettext_noop("The mail relay does not take this address"),
    "message_refused": gettext_noop("The mail relay does not take this message"),
    "returned": gettext_noop("It was returned"),
    "file_expired": gettext_noop("The letters were not posted in time"),
}
GROUNDS = {
    "told_by_source": gettext_noop("The source told them about us itself"),
    "has_information": gettext_noop("They have the information already"),
    "disproportionate": gettext_noop("Impossible or out of all proportion"),
    "laid_down_by_law": gettext_noop("A law lays it down"),
    "professional_secrecy": gettext_noop("Professional secrecy"),
}
FIRST_CONTACT = {
    "short_notice": _(
        "The first call may come before the letter if its script says where the data came from."
    ),
    "full_notice": _("The whole notice must arrive before the first call."),
}


def why(code: str) -> str:
    return gettext(WHY[code]) if code in WHY else code


def ground(code: str) -> str:
    return gettext(GROUNDS[code]) if code in GROUNDS else code
