"""Which emergencies are open, and who may open one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.gate.emergency_models import Emergency
from duecause.apps.gate.policies import engine, untroubled
from duecause.apps.statements import Statement
from duecause.engine.actor import Actor

EMERGENCY = "emergency"  # the link of the policies, and what is asked


def may_open(actor: Actor) -> bool:
    """Whether an emergency would show this profile anything at all."""
    facts = replace(untroubled(EMERGENCY), break_glass=True)
    return bool(engine().allow_set(profile=actor.profile, action="view", facts=facts).groups)


def is_open(employee: UUID, person: UUID, now: datetime) -> bool:
    return bool(_OPEN.rows(employee=employee, person=person, now=now))


_OPEN = Statement(
    lambda *, employee, person, now: Emergency.objects.filter(
        employee=employee, person=person, until__gt=now, ended_at=None
    ).values_list("pk")[:1]
)


def banner(actor: Actor, person: UUID, now: datetime) -> dict[str, object]:
    """What a card that was opened in an emergency shows on top: how many minutes are left. None: it ended."""
    own = Emergency.objects.filter(employee_id=actor.id, person=person, until__gt=now, ended_at=None)
    running = own.first()
    if running is None:
        return {"emergency": None}
    return {"emergency": running, "left": max(1, int((running.until - now).total_seconds()) // 60)}


def to_review(state: str) -> QuerySet[Emergency]:
    """`state`: open, the earliest due first; or reviewed, the newest first."""
    rows = Emergency.objects.select_related("employee__team", "reviewed_by")
    if state == "reviewed":
        return rows.filter(reviewed_at__isnull=False).order_by("-reviewed_at")
    return rows.filter(reviewed_at=None).order_by("review_by", "opened_at")
