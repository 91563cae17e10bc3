"""The desk opens by itself for a call: once, for who is called, and not for anybody else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from duecause.apps.gate.models import Alarm
from duecause.apps.interactions import pops
from duecause.apps.interactions.models import Interaction
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.staff.models import Employee
from tests.apps.interactions.telling import call, take, telephony
from tests.support.world import World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world() -> World:
    return make_world()


def rung(agent: Employee, *, ago: timedelta = timedelta(0)) -> str:
    """The hint of a call that rings."""
    now = datetime.now(UTC) - ago
    take(telephony(), call(agent, begun_at=now), now=now)
    return pops.offer(Interaction.objects.get(), now=now)


def opened(employee: Employee, hint: str) -> str:
    client = Client()
    client.force_login(employee)
    return str(client.post("/desk/pop/", {"hint": hint}, headers={"HX-Request": "true"}).content.decode())


def seen() -> list[Any]:
    return records_of(list(Event.objects.filter(kind="gate.view")))


def test_the_card_of_who_calls_opens_with_its_reason_verified(world: World) -> None:
    agent = world.employee("inbound")
    world.person()
    hint = rung(agent)
    assert "32470000011" not in hint
    page = opened(agent, hint)
    assert "Test-Peeters" in page
    assert "Verified reason" in page
    [event] = seen()
    assert event["verified"]["row"] == "CTI:call-1"


def test_opening_the_address_shows_nothing_and_uses_nothing_up(world: World) -> None:
    agent = world.employee("inbound")
    world.person()
    hint = rung(agent)
    client = Client()
    client.force_login(agent)
    page = client.get(f"/desk/pop/?hint={hint}").content.decode()
    assert "Test-Peeters" not in page
    assert hint in page
    assert "Test-Peeters" in opened(agent, hint)


@pytest.mark.parametrize(
    ("wrong", "severity"), [("forged", 3), ("tag", 3), ("others", 3), ("stale", 1), ("used", 1)]
)
def test_a_hint_that_is_not_good_gets_the_neutral_answer_and_an_alarm(
    world: World, wrong: str, severity: int
) -> None:
    agent, other = world.employee("inbound"), world.employee("inbound")
    world.person()
    hint = rung(agent, ago=timedelta(minutes=2) if wrong == "stale" else timedelta(0))
    if wrong == "used":
        assert "Test-Peeters" in opened(agent, hint)
    if wrong == "forged":
        hint = "0" * 32 + "." + "0" * 32
    if wrong == "tag":
        hint = hint[:-1] + ("0" if hint[-1] != "0" else "1")
    page = opened(other if wrong == "others" else agent, hint)
    assert "Test-Peeters" not in page
    assert "Nobody here for you" in page
    [alarm] = Alarm.objects.all()
    assert (alarm.kind, alarm.severity) == ("screen_pop", severity)
    if wrong == "others":  # who it was made for can still use it
        assert "Test-Peeters" in opened(agent, hint)


def test_of_a_home_with_one_number_the_agent_chooses_and_needs_no_reason(world: World) -> None:
    agent = world.employee("inbound")
    one, other = world.person(), world.person(first_name="Lou")
    page = opened(agent, rung(agent))
    assert page.count("data-row") == 2
    assert {str(one.pk), str(other.pk)} == set(re.findall(r"/desk/people/([^/]+)/", page))
    client = Client()
    client.force_login(agent)
    card = client.get(f"/desk/people/{other.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Test-Peeters" in card
    asked = client.get(f"/desk/people/{other.pk}/?ask", headers={"HX-Request": "true"}).content.decode()
    assert "Test-Peeters" not in asked
