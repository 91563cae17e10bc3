"""States of notices, grounds and reasons in plain words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from duecause.apps.notices.models import Notice, NoticeBatch

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
    "not_needed": _("No longer needed"),
    "restricted": _("Processing is restricted (GDPR Art. 18)"),
    "regrouped": _("The record belongs to another person by now"),
    "no_address": _("There is no usable address"),
    "no_text": _("There is no text in this language"),
    "address_unusable": _("The e-mail address cannot be used"),
    "address_refused": _("The mail relay does not take this address"),
    "message_refused": _("The mail relay does not take this message"),
    "returned": _("It was returned"),
    "file_expired": _("The letters were not posted in time"),
}
GROUNDS = {
    "told_by_source": _("The source told them about us itself"),
    "has_information": _("They have the information already"),
    "disproportionate": _("Impossible or out of all proportion"),
    "laid_down_by_law": _("A law lays it down"),
    "professional_secrecy": _("Professional secrecy"),
}
FIRST_CONTACT = {
    "short_notice": _(
        "The first call may come before the letter if its script says where the data came from."
    ),
    "full_notice": _("The whole notice must arrive before the first call."),
}


def why(code: str) -> str:
    return str(WHY.get(code, code))


def ground(code: str) -> str:
    return str(GROUNDS.get(code, code))
