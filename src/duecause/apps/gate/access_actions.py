"""Who looked at whom, kept beside the ledger; reasons that nothing backed when they were given are looked at
again, then confirmed or given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from duecause.apps.gate.explaining import backing, explained
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Access
from duecause.apps.ledger.actions import record
from duecause.apps.staff.models import Employee
from duecause.apps.statements import insert
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.interactions import terms

CHECK = "gate.check_reasons"
MOST_AT_ONCE = 2_000
AGAIN = timedelta(hours=6)
SHORTEST = 20  # of a reason in words


def note(
    *, employee: Employee, person: UUID, reason: Reason, action: str, event: UUID, now: datetime
) -> Access:
    """Keep that this was shown, and whether its reason must be looked at again. Belongs into the transaction
    of the look-up."""
    shown, state, look_at = reason.explained, Access.State.PENDING, None
    if shown is not None:
        state = Access.State.VERIFIED
    elif reason.earlier:
        state = Access.State.FOLLOWS
    else:
        look_at = now + terms(now.date()).check_after
    made = Access(
        event=event,
        employee=employee,
        person=person,
        action=action,
        link=reason.link,
        at=now,
        state=state,
        look_at=look_at,
        row=shown.row if shown else "",
    )
    return insert(made)


def check_reasons(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Look again at what was claimed: links that came since are there by now. Each claim ends once, by an
    event. Gives how many were confirmed, unconfirmed and left. Raises NotPermitted."""
    actor.require(CHECK)
    kept = terms(now.date())
    counts = {"confirmed": 0, "unconfirmed": 0, "left": 0}
    due = Access.objects.filter(state=Access.State.PENDING, look_at__lte=now)
    for each in due.select_related("employee").order_by("look_at", "pk")[:MOST_AT_ONCE]:
        found = backing(explained(each.employee, each.person, each.at), each.link)
        if found is None and now - each.at < kept.check_until:
            look_at = min(now + AGAIN, each.at + kept.check_until)
            Access.objects.filter(pk=each.pk, state=Access.State.PENDING).update(look_at=look_at)
            counts["left"] += 1
            continue
        outcome = Access.State.CONFIRMED if found else Access.State.UNCONFIRMED
        if _end(actor, each, outcome, found.row if found else "", found.template if found else "", now):
            counts[outcome] += 1
    return counts


def _end(actor: Actor, access: Access, outcome: str, row: str, template: str, now: datetime) -> bool:
    """False: another worker was quicker."""
    with transaction.atomic():
        pending = Access.objects.filter(pk=access.pk, state=Access.State.PENDING)
        if not pending.update(state=outcome, row=row, checked_at=now):
            return False
        payload = {
            "look_up": str(access.event),
            "employee": str(access.employee_id),
            "link": access.link,
            "outcome": outcome,
            "row": row,
            "template": template,
        }
        record(actor=actor, kind="gate.reason_checked", now=now, person=access.person, payload=payload)
    return True


def forget_accesses(*, actor: Actor, now: datetime) -> int:
    """Delete look-ups at the end of the time for which links are kept; the ledger keeps theirs. Raises
    NotPermitted."""
    actor.require(CHECK)
    old = Q(at__lt=now - terms(now.date()).keep)
    gone, _ = Access.objects.filter(old).exclude(state=Access.State.PENDING).delete()
    return gone


def look_at_employee(*, actor: Actor, username: str, because: str, now: datetime) -> Employee:
    """Somebody who handles alarms looks at what an employee did, for a reason in words: an event before
    anything is shown. Raises NotPermitted, Refused."""
    actor.require("alarms.handle")
    if len(because.strip()) < SHORTEST:
        raise Refused(
            "reason_short",
            gettext_noop("Write at least 20 characters: the employee can ask why this was looked at."),
        )
    employee = Employee.objects.select_related("team").filter(username__iexact=username).first()
    if employee is None:
        raise Refused("no_employee", gettext_noop("Nobody signs in with this name. Check the user name."))
    payload = {"employee": str(employee.pk), "because": because.strip()}
    with transaction.atomic():
        record(actor=actor, kind="gate.employee_looked_at", now=now, payload=payload)
    return employee
