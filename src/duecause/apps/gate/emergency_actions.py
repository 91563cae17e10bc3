"""Open, end and review emergency access (break-glass).

Who opens it has just given the password again; there is no second factor in the product yet, so what asks for
a fresh one (`mfa_fresh`) stays closed in an emergency too.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.emergencies import EMERGENCY, may_open
from duecause.apps.gate.models import Emergency
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.apps.staff.queries import employee_by_id
from duecause.apps.vault.actions import seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_bytes
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.periods import is_working_day, local_day
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.interactions import terms

USE = "gate.emergency"
SHORTEST, LONGEST = 20, 1_000
HANDLES = "alarms.handle"


def open_emergency(*, actor: Actor, person: UUID, words: str, password: str, now: datetime) -> Emergency:
    """Give the employee half an hour with this person's record. One that is open already goes on as it is.

    Raises NotPermitted for a profile without emergencies, Refused for a reason that is too short or a wrong
    password, which is also an alarm."""
    if not may_open(actor):
        raise NotPermitted(actor, EMERGENCY)
    words = words.strip()[:LONGEST]
    if len(words) < SHORTEST:
        raise Refused(
            "emergency_reason",
            gettext_noop("Write at least 20 characters: what happened, and why it cannot wait."),
        )
    employee = employee_by_id(UUID(actor.id))
    if not employee.check_password(password):
        raise_alarm(actor=actor, kind="emergency_password", severity=2, facts={}, now=now)
        raise Refused("emergency_password", gettext_noop("The password is not right. Nothing was opened."))
    kept = terms(now.date())
    with transaction.atomic():
        running = Emergency.objects.filter(
            employee=employee, person=person, until__gt=now, ended_at=None
        ).first()
        if running is not None:
            return running
        made = Emergency(
            employee=employee,
            person=person,
            opened_at=now,
            until=now + kept.emergency,
            review_by=_next_working_day(now),
        )
        made.words = seal_bytes(made.pk, Compartment.CONTENT, USE, words.encode())
        made.save()
        payload = {"emergency": str(made.pk), "until": made.until.isoformat()}
        record(actor=actor, kind="gate.emergency_opened", now=now, person=person, payload=payload)
        facts = {"review_by": made.review_by.isoformat()}
        raise_alarm(actor=actor, kind="emergency", severity=1, facts=facts, now=now)
    return made


def end_emergency(*, actor: Actor, person: UUID, now: datetime) -> bool:
    """The employee needs it no longer. Again changes nothing."""
    with transaction.atomic():
        own = Emergency.objects.filter(employee_id=actor.id, person=person, until__gt=now, ended_at=None)
        ended = own.update(ended_at=now)
        if ended:
            record(actor=actor, kind="gate.emergency_ended", now=now, person=person, payload={})
    return bool(ended)


def words_of(*, actor: Actor, emergency: Emergency, now: datetime) -> str:
    """Why it was opened, for who reviews it. Reading it is an event. Raises NotPermitted."""
    _may_review(actor, emergency)
    content = open_bytes(Sealed(emergency.pk, Compartment.CONTENT, USE, bytes(emergency.words)))
    with transaction.atomic():
        payload = {"emergency": str(emergency.pk)}
        record(actor=actor, kind="gate.emergency_read", now=now, person=emergency.person, payload=payload)
    return content.decode() if content is not None else ""


def review(*, actor: Actor, emergency: Emergency, outcome: str, now: datetime) -> bool:
    """Say what came out. Once; nobody reviews their own. Raises NotPermitted, Refused."""
    _may_review(actor, emergency)
    if outcome not in Emergency.Outcome.values:
        raise Refused("emergency_outcome", gettext_noop("Say whether it was justified."))
    with transaction.atomic():
        waiting = Emergency.objects.filter(pk=emergency.pk, reviewed_at=None)
        done = waiting.update(outcome=outcome, reviewed_by_id=actor.id, reviewed_at=now)
        if done:
            payload = {"emergency": str(emergency.pk), "outcome": outcome}
            record(
                actor=actor, kind="gate.emergency_reviewed", now=now, person=emergency.person, payload=payload
            )
    return bool(done)


def _may_review(actor: Actor, emergency: Emergency) -> None:
    actor.require(HANDLES)
    if str(emergency.employee_id) == actor.id:
        raise NotPermitted(actor, HANDLES)


def _next_working_day(now: datetime) -> date:
    """In the country of the company, which is where its privacy officer works."""
    country = Controller.objects.order_by("pk").values_list("country", flat=True).first() or "BE"
    day = local_day(now, country) + timedelta(days=1)
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return day
