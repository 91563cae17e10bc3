"""Our own systems on their pages: set up, told what was ticked, given a key, and ended."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from duecause.apps.ledger.models import Event
from duecause.apps.systems import actions, queries
from duecause.apps.systems.models import System
from duecause.apps.systems.queries import system_by_key
from tests.apps.register.lists import customers, declare_fields
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FILLED = {"name": "Customer relations", "code": "CRM", "sources": ["CRM-BE"], "fields_told": ["contract_to"]}


@pytest.fixture
def world() -> World:
    world = make_world()
    declare_fields()
    customers(world, "CRM-BE")
    return world


@pytest.fixture
def crm(world: World) -> System:
    return actions.set_up(
        actor=OPERATOR, code="CRM", name="Customer relations", sources=["CRM-BE"], fields=[],
        webhook_url="https://crm.example.org/news", now=NOW,
    )  # fmt: skip


def signed_in(world: World, profile: str = "administrator") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


def test_a_new_system_is_told_what_was_ticked_and_no_other_value(world: World) -> None:
    answer = signed_in(world).post("/systems/new/", FILLED)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/systems/CRM/")
    [state] = queries.states()
    assert (state["sources"], state["fields"]) == (["CRM-BE"], ["contract_to"])
    assert Event.objects.filter(kind="systems.system_set").count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"code": "New"}, "this one is taken by this page"),
        ({"code": "a b"}, "Letters, digits, dots, hyphens and underscores"),
        ({"sources": []}, "This field is required"),
        ({"sources": ["NOWHERE"]}, "NOWHERE is not one of the available choices"),
        ({"webhook_url": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"fields_told": ["shoe_size"]}, "shoe_size is not one of the available choices"),
    ],
)
def test_what_cannot_be_set_up_is_said_and_nothing_changes(
    world: World, wrong: dict[str, object], says: str
) -> None:
    answer = signed_in(world).post("/systems/new/", {**FILLED, **wrong})
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not System.objects.exists()


def test_a_code_that_is_taken_is_said_instead_of_changing_that_system(world: World, crm: System) -> None:
    answer = signed_in(world).post("/systems/new/", {**FILLED, "name": "Another"})
    assert answer.status_code == 422 and "There is a system with this code already" in answer.content.decode()
    assert System.objects.get().name == "Customer relations"


def test_the_key_is_shown_once_and_opens_its_feed_until_another_is_made(world: World, crm: System) -> None:
    client, keys = signed_in(world), []
    for _ in range(2):
        made = client.post("/systems/CRM/key/")
        assert "no-store" in made.headers["Cache-Control"]
        keys += re.findall(r"dc_[0-9a-f]{8}_[\w-]{43}", made.content.decode())
    assert len(keys) == 2 and system_by_key(keys[0]) is None and system_by_key(keys[1]) == crm
    page = client.get("/systems/CRM/").content.decode()
    assert keys[1] not in page and keys[1][:11] in page


def test_an_ended_system_hears_nothing_until_it_is_taken_up_again_with_a_new_key(
    world: World, crm: System
) -> None:
    client = signed_in(world)
    key = actions.make_key(actor=OPERATOR, system=crm, now=NOW)
    client.post("/systems/CRM/end/")
    assert system_by_key(key) is None
    assert client.post("/systems/CRM/key/").status_code == 404
    client.post("/systems/CRM/save/", {"name": "CRM", "sources": ["CRM-BE"]})
    assert System.objects.get().ended_at is None and system_by_key(key) is None


def test_who_may_only_read_sees_how_far_it_is_and_no_button(world: World, crm: System) -> None:
    client = signed_in(world, "privacy_officer")
    page = client.get("/systems/CRM/").content.decode()
    assert "none: it cannot ask" in page and "Has no key yet" in page
    actions.make_key(actor=OPERATOR, system=crm, now=NOW)
    page = client.get("/systems/CRM/").content.decode()
    assert "Has everything" in page
    assert "/systems/CRM/key/" not in page and "/systems/CRM/end/" not in page
