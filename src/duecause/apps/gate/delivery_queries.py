"""How the sinks of alarms stand, and when alarms last showed that they are alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from duecause.apps.gate.models import Delivery, Sink
from duecause.apps.ledger.models import Event
from duecause.engine.problems import Refused, gettext_noop


@dataclass(frozen=True, slots=True)
class SinkStanding:
    code: str
    kind: str
    active: bool
    waiting: int
    dead: int
    last_ok_at: datetime | None
    down_since: datetime | None
    next_at: datetime | None


def sink_standings() -> list[SinkStanding]:
    due = Count("deliveries", filter=Q(deliveries__state=Delivery.State.DUE))
    dead = Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD))
    return [
        SinkStanding(
            code=sink.code,
            kind=sink.kind,
            active=sink.is_active,
            waiting=sink.due_count,
            dead=sink.dead_count,
            last_ok_at=sink.last_ok_at,
            down_since=sink.down_since,
            next_at=sink.next_at,
        )
        for sink in Sink.objects.annotate(due_count=due, dead_count=dead).order_by("code")
    ]


def last_heartbeat() -> datetime | None:
    return Event.objects.filter(kind="gate.heartbeat").order_by("-pk").values_list("at", flat=True).first()


def sink_named(code: str) -> Sink:
    """Raises Refused."""
    found = Sink.objects.filter(code=code).first()
    if found is None:
        raise Refused("unknown_sink", UNKNOWN, sink=code)
    return found


UNKNOWN = gettext_noop("There is no alarm sink “%(sink)s”. See: duecause alarms sinks")
