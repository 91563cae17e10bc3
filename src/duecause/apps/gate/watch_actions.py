"""The alarm that the ledger does not keep up: raised once per episode, closed by itself when it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import LEDGER_LATE, Alarm
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.queries import QueueHealth
from duecause.engine.actor import Actor

WATCHER = Actor.system("watch")
OVER = "over"


class LateAlarm:
    """Every process that watches calls both, at any time (`ledger.watching.OnLate`)."""

    def began(self, *, health: QueueHealth, now: datetime) -> None:
        # Closed by a person while the same event still waits: the episode is known, and it is theirs.
        known = ~Q(state=Alarm.State.CLOSED)
        if health.since is not None:
            known |= Q(raised_at__gte=health.since)
        if Alarm.objects.filter(known, kind=LEDGER_LATE).exists():
            return
        waited = health.oldest.total_seconds() if health.oldest else 0
        facts = {"waiting": health.waiting, "seconds": int(waited), "silent": health.silent}
        try:
            raise_alarm(actor=WATCHER, kind=LEDGER_LATE, severity=3, facts=facts, now=now)
        except IntegrityError:
            return  # another process raised it this very moment: `alarm_ledger_late_once`

    def ended(self, *, now: datetime) -> None:
        with transaction.atomic():
            for alarm in Alarm.objects.filter(kind=LEDGER_LATE).exclude(state=Alarm.State.CLOSED):
                closed = (
                    Alarm.objects.filter(pk=alarm.pk)
                    .exclude(state=Alarm.State.CLOSED)
                    .update(state=Alarm.State.CLOSED, outcome=OVER, closed_at=now)
                )
                if closed:
                    payload = {"alarm": str(alarm.pk), "outcome": OVER}
                    record(actor=WATCHER, kind="gate.alarm_closed", now=now, payload=payload)
