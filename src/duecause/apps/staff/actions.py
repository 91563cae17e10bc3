"""Verbs of staff: teams, employees, their own identifiers and passwords."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import Noun, change, put
from duecause.apps.staff.models import Employee, EmployeeIdentifier, Team
from duecause.apps.staff.queries import identifiers_of
from duecause.engine.actor import Actor
from duecause.engine.changes import Change, FieldChange
from duecause.engine.problems import Refused

TEAM = Noun(name="team", model=Team, event="staff.team_changed")
EMPLOYEE = Noun(
    name="employee",
    model=Employee,
    event="staff.employee_changed",
    key=("username",),
    private=frozenset({"display_name"}),
    names_person=True,
)
IDENTIFIERS = "identifiers"
SHORTEST_PASSWORD = 12

Identifier = tuple[str, bytes]


def apply_team(*, actor: Actor, now: datetime, code: str, name: str) -> Change | None:
    actor.require("organisation.apply")
    return put(TEAM, {"code": code, "name": name}, actor=actor, now=now)


def apply_employee(
    *,
    actor: Actor,
    now: datetime,
    username: str,
    display_name: str,
    profile: str,
    team: str | None,
    language: str,
    is_active: bool,
    trained_until: date | None,
    workplace: str = "office",
    partner: str | None = None,
    identifiers: Collection[Identifier] = (),
    first_password: str = "",
) -> Change | None:
    """`partner`: code of the call centre whose agent this is, who reaches only people released to it.
    `identifiers`: (kind, look-up token) of the employee's own phone, e-mail or customer number.

    `first_password` is set only where none was ever set. The event names what changed of the person without
    saying it. Raises NotPermitted, Refused.
    """
    actor.require("organisation.apply")
    wanted = {
        "username": username,
        "display_name": display_name,
        "profile": profile,
        "team": team,
        "language": language,
        "is_active": is_active,
        "trained_until": trained_until,
        "workplace": workplace,
        "partner": partner,
    }
    with transaction.atomic():
        changed = put(EMPLOYEE, wanted, actor=actor, now=now)
        employee = Employee.objects.select_for_update(of=("self",)).get(username=username)
        own = _put_identifiers(employee, frozenset(identifiers))
        if own:
            payload = {"key": str(employee.pk), "identifiers": len(identifiers)}
            record(actor=actor, kind="staff.identifiers_changed", now=now, payload=payload)
        if first_password and not is_password_usable(employee.password or "!"):
            _set_password(employee, first_password, actor=actor, now=now)
    return _with_identifiers(changed, username) if own else changed


def employee_change(wanted: dict[str, Any], identifiers: Collection[Identifier]) -> Change | None:
    """What `apply_employee` would change, without changing it."""
    changed = change(EMPLOYEE, wanted)
    differs = identifiers_of(wanted["username"]) != frozenset(identifiers)
    return _with_identifiers(changed, wanted["username"]) if differs else changed


def set_password(*, actor: Actor, username: str, password: str, now: datetime) -> None:
    """Give an employee a new password; open sessions end. Raises NotPermitted, Refused."""
    actor.require("organisation.apply")
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(
            "password_short",
            "The password has %(length)s characters. Use at least %(shortest)s; three or four words are easy"
            " to remember.",
            length=len(password),
            shortest=SHORTEST_PASSWORD,
        )
    with transaction.atomic():
        employee = Employee.objects.select_for_update(of=("self",)).filter(username=username).first()
        if employee is None:
            raise Refused(
                "unknown_employee",
                "There is no employee “%(username)s”. Add them to the organisation file and apply it.",
                username=username,
            )
        _set_password(employee, password, actor=actor, now=now)


def _set_password(employee: Employee, password: str, *, actor: Actor, now: datetime) -> None:
    employee.set_password(password)
    employee.save(update_fields=["password"])
    record(actor=actor, kind="staff.password_changed", now=now, payload={"key": str(employee.pk)})


def _put_identifiers(employee: Employee, wanted: frozenset[Identifier]) -> bool:
    held = identifiers_of(employee.username)
    for kind, token in held - wanted:
        EmployeeIdentifier.objects.filter(employee=employee, kind=kind, token=token).delete()
    EmployeeIdentifier.objects.bulk_create(
        EmployeeIdentifier(employee=employee, kind=kind, token=token) for kind, token in sorted(wanted - held)
    )
    return held != wanted


def _with_identifiers(changed: Change | None, username: str) -> Change:
    own = FieldChange(IDENTIFIERS, None, None, private=True)
    if changed is None:
        return Change(EMPLOYEE.name, username, False, (own,))
    return Change(changed.noun, changed.key, changed.created, (*changed.fields, own))
