"""Slow an account's look-ups down, lock it and open it again. Who decides that lies above (`gate.ladder`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from duecause.apps.ledger.actions import record
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

UNLOCK = "staff.unlock"
SHORTEST_REASON = 10
Turn = Literal["looked_at", "searched_at"]


def hold(employee: UUID) -> Employee:
    """The employee's row, locked until the caller's transaction ends: what is counted for one account is
    counted by one at a time. Rows that only refer to it can still be written."""
    return Employee.objects.select_for_update(of=("self",), no_key=True).get(pk=employee)


def limit(*, actor: Actor, employee: Employee, until: datetime, why: UUID, now: datetime) -> bool:
    """Slow look-ups down until then, in the caller's transaction. `why`: the alarm. False: they were slow
    already, and it only lasts longer."""
    slow = employee.limited_until is not None and employee.limited_until > now
    employee.limited_until = until
    employee.save(update_fields=["limited_until"])
    if not slow:
        told = {"key": str(employee.pk), "until": until.isoformat(), "alarm": str(why)}
        record(actor=actor, kind="staff.account_limited", now=now, payload=told)
    return not slow


def lock(*, actor: Actor, employee: Employee, why: UUID, now: datetime) -> bool:
    """End every session of the account, in the caller's transaction. False: it was locked already."""
    if employee.locked_at is not None:
        return False
    employee.locked_at = now
    employee.save(update_fields=["locked_at"])
    told = {"key": str(employee.pk), "alarm": str(why)}
    record(actor=actor, kind="staff.account_locked", now=now, payload=told)
    return True


def unlock(*, actor: Actor, employee: Employee, reason: str, now: datetime) -> bool:
    """Open a locked or slowed account again; blocked attempts count from now on. The reason stands in the
    ledger. Again changes nothing. Raises NotPermitted, Refused without a reason or for one's own account."""
    actor.require(UNLOCK)
    reason = reason.strip()[:500]
    if actor.id == str(employee.pk):
        raise Refused("unlock_own", OWN)
    if len(reason) < SHORTEST_REASON:
        raise Refused("unlock_reason", NO_REASON, least=SHORTEST_REASON)
    with transaction.atomic():
        held = hold(employee.pk)
        if held.locked_at is None and (held.limited_until is None or held.limited_until <= now):
            return False
        Employee.objects.filter(pk=held.pk).update(locked_at=None, limited_until=None, counts_from=now)
        told = {"key": str(held.pk), "reason": reason}
        record(actor=actor, kind="staff.account_unlocked", now=now, payload=told)
    return True


def take_turn(*, employee: UUID, turn: Turn, every: timedelta, now: datetime) -> bool:
    """Whether this account may look somebody up now: the next may `every` later. Two at once: one may."""
    rested = Q(**{turn: None}) | Q(**{f"{turn}__lte": now - every})
    return bool(Employee.objects.filter(rested, pk=employee).update(**{turn: now}))


OWN = gettext_noop("Nobody opens their own account. Ask another privacy officer.")
NO_REASON = gettext_noop("Say in at least %(least)s characters why the account may be used again.")
