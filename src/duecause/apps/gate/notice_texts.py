"""What one employee is told, in words: on top of each page until it is read, and on a page of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from duecause.apps.gate.models import StaffNotice
from duecause.apps.gate.policies import engine
from duecause.apps.gate.telling import unread
from duecause.apps.gate.texts import sentence, severity_meaning
from duecause.web.context import Told
from duecause.web.templatetags.formats import day, moment_text, number

SHOWN = 3
Kind = StaffNotice.Kind
MEANING = {Kind.BLOCKED: "watch", Kind.LIMITED: "watch", Kind.LOCKED: "stopped"}
ANSWERED = frozenset({Kind.BLOCKED, Kind.LIMITED, Kind.LOCKED, Kind.UNEXPLAINED, Kind.ASKED})


def told_of(request: HttpRequest) -> list[Told]:
    """The newest that wait for the person signed in. What this very request caused comes with the next page:
    the answer to a forbidden question is the answer to one about nobody."""
    if request.actor.kind != "employee":  # type: ignore[attr-defined]
        return []
    arrived: datetime = getattr(request, "arrived", None) or datetime.now(UTC)
    waiting = unread(request.actor.id).filter(raised_at__lt=arrived)[:SHOWN]  # type: ignore[attr-defined]
    return [
        Told(
            meaning=meaning(notice),
            text=text(notice),
            href=f"{reverse('gate:mine')}#{notice.pk}",
            label=_("Give a reason") if notice.kind in ANSWERED else _("Read it"),
        )
        for notice in waiting
    ]


def meaning(notice: StaffNotice) -> str:
    if notice.kind == Kind.ALARM and notice.alarm is not None:
        return severity_meaning(notice.alarm)
    return MEANING.get(Kind(notice.kind), "watch")


def text(notice: StaffNotice) -> str:
    """One or two sentences; never whom they tried to look up."""
    if notice.kind == Kind.ALARM and notice.alarm is not None:
        return sentence(notice.alarm)
    about = {"when": moment_text(notice.raised_at), "what": _what(notice)}
    if notice.kind == Kind.BLOCKED:
        return (
            _("On %(when)s a look at a person was blocked (%(what)s). It is recorded with your name.") % about
        )
    if notice.kind == Kind.LIMITED:
        return (
            _("Since %(when)s your look-ups are slowed down, because several were blocked. It is recorded.")
            % about
        )
    if notice.kind == Kind.LOCKED:
        return (
            _(
                "On %(when)s your account was locked, because several look-ups were blocked or one was"
                " critical. You can finish with the person you have on the line."
            )
            % about
        )
    if notice.kind == Kind.ASKED:
        return _("The privacy officer asks why look-ups of yours were blocked (%(when)s).") % about
    count = int(notice.facts.get("count", 1))
    return ngettext(
        "%(n)s look-up of yours on %(day)s has no reason on record.",
        "%(n)s look-ups of yours on %(day)s have no reason on record.",
        count,
    ) % {"n": number(count), "day": day(notice.raised_at)}


def _what(notice: StaffNotice) -> str:
    labels = engine().vocabulary.labels["groups"]
    asked = notice.alarm.facts.get("groups", []) if notice.alarm else []
    return ", ".join(_(labels[group]) for group in asked if group in labels)
