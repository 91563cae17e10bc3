"""What is due, and how far long jobs are."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.actor import Actor

# Behind a worker that runs, a step begins within seconds of its time.
WORK_LATE = timedelta(minutes=2)


def late_steps(now: datetime) -> int:
    """How many steps should have begun long ago: no worker runs, or too few."""
    return Step.objects.filter(state=Step.State.DUE, next_at__lt=now - WORK_LATE).count()


def due_list(state: str) -> QuerySet[Obligation]:
    """Promises with a date, the earliest first. `state`: open, done or failed."""
    rows = Obligation.objects.prefetch_related("steps").filter(state=state, due_at__isnull=False)
    return rows.order_by("due_at") if state == Obligation.State.OPEN else rows.order_by("-closed_at")


def jobs() -> QuerySet[Obligation]:
    """Long jobs without a legal date, newest first."""
    return Obligation.objects.prefetch_related("steps").filter(due_at=None, slot="").order_by("-opened_at")


def stuck() -> QuerySet[Step]:
    """Steps that no worker will try again by itself."""
    gone = [Step.State.REFUSED, Step.State.DEAD]
    return Step.objects.select_related("obligation").filter(state__in=gone).order_by(F("deadline"), "next_at")


def due_for(actor: Actor) -> int:
    if not actor.may("obligations.read"):
        return 0
    return Obligation.objects.filter(state=Obligation.State.OPEN, due_at__isnull=False).count()


def share_of_time_used(obligation: Obligation, now: datetime) -> float:
    """0.0 when opened, 1.0 when due."""
    if obligation.due_at is None or obligation.due_at <= obligation.opened_at:
        return 1.0
    used = (now - obligation.opened_at) / (obligation.due_at - obligation.opened_at)
    return min(max(used, 0.0), 1.0)
