"""Reasons that nothing backed when they were given: kept, looked at again, confirmed or given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from duecause.apps.gate.explaining import backing, explained
from duecause.apps.gate.models import ReasonClaim
from duecause.apps.ledger.actions import record
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.packs.interactions import terms

CHECK = "gate.check_reasons"
MOST_AT_ONCE = 2_000
AGAIN = timedelta(hours=6)


def claim(*, employee: Employee, person: UUID, link: str, event: UUID, now: datetime) -> ReasonClaim:
    """Remember to look at a reason again. Belongs into the transaction of the look-up."""
    return ReasonClaim.objects.create(
        event=event,
        employee=employee,
        person=person,
        link=link,
        at=now,
        look_at=now + terms(now.date()).check_after,
    )


def check_claims(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Look again at what was claimed: links that came since are there by now. Each claim ends once, by an
    event. Gives how many were confirmed, unconfirmed and left. Raises NotPermitted."""
    actor.require(CHECK)
    kept = terms(now.date())
    counts = {"confirmed": 0, "unconfirmed": 0, "left": 0}
    due = ReasonClaim.objects.filter(state=ReasonClaim.State.PENDING, look_at__lte=now)
    for each in due.select_related("employee").order_by("look_at", "pk")[:MOST_AT_ONCE]:
        found = backing(explained(each.employee, each.person, each.at), each.link)
        if found is None and now - each.at < kept.check_until:
            look_at = min(now + AGAIN, each.at + kept.check_until)
            ReasonClaim.objects.filter(pk=each.pk, state=ReasonClaim.State.PENDING).update(look_at=look_at)
            counts["left"] += 1
            continue
        outcome = ReasonClaim.State.CONFIRMED if found else ReasonClaim.State.UNCONFIRMED
        if _end(actor, each, outcome, found.row if found else "", found.template if found else "", now):
            counts[outcome] += 1
    return counts


def _end(actor: Actor, claim: ReasonClaim, outcome: str, row: str, template: str, now: datetime) -> bool:
    """False: another worker was quicker."""
    with transaction.atomic():
        pending = ReasonClaim.objects.filter(pk=claim.pk, state=ReasonClaim.State.PENDING)
        if not pending.update(state=outcome, row=row, checked_at=now):
            return False
        payload = {
            "look_up": str(claim.event),
            "employee": str(claim.employee_id),
            "link": claim.link,
            "outcome": outcome,
            "row": row,
            "template": template,
        }
        record(actor=actor, kind="gate.reason_checked", now=now, person=claim.person, payload=payload)
    return True


def forget_claims(*, actor: Actor, now: datetime) -> int:
    """Delete claims at the end of the time for which links are kept. Raises NotPermitted."""
    actor.require(CHECK)
    old = Q(at__lt=now - terms(now.date()).keep)
    gone, _ = ReasonClaim.objects.filter(old).exclude(state=ReasonClaim.State.PENDING).delete()
    return gone
