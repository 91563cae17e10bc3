"""What an address can name, for who asks: an object of theirs, one that is not theirs, one that is nowhere.

`Found.other` is None where an object belongs to the company: whoever may use the endpoint may name any.
A new kind of object is one function here, registered under the name that matrix.yaml uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client
from django.urls import reverse

from duecause.apps.consent.models import Objection
from duecause.apps.gate.actions import deny_function
from duecause.apps.gate.policies import links_for
from duecause.apps.staff.models import Employee, EmployeeIdentifier
from duecause.apps.vault import indexes
from duecause.engine.ids import uuid7
from tests.support.world import NOW, OPERATOR, World


@dataclass(frozen=True)
class Caller:
    """`employee` is None for a partner or for nobody."""

    client: Client
    employee: Employee | None = None


@dataclass(frozen=True)
class Found:
    own: object
    other: object | None
    none: object


Maker = Callable[[World, Caller], Found]
MAKERS: dict[str, Maker] = {}


def kind(name: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        MAKERS[name] = maker
        return maker

    return register


@kind("person")
def person(world: World, caller: Caller) -> Found:
    """Own: somebody this employee gave a reason for. Other: a colleague's record, with no reason given."""
    own = world.person(number=32470000011)
    other = world.person(number=32470000012)
    token = indexes.lookup_token("phone", "32470000012")
    EmployeeIdentifier.objects.create(employee=world.employee("inbound"), kind="phone", token=token)
    links = links_for(caller.employee.profile) if caller.employee else ()
    if links:
        caller.client.post(reverse("desk:look", args=[own.pk]), {"link": links[0]})
    return Found(own.pk, other.pk, uuid7())


@kind("objection")
def objection(world: World, caller: Caller) -> Found:
    """Own: taken by this employee a moment ago."""
    own = f"employee:{caller.employee.pk}" if caller.employee else OPERATOR.ref
    return Found(_objection(world, own), _objection(world, f"employee:{uuid7()}"), uuid7())


def _objection(world: World, taken_by: str) -> object:
    made = Objection.objects.create(
        person=world.person(),
        controller=world.controller,
        scope=Objection.Scope.ALL_MARKETING,
        taken_how="call",
        taken_by=taken_by,
        at=datetime.now(UTC),
    )
    return made.pk


@kind("alarm")
def alarm(world: World, caller: Caller) -> Found:
    denied = deny_function(actor=world.actor("technician"), function="ledger.read", now=NOW)
    return Found(denied.alarm, None, uuid7())
