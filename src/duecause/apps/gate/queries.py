"""Alarms, newest first."""

from __future__ import annotations

from django.db.models import QuerySet

from duecause.apps.gate.models import Alarm
from duecause.engine.actor import Actor


def alarms(state: str) -> QuerySet[Alarm]:
    """`state`: open or closed."""
    rows = Alarm.objects.select_related("employee__team", "closed_by").order_by("-severity", "-raised_at")
    closed = Alarm.State.CLOSED
    return rows.filter(state=closed) if state == "closed" else rows.exclude(state=closed)


def open_alarms_for(actor: Actor) -> int:
    return alarms("open").count() if actor.may("alarms.handle") else 0
