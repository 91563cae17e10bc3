"""From a signed-in employee to the Actor that every verb checks."""

from __future__ import annotations

from duecause.apps.gate.policies import engine
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor


def actor_of(employee: Employee) -> Actor:
    """What an employee may do follows from the profile alone; a leaver or a locked account may nothing."""
    usable = employee.is_active and employee.locked_at is None
    functions = engine().functions_of(employee.profile) if usable else frozenset[str]()
    return Actor(kind="employee", id=str(employee.pk), profile=employee.profile, functions=functions)


# What a contact that was begun can still need.
FINISHING = frozenset({"desk.use", "consent.object", "consent.consent", "register.correct"})


def finishing_actor_of(employee: Employee) -> Actor:
    """Of a locked account with somebody on the line; the middleware holds it to that person, the gate too."""
    functions = engine().functions_of(employee.profile) & FINISHING
    return Actor(kind="employee", id=str(employee.pk), profile=employee.profile, functions=functions)
