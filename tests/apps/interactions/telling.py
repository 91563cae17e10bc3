"""A system that tells of contacts, and what it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from duecause.apps.interactions import actions
from duecause.apps.interactions.models import ContactSystem
from duecause.apps.interactions.telling import Told
from duecause.apps.staff.models import Employee
from tests.support.world import NOW, OPERATOR


def telephony() -> ContactSystem:
    return actions.set_up(actor=OPERATOR, code="CTI", name="Telephony", now=NOW)


def call(agent: Employee, /, **other: Any) -> Told:
    """A call of Mila's number that this employee takes just now."""
    said = {
        "reference": "call-1",
        "kind": "call",
        "begun_at": NOW - timedelta(minutes=1),
        "employee": agent.username,
        "number": "+32470000011",
        "contact": True,
    }
    return Told(**{**said, **other})


def take(system: ContactSystem, *told: Told, now: Any = NOW) -> actions.Taken:
    return actions.take(actor=actions.contact_actor(system), system=system, told=told, now=now)
