"""Restrict the processing of a person's data, and end that (GDPR Art. 18). Lists, checks and the desk follow
`Person.restricted_at` from the commit on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.register.models import Person
from duecause.apps.register.telling import Restricted, announce_restriction
from duecause.engine.actor import Actor

FUNCTION = "register.restrict"


def restrict(*, actor: Actor, person: Person, now: datetime) -> bool:
    """False: it was restricted before, or the person was erased. Raises NotPermitted."""
    actor.require(FUNCTION)
    with transaction.atomic():
        free = Person.objects.filter(pk=person.pk, restricted_at=None, erased_at=None)
        if not free.update(restricted_at=now):
            return False
        _write_down(actor, person, True, now)
    return True


def end_restriction(*, actor: Actor, person: Person, now: datetime) -> bool:
    """False: it was not restricted. The person is told before (Art. 18(3)). Raises NotPermitted."""
    actor.require(FUNCTION)
    with transaction.atomic():
        if not Person.objects.filter(pk=person.pk, restricted_at__isnull=False).update(restricted_at=None):
            return False
        _write_down(actor, person, False, now)
    return True


def _write_down(actor: Actor, person: Person, begins: bool, now: datetime) -> None:
    kind = "register.restricted" if begins else "register.restriction_ended"
    record(actor=actor, kind=kind, now=now, person=person.pk, payload={})
    announce_restriction(Restricted(actor=actor, person=person.pk, begins=begins, now=now))
