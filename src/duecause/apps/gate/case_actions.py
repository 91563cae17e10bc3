"""Handle the case of an employee: ask, explain, decide, escalate. Nobody handles their own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.gate.actions import close_alarm
from duecause.apps.gate.models import Alarm, Case, CaseReason, StaffNotice
from duecause.apps.gate.telling import HANDLES, officers, tell
from duecause.apps.ledger.actions import record
from duecause.apps.vault.actions import seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_bytes
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused, gettext_noop

USE = "gate.case_reason"
SHORTEST, LONGEST = 10, 2_000
ALARM_OUTCOME = {"mistake": "mistake", "justified": "explained", "unjustified": "unjustified"}
State = Case.State


def give_reason(*, actor: Actor, notice: StaffNotice, words: str, now: datetime) -> CaseReason:
    """The employee says why. Sealed under the key of the case; the notice counts as read. Raises NotPermitted
    for somebody else's notice, Refused for a reason that is too short."""
    if str(notice.employee_id) != actor.id:
        raise NotPermitted(actor, "gate.reason")
    words = words.strip()[:LONGEST]
    if len(words) < SHORTEST:
        raise Refused("case_reason", TOO_SHORT, least=SHORTEST)
    with transaction.atomic():
        case = notice.case or Case.objects.create(
            employee_id=notice.employee_id, opened_at=now, newest_at=now
        )
        sealed = seal_bytes(case.pk, Compartment.CONTENT, USE, words.encode())
        reason = CaseReason.objects.create(case=case, given_at=now, words=sealed)
        waiting = Case.objects.filter(pk=case.pk, state__in=[State.OPEN, State.ASKED])
        waiting.update(state=State.EXPLAINED, explained_at=now)
        StaffNotice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now, case=case)
        record(actor=actor, kind="gate.case_explained", now=now, payload={"case": str(case.pk)})
    return reason


def read(*, actor: Actor, notice: StaffNotice, now: datetime) -> None:
    """The employee has read it. Raises NotPermitted for somebody else's notice."""
    if str(notice.employee_id) != actor.id:
        raise NotPermitted(actor, "gate.read")
    StaffNotice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now)


def reasons_of(*, actor: Actor, case: Case, now: datetime) -> list[tuple[datetime, str]]:
    """What the employee wrote, the newest last. Reading it is an event."""
    _may_handle(actor, case)
    found = []
    for reason in case.reasons.order_by("given_at"):
        sealed = Sealed(case.pk, Compartment.CONTENT, USE, bytes(reason.words))
        content = open_bytes(sealed)
        if content is not None:
            found.append((reason.given_at, content.decode()))
    if found:
        with transaction.atomic():
            record(actor=actor, kind="gate.case_read", now=now, payload={"case": str(case.pk)})
    return found


def ask(*, actor: Actor, case: Case, now: datetime) -> bool:
    """Ask the employee why. Again changes nothing. Raises NotPermitted, Refused."""
    _may_handle(actor, case)
    with transaction.atomic():
        asked = Case.objects.filter(pk=case.pk, state=State.OPEN).update(state=State.ASKED, asked_at=now)
        if asked:
            tell(employee=case.employee_id, kind=StaffNotice.Kind.ASKED, case=case, now=now)
            record(actor=actor, kind="gate.case_asked", now=now, payload={"case": str(case.pk)})
    return bool(asked)


def decide(*, actor: Actor, case: Case, outcome: str, now: datetime) -> bool:
    """Say what it was; its alarms are closed with that. Unjustified: confirmed, and closed once what follows
    has been done. Again changes nothing. Raises NotPermitted, Refused."""
    _may_handle(actor, case)
    if outcome not in Case.Outcome.values:
        raise Refused("case_outcome", NO_OUTCOME)
    state = State.CONFIRMED if outcome == Case.Outcome.UNJUSTIFIED else State.CLOSED
    with transaction.atomic():
        undecided = Case.objects.filter(pk=case.pk, outcome="").exclude(state=State.CLOSED)
        decided = undecided.update(
            state=state,
            outcome=outcome,
            decided_by_id=UUID(actor.id) if actor.kind == "employee" else None,
            decided_at=now,
            closed_at=now if state == State.CLOSED else None,
        )
        if decided:
            told = {"case": str(case.pk), "outcome": outcome}
            record(actor=actor, kind="gate.case_decided", now=now, payload=told)
            for alarm in Alarm.objects.filter(case=case).exclude(state=Alarm.State.CLOSED):
                close_alarm(actor=actor, alarm=alarm, outcome=ALARM_OUTCOME[outcome], now=now)
    return bool(decided)


def close(*, actor: Actor, case: Case, now: datetime) -> bool:
    """What follows from a confirmed case has been done."""
    _may_handle(actor, case)
    with transaction.atomic():
        confirmed = Case.objects.filter(pk=case.pk, state=State.CONFIRMED)
        closed = confirmed.update(state=State.CLOSED, closed_at=now)
        if closed:
            told = {"case": str(case.pk), "outcome": Case.Outcome.UNJUSTIFIED.value, "closed": True}
            record(actor=actor, kind="gate.case_decided", now=now, payload=told)
    return bool(closed)


def escalate(*, actor: Actor, case: Case, now: datetime) -> bool:
    """Bring it before the other officers. Again changes nothing. Raises NotPermitted, Refused."""
    _may_handle(actor, case)
    newest = case.alarms.order_by("-severity", "-raised_at").first()
    with transaction.atomic():
        rows = Case.objects.filter(pk=case.pk, escalated_at=None).exclude(state=State.CLOSED)
        by = UUID(actor.id) if actor.kind == "employee" else None
        escalated = rows.update(escalated_at=now, escalated_by_id=by)
        if escalated:
            for officer in officers(but=case.employee):
                if str(officer.pk) != actor.id:
                    kind = StaffNotice.Kind.ALARM
                    tell(employee=officer.pk, kind=kind, alarm=newest, case=case, now=now)
            record(actor=actor, kind="gate.case_escalated", now=now, payload={"case": str(case.pk)})
    return bool(escalated)


def _may_handle(actor: Actor, case: Case) -> None:
    actor.require(HANDLES)
    if actor.id == str(case.employee_id):
        raise Refused("own_case", OWN)


OWN = gettext_noop("This case is about you. Another privacy officer handles it.")
NO_OUTCOME = gettext_noop("Choose what it was: a mistake, justified or unjustified.")
TOO_SHORT = gettext_noop("Write at least %(least)s characters: what you needed it for.")
