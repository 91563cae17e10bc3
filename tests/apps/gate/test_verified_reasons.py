"""A reason that a call or other work shows needs no question; one that nothing shows is checked
afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from duecause.apps.gate import actions as gate
from duecause.apps.gate.access_actions import check_reasons
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.explaining import explained, found_reason
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Access
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.staff.models import Employee, Team
from duecause.engine.actor import Actor, NotPermitted
from duecause.packs.interactions import terms
from tests.apps.interactions.telling import call, take, telephony
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
JOB = Actor.job("test", "gate.check_reasons")
CALLER = Reason(link="caller", purpose="customer_care")


@pytest.fixture
def world() -> World:
    return make_world()


def look(employee: Employee, person: Any, reason: Reason = CALLER, now: Any = NOW) -> dict[str, Any]:
    """The event of a look-up, opened."""
    seen = gate.reveal(actor=actor_of(employee), person=person.pk, reason=reason, now=now)
    assert isinstance(seen, gate.Revealed)
    return events("gate.view")[-1]


def events(kind: str) -> list[dict[str, Any]]:
    found = records_of(list(Event.objects.filter(kind=kind).order_by("pk")))
    return [each for each in found if each is not None]


def test_a_call_of_the_persons_number_is_the_reason_and_stands_in_the_event(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    assert found_reason(agent, person.pk, NOW) is None
    take(telephony(), call(agent))
    reason = found_reason(agent, person.pk, NOW)
    assert reason is not None
    assert (reason.link, reason.purpose) == ("caller", "customer_care")
    event = look(agent, person, reason)
    assert event["verified"] == {"row": "CTI:call-1", "template": "call_number", "strength": "strong"}
    assert Access.objects.get().state == "verified"


def test_the_call_of_another_person_or_employee_or_day_shows_nothing(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    take(telephony(), call(agent, ended_at=NOW))
    assert found_reason(agent, world.person(number=32470000012).pk, NOW) is None
    assert found_reason(world.employee("inbound"), person.pk, NOW) is None
    assert found_reason(agent, person.pk, NOW + timedelta(minutes=30)) is not None
    assert found_reason(agent, person.pk, NOW + timedelta(minutes=31)) is None


def test_a_caller_without_number_is_asked_for_and_confirmed_once_identified(world: World) -> None:
    agent, person, system = world.employee("inbound"), world.person(), telephony()
    take(system, call(agent, number="", ended_at=NOW))
    assert found_reason(agent, person.pk, NOW) is None
    assert [each.strength for each in explained(agent, person.pk, NOW)] == ["weak"]
    look(agent, person)
    assert Access.objects.get().state == "pending"
    take(system, call(agent, ended_at=NOW))
    later = NOW + terms(NOW.date()).check_after
    assert check_reasons(actor=JOB, now=later)["confirmed"] == 1
    [checked] = events("gate.reason_checked")
    assert (checked["outcome"], checked["row"], checked["template"]) == (
        "confirmed",
        "CTI:call-1",
        "call_identified",
    )


def test_a_claim_that_nothing_ever_backs_ends_unconfirmed_once(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    assert look(agent, person)["verified"] is None
    kept = terms(NOW.date())
    assert check_reasons(actor=JOB, now=NOW + kept.check_after - timedelta(minutes=1))["left"] == 0
    assert check_reasons(actor=JOB, now=NOW + kept.check_after)["left"] == 1
    assert check_reasons(actor=JOB, now=NOW + kept.check_until)["unconfirmed"] == 1
    assert check_reasons(actor=JOB, now=NOW + 2 * kept.check_until)["unconfirmed"] == 0
    assert [each["outcome"] for each in events("gate.reason_checked")] == ["unconfirmed"]
    with pytest.raises(NotPermitted):
        check_reasons(actor=Actor.job("test"), now=NOW)


def test_a_ticket_that_comes_after_the_look_up_confirms_it(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    look(agent, person, Reason(link="ticket", purpose="customer_care"))
    take(telephony(), call(agent, kind="ticket", reference="T-1", made_by="someone-else"))
    assert check_reasons(actor=JOB, now=NOW + timedelta(hours=2))["confirmed"] == 1
    assert Access.objects.get().row == "CTI:T-1"


def test_an_own_ticket_without_a_contact_backs_nothing(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    take(telephony(), call(agent, kind="ticket", reference="T-1", made_by=agent.username, contact=False))
    assert found_reason(agent, person.pk, NOW) is None
    assert look(agent, person, Reason(link="ticket", purpose="customer_care"))["verified"] is None


def test_the_queue_of_the_team_backs_a_ticket_that_is_named_and_is_not_assumed(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    agent.team = Team.objects.create(code="GENT", name="Gent")
    agent.save()
    take(telephony(), call(agent, kind="ticket", reference="T-1", employee="", team="GENT"))
    assert found_reason(agent, person.pk, NOW) is None
    event = look(agent, person, Reason(link="ticket", purpose="customer_care"))
    assert event["verified"]["strength"] == "medium"
    assert look(agent, person)["verified"] is None  # a caller is not a ticket


def test_work_that_is_not_for_the_profile_is_no_reason(world: World) -> None:
    technician, person = world.employee("technician"), world.person()
    take(telephony(), call(technician), call(technician, reference="W-1", kind="work_order"))
    reason = found_reason(technician, person.pk, NOW)
    assert reason is not None
    assert reason.link == "work_order"


def test_the_machine_opens_nothing_that_the_policies_forbid(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    person.restricted_at = NOW
    person.save()
    take(telephony(), call(agent))
    reason = found_reason(agent, person.pk, NOW)
    assert reason is not None
    assert isinstance(
        gate.reveal(actor=actor_of(agent), person=person.pk, reason=reason, now=NOW), gate.Denied
    )
    [denied] = events("gate.denied")
    assert denied["verified"]["row"] == "CTI:call-1"
