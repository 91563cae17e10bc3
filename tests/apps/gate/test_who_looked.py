"""The person is told who looked, without a name; the employee sees the same of themselves; who else looks at
an employee says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from duecause.apps.gate import actions as gate
from duecause.apps.gate.access_actions import check_reasons
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.looks import looked_at
from duecause.apps.gate.models import Access
from duecause.apps.ledger.models import Event
from duecause.apps.staff.models import Employee, Team
from duecause.engine.actor import Actor
from duecause.packs.interactions import terms
from tests.apps.interactions.telling import call, take, telephony
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")


@pytest.fixture
def world() -> World:
    return make_world()


def look(employee: Employee, person: Any, *, now: datetime = NOW, **asked: Any) -> None:
    seen = gate.reveal(
        actor=actor_of(employee), person=person.pk, reason=asked.pop("reason", CALLER), now=now, **asked
    )
    assert isinstance(seen, gate.Revealed)


def in_team(employee: Employee) -> Employee:
    employee.team, _ = Team.objects.get_or_create(code="GENT", defaults={"name": "Gent"})
    employee.save()
    return employee


def test_looks_of_a_day_for_one_reason_are_one_line_in_words(world: World) -> None:
    agent, person = in_team(world.employee("inbound")), world.person()
    take(telephony(), call(agent))
    look(agent, person)
    look(agent, person, now=NOW + timedelta(minutes=2), action="reveal", groups=["phone"])
    look(agent, person, now=NOW - timedelta(days=1))
    other = world.person(number=32470000012)
    look(agent, other)
    today, yesterday = looked_at(person.pk)
    assert (today.who, today.team, today.times) == ("Agent who answers calls", "Gent", "2 times")
    assert {"Name", "Telephone numbers"} <= set(today.what.split(", "))
    assert today.why == "The customer is on the line"
    assert yesterday.day == today.day - timedelta(days=1)
    assert agent.display_name not in str((today, yesterday))


def test_what_became_of_the_reason_is_told(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    look(agent, person)
    assert looked_at(person.pk)[0].shown_by == "as the employee said; still to be checked"
    job = Actor.job("test", "gate.check_reasons")
    check_reasons(actor=job, now=NOW + terms(NOW.date()).check_until)
    assert looked_at(person.pk)[0].meaning == "act"


@pytest.mark.parametrize("language", ["nl", "fr", "pl", "sv", "de"])
def test_it_is_said_in_the_persons_language(world: World, language: str) -> None:
    agent, person = world.employee("inbound"), world.person()
    look(agent, person)
    [english] = looked_at(person.pk)
    with translation.override(language):
        [said] = looked_at(person.pk)
    for name in ("who", "why", "shown_by", "times"):
        assert getattr(said, name) != getattr(english, name), name


def test_an_attempt_that_was_denied_shows_nothing_and_is_no_look(world: World) -> None:
    agent, person = world.employee("technician"), world.person()
    denied = gate.reveal(actor=actor_of(agent), person=person.pk, reason=CALLER, now=NOW)
    assert isinstance(denied, gate.Denied)
    assert looked_at(person.pk) == []


def test_an_employee_sees_their_own_looks_and_nobody_elses(world: World) -> None:
    agent, other = world.employee("inbound"), world.employee("inbound")
    person = world.person()
    now = datetime.now(UTC)
    look(agent, person, now=now)
    pages = []
    for employee in (agent, other):
        client = Client()
        client.force_login(employee)
        # The day goes with the look: the test may run over midnight.
        day = Access.objects.get().at.astimezone().date()
        shown = [client.get("/alarms/look-ups/", {"day": str(day + timedelta(days=n))}) for n in (-1, 0, 1)]
        pages.append("".join(page.content.decode() for page in shown))
    assert str(person.pk)[-6:] in pages[0]
    assert str(person.pk)[-6:] not in pages[1]
    assert "Peeters" not in pages[0]


def test_who_looks_at_an_employee_says_why_and_that_is_an_event(world: World) -> None:
    agent, officer, person = world.employee("inbound"), world.employee("privacy_officer"), world.person()
    look(agent, person, now=datetime.now(UTC))
    client = Client()
    client.force_login(officer)
    asked = {"username": agent.username, "because": "too short"}
    refused = client.post("/alarms/employees/", asked)
    assert refused.status_code == 422
    assert not Event.objects.filter(kind="gate.employee_looked_at").exists()
    asked["because"] = "The customer complained that somebody knew of her move."
    page = client.post("/alarms/employees/", asked).content.decode()
    assert str(person.pk)[-6:] in page
    assert Event.objects.filter(kind="gate.employee_looked_at").count() == 1
    assert client.post("/alarms/employees/", {**asked, "username": "nobody"}).status_code == 422


def test_the_privacy_officer_tells_the_person_in_the_persons_language(world: World) -> None:
    """For a request of the person, and for nothing less; asking is a look that stands in the list itself."""
    agent, officer, person = world.employee("inbound"), world.employee("privacy_officer"), world.person()
    look(agent, person)
    client = Client()
    client.force_login(officer)
    path, htmx = f"/desk/people/{person.pk}/", {"HX-Request": "true"}
    assert "Agent" not in client.post(f"{path}looked/", headers=htmx).content.decode()
    card = client.post(f"{path}look/", {"link": "request_case"}, headers=htmx).content.decode()
    assert f"{path}looked/" in card
    page = client.post(f"{path}looked/", {"language": "nl"}, headers=htmx).content.decode()
    assert 'lang="nl"' in page
    assert "Agent die oproepen beantwoordt" in page
    assert agent.display_name not in page
    assert Event.objects.filter(kind="gate.see_history", person=person.pk).count() == 1


def test_an_agent_is_not_told_who_looked(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    client = Client()
    client.force_login(agent)
    path, htmx = f"/desk/people/{person.pk}/", {"HX-Request": "true"}
    card = client.post(f"{path}look/", {"link": "caller"}, headers=htmx).content.decode()
    assert "Test-Peeters" in card
    assert f"{path}looked/" not in card
    page = client.post(f"{path}looked/", headers=htmx).content.decode()
    assert "Nobody here for you" in page
