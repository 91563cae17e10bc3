"""Where the notice of one source of a person stands, in words."""

from django import template
from django.utils.translation import gettext as _

from duecause.apps.ledger.naming import names_of
from duecause.apps.notices import texts
from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.notices.queries import Told
from duecause.web.templatetags.formats import day
from duecause.web.words import language_name

register = template.Library()
STATE = {"overdue": "overdue", "due": "due", "sent": "sent", "not_needed": "exempt"}


@register.filter
def notice_meaning(told: Told) -> str:
    return texts.STATES[STATE[told.standing.state]][0]


@register.filter
def notice_word(told: Told) -> str:
    return str(texts.STATES[STATE[told.standing.state]][1])


@register.filter
def notice_evidence(told: Told) -> str:
    """How, when and with which text; or until when, and what is under way."""
    notice, standing = told.notice, told.standing
    if told.exemption is not None:
        return texts.ground(told.ground)
    if standing.state == "sent" and notice is not None:
        return _sent(notice)
    said = [_("by %(day)s") % {"day": day(standing.due)}] if standing.due else []
    if notice is not None and notice.state == Notice.State.PLANNED:
        said.append(str(texts.STATES["planned"][1]))
    elif notice is not None:
        said.append(f"{texts.NOTICES[Notice.State(notice.state)][1]}: {texts.why(notice.why)}")
    return " \u00b7 ".join(said)


def _sent(notice: Notice) -> str:
    batch = notice.batch
    about = {
        "day": day(notice.sent_on) if notice.sent_on else "",
        "text": notice.version,
        "language": language_name(notice.language),
    }
    if batch.channel == NoticeBatch.Channel.POST:
        who = names_of([batch.confirmed_by]).get(batch.confirmed_by, batch.confirmed_by)
        sentence = _("sent by post on %(day)s, confirmed by %(who)s: %(text)s, %(language)s")
        return sentence % {**about, "who": who}
    return _("sent by e-mail on %(day)s: %(text)s, %(language)s") % about
