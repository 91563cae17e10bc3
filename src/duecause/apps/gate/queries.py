"""Alarms, newest first; what a profile may do with a person's data, asked without doing it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.gate.actions import Revealed
from duecause.apps.gate.facts import Asking, Reason, facts_for
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.staff.queries import employee_by_id
from duecause.engine.actor import Actor


def alarms(state: str) -> QuerySet[Alarm]:
    """`state`: open or closed."""
    rows = Alarm.objects.select_related("employee__team", "closed_by").order_by("-severity", "-raised_at")
    closed = Alarm.State.CLOSED
    return rows.filter(state=closed) if state == "closed" else rows.exclude(state=closed)


def open_alarms_for(actor: Actor) -> int:
    return alarms("open").count() if actor.may("alarms.handle") else 0


def permitted_groups(
    *, actor: Actor, person: UUID, reason: Reason, action: str, now: datetime
) -> frozenset[str]:
    """Groups of data that the policies let this employee do `action` with, to offer no more than that. It is
    decided again, and written down, when it is done."""
    asking = Asking(actor=actor, person=person, reason=reason, now=now)
    facts = facts_for(asking, employee_by_id(UUID(actor.id)))
    return engine().allow_set(profile=actor.profile, action=action, facts=facts).groups


def permitted_after(*, actor: Actor, revealed: Revealed, action: str) -> frozenset[str]:
    """As `permitted_groups`, by the facts with which the gate has just shown this person."""
    if revealed.facts is None:
        return frozenset()
    return engine().allow_set(profile=actor.profile, action=action, facts=revealed.facts).groups
