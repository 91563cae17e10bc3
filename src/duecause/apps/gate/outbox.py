"""Put a message for every sink into the transaction of what it tells of: rows in their order and one
obligation with a step per sink."""

from __future__ import annotations

from datetime import datetime

from duecause.apps.gate.activation import activated
from duecause.apps.gate.models import Alarm, Delivery, Sink
from duecause.apps.gate.telling import EMPLOYER
from duecause.apps.obligations.actions import open_obligation
from duecause.engine.actor import Actor

DELIVER = "gate.deliver"
ALARM, CLOSED, HEARTBEAT, TEST = "alarm", "closed", "heartbeat", "test"
OUTBOX = Actor.system("alarms")


def put_alarm(alarm: Alarm, *, now: datetime, what: str = ALARM) -> int:
    """To the sinks that want alarms this grave. What names an employee goes to the employer only once that
    measure may run. Gives to how many."""
    wanted = Sink.objects.filter(is_active=True, severity_from__lte=alarm.severity)
    if not wanted.exists():  # the usual case must not take a lock
        return 0
    if alarm.employee_id is not None and not activated(EMPLOYER, now):
        return 0
    return _put(list(wanted.order_by("pk").values_list("pk", flat=True)), what, alarm, now)


def put_heartbeat(*, now: datetime) -> int:
    """To each sink that programs listen to, unless the one before still waits there."""
    silent = Sink.objects.filter(is_active=True).exclude(kind=Sink.Kind.EMAIL)
    waiting = Delivery.objects.filter(what=HEARTBEAT, state=Delivery.State.DUE).values("sink")
    return _put(
        list(silent.exclude(pk__in=waiting).order_by("pk").values_list("pk", flat=True)), HEARTBEAT, None, now
    )


def put_test(sink: Sink, *, now: datetime) -> int:
    return _put([sink.pk], TEST, None, now)


def _put(sinks: list[int], what: str, alarm: Alarm | None, now: datetime) -> int:
    # Held until commit by whoever writes: numbers have no gap and appear in their order.
    held = list(Sink.objects.select_for_update(no_key=True).filter(pk__in=sinks).order_by("pk"))
    if not held:
        return 0
    obligation = open_obligation(
        actor=OUTBOX,
        kind=DELIVER,
        now=now,
        systems=[sink.code for sink in held],
        facts={"what": what, "alarm": str(alarm.pk) if alarm else None},
    )
    for sink in held:
        sink.written += 1
        sink.save(update_fields=["written"])
        Delivery.objects.create(
            sink=sink, number=sink.written, obligation=obligation, what=what, alarm=alarm, at=now
        )
    return len(held)
