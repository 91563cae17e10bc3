"""Write an alarm in the transaction of the event it tells of: the row, the case it belongs to, and what
follows for an account with several. Attempts of one account are counted one at a time on either database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.gate import ladder
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.outbox import put_alarm
from duecause.apps.staff.account_actions import hold
from duecause.engine.actor import Actor


def note_alarm(
    *,
    actor: Actor,
    kind: str,
    severity: int,
    person: UUID | None,
    event: UUID,
    facts: Mapping[str, Any],
    now: datetime,
) -> Alarm:
    """Belongs into the transaction that wrote `event`."""
    concerned = hold(UUID(actor.id)) if actor.kind == "employee" else None
    alarm = Alarm(
        kind=kind,
        severity=severity,
        employee=concerned,
        actor=actor.ref,
        person=person,
        event=event,
        facts=dict(facts),
        raised_at=now,
    )
    if concerned is None:
        alarm.save()
        put_alarm(alarm, now=now)
        return alarm
    alarm.case = ladder.case_for(employee=concerned, severity=severity, now=now)
    alarm.save()
    put_alarm(alarm, now=now)
    ladder.climb(alarm=alarm, concerned=concerned, now=now)
    return alarm
