"""The contact an employee had begun before their account was locked or slowed down: it may be finished, so
that the customer on the line is never cut off. What says so is the look-up event of that contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.ledger.models import Event
from duecause.packs.alarms import terms
from duecause.web.templatetags.formats import shown_day

Contacts = Callable[[Any, datetime], Mapping[UUID, datetime]]
_contacts: list[Contacts] = []


def provides_contacts(provider: Contacts) -> Contacts:
    """Register who knows the contacts of a session: given it and the moment, those that last and when each
    began."""
    _contacts.append(provider)
    return provider


def people_in_hand(session: Any, *, since: datetime, now: datetime) -> frozenset[UUID]:
    """With whom this session was in contact when its account was locked, and still is."""
    longest = terms(shown_day(now)).ladder.in_hand
    return frozenset(
        person
        for provider in _contacts
        for person, began in provider(session, now).items()
        if now - longest < began <= since
    )


def is_in_hand(*, earlier: str, person: UUID, since: datetime, now: datetime) -> bool:
    """Whether `earlier`, the event at which a reason was given, is a look at this person from before `since`
    that is recent enough. Nobody makes one up: events are written by the gate alone."""
    try:
        uid = UUID(earlier)
    except ValueError:
        return False
    longest = terms(shown_day(now)).ladder.in_hand
    looks = Event.objects.filter(uid=uid, person=person, kind="gate.view", at__lte=since)
    return looks.filter(at__gt=now - longest).exists()
