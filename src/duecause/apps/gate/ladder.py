"""What follows from attempts that were blocked (packs/alarms.yaml): the first is told to the employee, some
within minutes slow the account's look-ups down, more of them or one that is critical lock it. The contact in
hand may be finished all the same (`gate.in_hand`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from duecause.apps.gate.facts import Reason
from duecause.apps.gate.in_hand import is_in_hand
from duecause.apps.gate.models import Alarm, Case, StaffNotice
from duecause.apps.gate.outbox import put_alarm
from duecause.apps.gate.outcomes import Slowed
from duecause.apps.gate.telling import tell, tell_employer
from duecause.apps.ledger.actions import record
from duecause.apps.staff.account_actions import Turn, limit, lock, take_turn
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.packs.alarms import Ladder, terms
from duecause.web.templatetags.formats import shown_day

LIMITED, LOCKED = "ladder_limited", "ladder_locked"
SEVERITY = {LIMITED: 3, LOCKED: 4}
SYSTEM = Actor.system("ladder")
LOOKS = frozenset({"view", "export", "see_proof"})


def severity_of(kind: str, now: datetime) -> int:
    return terms(shown_day(now)).severities[kind]


def case_for(*, employee: Employee, severity: int, now: datetime) -> Case | None:
    """The open case that gathers this employee's alarms; a new one where the alarm is grave enough."""
    rules = terms(shown_day(now))
    running = Case.objects.filter(employee=employee, opened_at__gt=now - rules.case_lasts)
    case = running.exclude(state=Case.State.CLOSED).order_by("-opened_at").first()
    if case is not None:
        Case.objects.filter(pk=case.pk).update(newest_at=now)
    elif severity >= rules.case_from:
        case = Case.objects.create(employee=employee, opened_at=now, newest_at=now)
    return case


def climb(*, alarm: Alarm, concerned: Employee, now: datetime) -> None:
    """Whatever follows from this alarm, in its transaction. The employee's row is held by the caller."""
    rules = terms(shown_day(now)).ladder
    if alarm.person is None or alarm.severity < rules.counted_from:
        return
    tell(employee=concerned.pk, kind=StaffNotice.Kind.BLOCKED, alarm=alarm, case=alarm.case, now=now)
    count = attempts(concerned, rules, now)
    if alarm.severity >= rules.critical_from or count >= rules.lock_at:
        if lock(actor=SYSTEM, employee=concerned, why=alarm.pk, now=now):
            _report(LOCKED, StaffNotice.Kind.LOCKED, alarm, concerned, count, rules, now)
    elif count >= rules.limit_at:
        until = now + rules.limit_for
        if limit(actor=SYSTEM, employee=concerned, until=until, why=alarm.pk, now=now):
            _report(LIMITED, StaffNotice.Kind.LIMITED, alarm, concerned, count, rules, now)


def attempts(concerned: Employee, rules: Ladder, now: datetime) -> int:
    """Blocked attempts that count, this one too. A search that met several people is one attempt: its alarms
    bear one moment."""
    since = max(now - rules.window, concerned.counts_from or now - rules.window)
    met = Alarm.objects.filter(
        employee=concerned, person__isnull=False, severity__gte=rules.counted_from, raised_at__gt=since
    )
    return met.values("raised_at").distinct().count()


def _report(
    kind: str, notice: str, alarm: Alarm, concerned: Employee, count: int, rules: Ladder, now: datetime
) -> None:
    """An alarm of its own about what the account was subjected to, told to the employee and the employer."""
    facts = {"count": count, "minutes": int(rules.window.total_seconds()) // 60, "alarm": str(alarm.pk)}
    payload = {"alarm": kind, "employee": str(concerned.pk), **facts}
    event = record(actor=SYSTEM, kind="gate.alarm_raised", now=now, payload=payload)
    raised = Alarm.objects.create(
        kind=kind,
        severity=SEVERITY[kind],
        employee=concerned,
        actor=alarm.actor,
        event=event.uid,
        facts=facts,
        raised_at=now,
        case=alarm.case,
    )
    put_alarm(raised, now=now)
    tell(employee=concerned.pk, kind=notice, alarm=raised, case=alarm.case, now=now)
    tell_employer(alarm=raised, concerned=concerned, now=now)


def slowed(
    *, actor: Actor, employee: Employee, action: str, now: datetime, person: UUID, reason: Reason
) -> Slowed | None:
    """Whether this look must wait for its turn; if not, the turn is taken. The contact in hand does
    not wait."""
    if not _limited(employee, now) or action not in LOOKS:
        return None
    if is_in_hand(earlier=reason.earlier, person=person, since=now, now=now):
        return None
    return _turn(actor, employee, "looked_at", now)


def slowed_search(*, actor: Actor, employee: Employee, now: datetime) -> Slowed | None:
    return _turn(actor, employee, "searched_at", now) if _limited(employee, now) else None


def _limited(employee: Employee, now: datetime) -> bool:
    return employee.limited_until is not None and employee.limited_until > now


def _turn(actor: Actor, employee: Employee, turn: Turn, now: datetime) -> Slowed | None:
    every = terms(shown_day(now)).ladder.turn
    if take_turn(employee=employee.pk, turn=turn, every=every, now=now):
        return None
    last: datetime = getattr(employee, turn) or now
    wait = max(last + every - now, timedelta(seconds=1))
    why = Alarm.objects.filter(employee=employee, kind=LIMITED).order_by("-raised_at").first()
    with transaction.atomic():
        told = {"what": turn, "seconds": int(wait.total_seconds())}
        event = record(actor=actor, kind="gate.slowed", now=now, payload=told)
    return Slowed(alarm=why.pk if why else event.uid, policies=(), wait=wait)
