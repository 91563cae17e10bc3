"""The contact an agent is in: for which person a reason was given, until when. Kept in the session, which
holds ids and codes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted

from duecause.apps.gate.facts import NO_REASON, Reason
from duecause.apps.gate.in_hand import provides_contacts
from duecause.apps.gate.policies import engine
from duecause.web.http import PageRequest

LASTS = timedelta(minutes=30)
KEPT = 10


def reason_from(link: str, *, words: str = "", reference: str = "") -> Reason:
    """A reason with the usual purpose of its link. An unknown link is no reason."""
    purposes = engine().vocabulary.usual_purpose
    if link not in purposes or link == "none":
        return NO_REASON
    return Reason(link=link, purpose=purposes[link], words=words[:500], reference=reference[:60])


def remember(
    request: PageRequest, person: UUID, reason: Reason, *, event: UUID | None, now: datetime
) -> None:
    """Written at once, in the caller's transaction. A locked account's contact is not made to last longer.
    Raises SessionInterrupted if the session has ended."""
    if getattr(request, "finishing", None) is not None:
        return
    contacts = dict(request.session.get("contacts", {}))
    contacts.pop(str(person), None)
    contacts[str(person)] = {
        "link": reason.link,
        "reference": reason.reference,
        "event": str(event or ""),
        "until": (now + LASTS).timestamp(),
    }
    request.session["contacts"] = dict(list(contacts.items())[-KEPT:])
    try:
        request.session.save()
    except UpdateError:
        raise SessionInterrupted from None


def begun(request: PageRequest, person: UUID) -> datetime:
    """When the reason that holds for this person was given."""
    until: float = request.session["contacts"][str(person)]["until"]
    return datetime.fromtimestamp(until, UTC) - LASTS


def current(request: PageRequest, person: UUID, now: datetime) -> Reason:
    """The reason that still holds for this person, or none."""
    known = request.session.get("contacts", {}).get(str(person))
    if not known or known["until"] < now.timestamp():
        return NO_REASON
    purpose = engine().vocabulary.usual_purpose.get(known["link"], NO_REASON.purpose)
    return Reason(link=known["link"], purpose=purpose, reference=known["reference"], earlier=known["event"])


def continued(request: PageRequest, person: UUID, reason: Reason, now: datetime) -> Reason:
    """Of an account that was locked or slowed down: the reason as part of the contact it had begun."""
    if not getattr(request, "restrained", False):
        return reason
    return replace(reason, earlier=current(request, person, now).earlier)


@provides_contacts
def lasting(session: Any, now: datetime) -> Mapping[UUID, datetime]:
    """The people of the contacts that last, and when each began."""
    return {
        UUID(person): datetime.fromtimestamp(known["until"], UTC) - LASTS
        for person, known in session.get("contacts", {}).items()
        if known["until"] >= now.timestamp()
    }
