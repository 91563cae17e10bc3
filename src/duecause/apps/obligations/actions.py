"""Open obligations and move their steps. A step is claimed under a lease and finished only by its holder, so
that two workers never both finish it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, Q

from duecause.apps.ledger.actions import record
from duecause.apps.obligations import stopping
from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

Target = tuple[str, str]  # kind of obligation and system: whom a step is for

LEASE = timedelta(seconds=60)
RETRY_FIRST = timedelta(seconds=2)
RETRY_LONGEST = timedelta(hours=1)
ATTEMPTS_BEFORE_DEAD = 12
ROUNDS_KEPT = timedelta(days=7)
STUCK = (Step.State.REFUSED, Step.State.DEAD)
NOT_STUCK = gettext_noop("This step is tried by itself; nothing was changed.")


def open_obligation(
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    systems: Sequence[str],
    person: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    waiting: bool = False,
) -> Obligation:
    """Promise something by a date, one step per system. Belongs into the caller's transaction.

    `facts` hold codes, ids and counts. `waiting` steps wait for a person or partner instead of a worker.
    """
    obligation = Obligation.objects.create(
        kind=kind, person=person, facts=dict(facts or {}), opened_at=now, due_at=due_at
    )
    state = Step.State.WAITING if waiting else Step.State.DUE
    Step.objects.bulk_create(
        Step(obligation=obligation, system=system, state=state, next_at=now, deadline=due_at)
        for system in systems
    )
    record(
        actor=actor,
        kind="obligation.opened",
        now=now,
        person=person,
        payload={
            "obligation": str(obligation.pk),
            "what": kind,
            "systems": list(systems),
            "due": due_at.isoformat() if due_at else None,
        },
    )
    return obligation


def claim(*, worker: str, now: datetime, limit: int = 1, but: Collection[Target] = ()) -> list[Step]:
    """Lease up to `limit` due steps, or steps whose holder has gone silent, nearest deadline first; none for
    the targets `but`, which have had their share of this round (`runner.Round`)."""
    # A lease that ends later than any could was given before the clock was put back.
    silent = Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    ready = Q(state=Step.State.DUE, next_at__lte=now) | Q(silent, state=Step.State.LEASED)
    with transaction.atomic():
        rows = Step.objects.filter(ready).order_by(F("deadline").asc(nulls_last=True), "next_at")
        for kind, system in but:
            rows = rows.exclude(obligation__kind=kind, system=system)
        if connection.vendor == "postgresql":
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        claimed = [step.pk for step in rows[:limit]]
        Step.objects.filter(pk__in=claimed).update(
            state=Step.State.LEASED,
            lease_by=worker,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
        )
    return list(Step.objects.select_related("obligation").filter(pk__in=claimed, lease_by=worker))


def report_progress(*, step: Step, now: datetime, done: int, total: int) -> bool:
    """Renew the lease and say how far it is. False: the lease was lost, or this worker was asked to end; stop
    working on this step."""
    if stopping.asked():
        return False
    return bool(_held(step).update(progress_done=done, progress_total=total, lease_until=now + LEASE))


def finish(*, actor: Actor, step: Step, now: datetime, receipt: Mapping[str, Any]) -> bool:
    """Close the step, and the obligation with its last step. False if another worker holds it by now."""
    return _close(actor, step, _held(step), now, receipt)


def finish_waiting(*, actor: Actor, step: Step, now: datetime, receipt: Mapping[str, Any]) -> bool:
    """Close a step that waited for a person or partner, as `finish` does. False if it was closed before."""
    waiting = Step.objects.filter(pk=step.pk, state=Step.State.WAITING)
    return _close(actor, step, waiting, now, receipt)


def _close(
    actor: Actor, step: Step, held: models.QuerySet[Step], now: datetime, receipt: Mapping[str, Any]
) -> bool:
    with transaction.atomic():
        closed = held.update(
            state=Step.State.DONE, done_at=now, receipt=dict(receipt), lease_by="", lease_until=None, error={}
        )
        if not closed:
            return False
        record(
            actor=actor,
            kind="obligation.step_done",
            now=now,
            person=step.obligation.person,
            payload={"obligation": str(step.obligation_id), "step": str(step.pk), "system": step.system},
        )
        open_steps = Step.objects.filter(obligation=step.obligation_id).exclude(state=Step.State.DONE)
        if not open_steps.exists():
            Obligation.objects.filter(pk=step.obligation_id).update(
                state=Obligation.State.DONE, closed_at=now
            )
    return True


def fail(
    *,
    step: Step,
    now: datetime,
    error: Mapping[str, Any],
    final: bool,
    wait: timedelta | None = None,
    tries: int = ATTEMPTS_BEFORE_DEAD,
) -> None:
    """Put the step back for a later try, or aside: refused (`final`) or dead after too many tries.
    `error` holds a code and a text without personal data. `wait`: until the next try, instead of ever
    longer."""
    with transaction.atomic():
        if final:
            state = Step.State.REFUSED
        elif step.attempts >= tries:
            state = Step.State.DEAD
        else:
            state = Step.State.DUE
        wait = wait or min(RETRY_FIRST * 2 ** min(step.attempts, 20), RETRY_LONGEST)
        held = _held(step).update(
            state=state, error=dict(error), next_at=now + wait, lease_by="", lease_until=None
        )
        if held and state != Step.State.DUE:
            Obligation.objects.filter(pk=step.obligation_id).update(state=Obligation.State.FAILED)


def give_back(*, worker: str, now: datetime) -> int:
    """A worker that ends hands on what it holds and has not finished: due at once, as if not tried. Gives how
    many steps it were."""
    held = Step.objects.filter(state=Step.State.LEASED, lease_by=worker)
    return held.update(
        state=Step.State.DUE, next_at=now, attempts=F("attempts") - 1, lease_by="", lease_until=None
    )


def retry_step(*, actor: Actor, step: Step, now: datetime) -> None:
    """Have a step tried again that no worker would try by itself, with all its tries before it.

    Raises NotPermitted, Refused (`not_stuck`) where somebody else did so already.
    """
    actor.require("obligations.retry")
    with transaction.atomic():
        put_back = Step.objects.filter(pk=step.pk, state__in=STUCK).update(
            state=Step.State.DUE, attempts=0, next_at=now
        )
        if not put_back:
            raise Refused("not_stuck", NOT_STUCK)
        if not Step.objects.filter(obligation=step.obligation_id, state__in=STUCK).exists():
            Obligation.objects.filter(pk=step.obligation_id, state=Obligation.State.FAILED).update(
                state=Obligation.State.OPEN
            )
        record(
            actor=actor,
            kind="obligation.step_retried",
            now=now,
            person=step.obligation.person,
            payload={"obligation": str(step.obligation_id), "step": str(step.pk), "system": step.system},
        )


def ensure_periodic(*, kind: str, slot: str, system: str, now: datetime) -> None:
    """Open a periodic obligation once per slot (a day, an hour), whoever asks first. Rounds of the same kind
    that ended well long ago are dropped; the ledger keeps that they were."""
    if Obligation.objects.filter(kind=kind, slot=slot).exists():
        return  # the usual case must not take the write lock
    with transaction.atomic():
        obligation, made = Obligation.objects.get_or_create(
            kind=kind, slot=slot, defaults={"opened_at": now, "facts": {}}
        )
        if made:
            Step.objects.create(obligation=obligation, system=system, next_at=now)
            ended = Obligation.objects.filter(kind=kind, state=Obligation.State.DONE).exclude(slot="")
            ended.filter(closed_at__lt=now - ROUNDS_KEPT).delete()


def bring_forward(*, kind: str, system: str, now: datetime) -> bool:
    """A step of this kind for this system that waits for its time is due at once. False: none waits, and none
    is at work."""
    steps = Step.objects.filter(obligation__kind=kind, system=system)
    steps.filter(state=Step.State.DUE, next_at__gt=now).update(next_at=now)
    return steps.filter(state__in=(Step.State.DUE, Step.State.LEASED)).exists()


def _held(step: Step) -> models.QuerySet[Step]:
    return Step.objects.filter(pk=step.pk, state=Step.State.LEASED, lease_by=step.lease_by)
