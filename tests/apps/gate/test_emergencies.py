"""Emergency access: a reason, the password again, half an hour, and somebody else reads why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from duecause.apps.gate import actions as gate
from duecause.apps.gate import emergency_actions as emergencies
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.emergencies import EMERGENCY, may_open
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Alarm, Emergency
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import Person
from duecause.engine.actor import NotPermitted
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
WORDS = "Her personal alarm rang and the line went dead."
REASON = Reason(link=EMERGENCY, purpose=EMERGENCY)


@pytest.fixture
def world() -> World:
    return make_world()


def opened(world: World, employee: Any, person: Any, *, now: datetime = NOW, **other: str) -> Emergency:
    said = {"words": WORDS, "password": "demo", **other}
    return emergencies.open_emergency(actor=actor_of(employee), person=person.pk, now=now, **said)


def shown(employee: Any, person: Any, now: datetime, **asked: Any) -> bool:
    seen = gate.reveal(actor=actor_of(employee), person=person.pk, reason=REASON, now=now, **asked)
    return isinstance(seen, gate.Revealed)


def test_it_opens_for_half_an_hour_and_ends_by_itself(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    assert not shown(agent, person, NOW - timedelta(minutes=1))
    opened(world, agent, person)
    assert shown(agent, person, NOW)
    assert shown(agent, person, NOW + timedelta(minutes=29), action="reveal", groups=["phone"])
    assert not shown(agent, person, NOW + timedelta(minutes=30))


def test_it_is_for_one_person_and_one_employee(world: World) -> None:
    agent, other = world.employee("inbound"), world.employee("inbound")
    person, neighbour = world.person(), world.person(number=32470000012)
    opened(world, agent, person)
    assert not shown(agent, neighbour, NOW)
    assert not shown(other, person, NOW)


def test_who_opened_it_ends_it(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    opened(world, agent, person)
    assert emergencies.end_emergency(actor=actor_of(agent), person=person.pk, now=NOW)
    assert not emergencies.end_emergency(actor=actor_of(agent), person=person.pk, now=NOW)
    assert not shown(agent, person, NOW)


def test_it_opens_no_colleagues_record_and_nothing_that_asks_for_a_second_factor(world: World) -> None:
    agent, person = world.employee("inbound"), world.person()
    person.restricted_at = NOW
    person.save()
    opened(world, agent, person)
    assert not shown(agent, person, NOW)
    assert not shown(agent, world.person(number=32470000012), NOW, action="reveal", groups=["bank"])


@pytest.mark.parametrize(
    ("wrong", "code"), [("words", "emergency_reason"), ("password", "emergency_password")]
)
def test_without_a_reason_or_the_password_nothing_opens(world: World, wrong: str, code: str) -> None:
    agent, person = world.employee("inbound"), world.person()
    with pytest.raises(Refused) as refused:
        opened(world, agent, person, **{wrong: "too short"})
    assert refused.value.code == code
    assert not Emergency.objects.exists()
    kinds = {"emergency_password"} if wrong == "password" else set()
    assert set(Alarm.objects.values_list("kind", flat=True)) == kinds


def test_profiles_without_emergencies_open_none(world: World) -> None:
    admin = world.employee("administrator")
    assert not may_open(actor_of(admin))
    with pytest.raises(NotPermitted):
        opened(world, admin, world.person())


def test_it_is_reviewed_by_somebody_else_by_the_next_working_day(world: World) -> None:
    """NOW is Monday, 2 November."""
    officer, other, person = (
        world.employee("privacy_officer"),
        world.employee("privacy_officer"),
        world.person(),
    )
    friday = opened(world, officer, person, now=NOW + timedelta(days=4))
    assert friday.review_by == date(2026, 11, 9)
    asked = {"emergency": friday, "now": NOW}
    with pytest.raises(NotPermitted):
        emergencies.words_of(actor=actor_of(officer), **asked)
    with pytest.raises(NotPermitted):
        emergencies.review(actor=actor_of(officer), outcome="justified", **asked)
    assert emergencies.words_of(actor=actor_of(other), **asked) == WORDS
    assert emergencies.review(actor=actor_of(other), outcome="justified", **asked)
    assert not emergencies.review(actor=actor_of(other), outcome="unjustified", **asked)
    friday.refresh_from_db()
    assert friday.outcome == "justified"
    assert WORDS.encode() not in bytes(friday.words)
    kinds = ("gate.emergency_opened", "gate.emergency_read", "gate.emergency_reviewed")
    assert [Event.objects.filter(kind=kind).count() for kind in kinds] == [1, 1, 1]


def test_at_the_desk_it_is_said_beforehand_who_reads_the_reason_and_the_banner_counts(world: World) -> None:
    agent, officer, person = world.employee("inbound"), world.employee("privacy_officer"), world.person()
    client = Client()
    client.force_login(agent)
    path, htmx = f"/desk/people/{person.pk}/", {"HX-Request": "true"}
    assert f"{path}emergency/" in client.get(path, headers=htmx).content.decode()
    form = client.get(f"{path}emergency/", headers=htmx).content.decode()
    assert officer.display_name in form
    card = client.post(f"{path}emergency/", {"words": WORDS, "password": "demo"}, headers=htmx)
    page = card.content.decode()
    assert "Test-Peeters" in page
    assert "minutes left" in page
    assert "minutes left" in client.get(f"{path}emergency/state/", headers=htmx).content.decode()
    client.post(f"{path}emergency/end/", headers=htmx)
    assert "has ended" in client.get(f"{path}emergency/state/", headers=htmx).content.decode()
    later = client.post(f"{path}reveal/", {"group": "phone"}, headers=htmx).content.decode()
    assert "Nobody here for you" in later
    assert Emergency.objects.get().opened_at <= datetime.now(UTC)


def test_an_unknown_person_gets_the_same_answers(world: World) -> None:
    agent, person, nobody = world.employee("inbound"), world.person(), Person(id=uuid7())
    person.restricted_at = NOW
    person.save()
    client = Client()
    client.force_login(agent)
    answers = []
    for each in (person, nobody):
        path = f"/desk/people/{each.pk}/emergency/"
        form = client.get(path, headers={"HX-Request": "true"}).content.decode()
        sent = {"words": WORDS, "password": "demo"}
        said = client.post(path, sent, headers={"HX-Request": "true"}).content.decode()
        answers.append((form.replace(str(each.pk), "")[:400], said))
    assert answers[0] == answers[1]
