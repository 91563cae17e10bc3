"""What passing days do to notices: an alarm before they are overdue and when they are, and an end to files of
letters that nobody posted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import Alarm
from duecause.apps.notices import clock, send_actions
from duecause.apps.notices.clock import Clock, Counted
from duecause.apps.notices.models import NoticeBatch
from duecause.apps.parties.models import Source
from duecause.engine.actor import Actor
from duecause.packs.law import notice_policy

DUE, OVERDUE = "notices_due", "notices_overdue"
FUNCTION = "notices.send"


def watch(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Look at each source once: warn at each distance of the pack before its next last day, say so when
    notices are overdue. Again on the same day it does nothing more."""
    raised = 0
    for each in clock.clocks(now):
        counts = clock.counted(each)
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=each.source.pk)  # two watchers raise one alarm
            raised += _warn(actor, each, counts, now) + _say_overdue(actor, each, counts, now)
    return {"alarms": raised, "files": _end_files(actor, now)}


def _warn(actor: Actor, each: Clock, counts: Counted, now: datetime) -> int:
    if counts.next_due is None:
        return 0
    left = (counts.next_due - each.today).days
    distances = [days for days in notice_policy().warn_days if left <= days]
    if not distances:
        return 0
    key = {"source": each.source.code, "due": counts.next_due.isoformat(), "days": min(distances)}
    return _once(actor, DUE, 2, key, {"count": counts.due}, now)


def _say_overdue(actor: Actor, each: Clock, counts: Counted, now: datetime) -> int:
    """Once a week and source, as long as it lasts."""
    if not counts.overdue:
        return 0
    key = {"source": each.source.code, "week": _monday(each.today).isoformat()}
    return _once(actor, OVERDUE, 3, key, {"count": counts.overdue}, now)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _once(
    actor: Actor, kind: str, severity: int, key: dict[str, Any], more: dict[str, Any], now: datetime
) -> int:
    known = Alarm.objects.filter(kind=kind, **{f"facts__{name}": value for name, value in key.items()})
    if known.exists():
        return 0
    raise_alarm(actor=actor, kind=kind, severity=severity, facts={**key, **more}, now=now)
    return 1


def _end_files(actor: Actor, now: datetime) -> int:
    """Letters that were not posted in time are given up and due again; their file cannot be opened any
    more."""
    late = NoticeBatch.objects.filter(state=NoticeBatch.State.READY, delete_after__lt=now)
    for batch in late:
        send_actions.discard(actor=actor, batch=batch, why="file_expired", now=now)
    return len(late)
