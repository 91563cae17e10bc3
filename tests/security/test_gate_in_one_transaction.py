"""A look, its event and its alarm exist together or not at all, and without them nothing is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event, QueueEntry
from duecause.apps.parties.actions import create_api_key
from duecause.apps.register.models import Person
from tests.security import canary
from tests.support.world import OPERATOR, World, make_world

EVENT, QUEUE, ALARM = "ledger_event", "ledger_queueentry", "gate_alarm"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def person(world: World) -> Person:
    return canary.canary(world)


@contextmanager
def broken(alias: str, *, inserts_into: str = "") -> Iterator[None]:
    """The database refuses these inserts; without a table, everything."""

    def fail(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not inserts_into or f'INSERT INTO "{inserts_into}"' in sql:
            raise OperationalError("injected")
        return execute(sql, params, many, context)

    with connections[alias].execute_wrapper(fail):
        yield


def at_desk(world: World, profile: str = "inbound") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.employee(profile))
    return client


def look(client: Client, person: Person, link: str = "caller") -> HttpResponse:
    return client.post(reverse("desk:look", args=[person.pk]), {"link": link})


def reveal(client: Client, person: Person) -> HttpResponse:
    return client.post(reverse("desk:reveal", args=[person.pk]), {"group": "phone"})


def written() -> tuple[int, int, int]:
    return Event.objects.count(), QueueEntry.objects.count(), Alarm.objects.count()


def nothing_shown(answer: HttpResponse) -> bool:
    said = answer.content.decode()
    return not canary.betrayed(answer.content) and "Z. K." not in said and "injected" not in said


@pytest.mark.parametrize("table", [EVENT, QUEUE])
def test_a_card_whose_event_cannot_be_written_is_not_shown(world: World, person: Person, table: str) -> None:
    client = at_desk(world)
    before = written()
    with broken("default", inserts_into=table):
        answer = look(client, person)
    assert answer.status_code == 500
    assert nothing_shown(answer)
    assert written() == before
    assert nothing_shown(reveal(client, person))


@pytest.mark.parametrize("table", [EVENT, QUEUE])
def test_a_value_whose_event_cannot_be_written_is_not_revealed(
    world: World, person: Person, table: str
) -> None:
    client = at_desk(world)
    assert canary.betrayed(look(client, person).content)
    before = written()
    with broken("default", inserts_into=table):
        answer = reveal(client, person)
    assert answer.status_code == 500
    assert nothing_shown(answer)
    assert written() == before


@pytest.mark.parametrize("table", [EVENT, QUEUE])
def test_search_results_whose_event_cannot_be_written_are_not_shown(
    world: World, person: Person, table: str
) -> None:
    client = at_desk(world)
    before = written()
    with broken("default", inserts_into=table):
        answer = client.post(reverse("desk:search"), {"q": "0478 91 92 93"})
    assert answer.status_code == 500
    assert nothing_shown(answer)
    assert written() == before


@pytest.mark.parametrize("table", [EVENT, QUEUE, ALARM])
def test_a_denied_look_leaves_event_and_alarm_or_neither(world: World, person: Person, table: str) -> None:
    client = at_desk(world)
    before = written()
    with broken("default", inserts_into=table):
        answer = look(client, person, link="work_order")
    assert answer.status_code == 500
    assert nothing_shown(answer)
    assert written() == before
    assert nothing_shown(look(client, person, link="work_order"))
    assert written() == tuple(count + 1 for count in before)


@pytest.mark.parametrize("table", [EVENT, QUEUE, ALARM])
def test_a_denied_page_leaves_event_and_alarm_or_neither(world: World, table: str) -> None:
    client = at_desk(world)
    before = written()
    with broken("default", inserts_into=table):
        answer = client.get(reverse("gate:alarms"))
    assert answer.status_code == 500
    assert written() == before
    assert client.get(reverse("gate:alarms")).status_code == 403
    assert written() == tuple(count + 1 for count in before)


@pytest.mark.parametrize("table", [EVENT, QUEUE, "consent_suppression"])
def test_an_objection_exists_with_its_event_and_its_numbers_or_not_at_all(
    world: World, person: Person, table: str
) -> None:
    client = at_desk(world)
    look(client, person)
    before = written()
    with broken("default", inserts_into=table):
        answer = client.post(reverse("desk:objection", args=[person.pk]))
    assert answer.status_code == 500
    assert (Objection.objects.count(), Suppression.objects.count()) == (0, 0)
    assert written() == before


CALLS = {
    "search": lambda client, person: client.post(reverse("desk:search"), {"q": "0478 91 92 93"}),
    "look": look,
    "denied look": lambda client, person: look(client, person, link="work_order"),
    "reveal": lambda client, person: client.post(
        reverse("desk:reveal", args=[person.pk]), {"group": "phone"}
    ),
    "source": lambda client, person: client.post(reverse("desk:source", args=[person.pk])),
    "page of others": lambda client, person: client.get(reverse("gate:alarms")),
}


@pytest.mark.parametrize("what", CALLS)
def test_without_the_key_database_nothing_is_shown_and_nothing_written(
    world: World, person: Person, what: str
) -> None:
    client = at_desk(world)
    before = written()
    with broken("keys"):
        answer = CALLS[what](client, person)
    assert answer.status_code in (500, 503)
    assert nothing_shown(answer)
    assert written() == before


@pytest.mark.parametrize("alias", ["default", "keys"])
def test_without_a_database_no_call_is_allowed(world: World, person: Person, alias: str) -> None:
    clear = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=datetime.now(UTC))
    with broken(alias):
        answer = Client(raise_request_exception=False).post(
            "/api/precall",
            b'{"number": "+32478919293"}',
            content_type="application/json",
            headers={"authorization": f"Bearer {clear}"},
        )
    assert answer.status_code == 503
    assert b"allow" not in answer.content


def test_the_page_for_what_broke_asks_nothing_of_a_database(world: World) -> None:
    client = at_desk(world)
    with broken("default"), broken("keys"):
        answer = client.get("/desk/")
    assert answer.status_code == 500
    assert "<h1>" in answer.content.decode()
    assert answer["Content-Security-Policy"]
