"""A partner can be taken up on the page; nothing goes to it before its contract says enough."""

from __future__ import annotations

import pytest
from django.test import Client

from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import gate_of
from duecause.web.templatetags.formats import shown_day
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FILLED = {
    "name": "Ons Belteam",
    "code": "CC-9",
    "kind": "call_centre",
    "country": "be",
    "role": "processor",
    "our_role": "controller",
}


@pytest.fixture
def world() -> World:
    return make_world()


def signed_in(world: World, profile: str = "privacy_officer") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


def test_a_new_partner_is_noted_with_its_gate_closed(world: World) -> None:
    answer = signed_in(world).post("/partners/new/", FILLED)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/partners/CC-9/")
    made = Partner.objects.get(code="CC-9")
    assert (made.name, made.country, made.role) == ("Ons Belteam", "BE", "processor")
    assert any(block.stops for block in gate_of(made, shown_day(NOW)).blocks)
    assert Event.objects.filter(kind="parties.partner_changed").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"code": "CC-A"}, "There is a partner with the code CC-A already"),
        ({"code": "New"}, "this one is taken by this page"),
        ({"code": "a b/c"}, "Letters, digits, dots, hyphens and underscores"),
        ({"country": "Belgium"}, "Write the two letters of the country"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_noted_is_said_and_nothing_changes(
    world: World, wrong: dict[str, str], says: str
) -> None:
    before = list(Partner.objects.order_by("pk").values())
    answer = signed_in(world).post("/partners/new/", {**FILLED, **wrong})
    assert answer.status_code == 422 and says in answer.content.decode()
    assert list(Partner.objects.order_by("pk").values()) == before


def test_who_may_not_check_partners_is_not_offered_to_add_one(world: World) -> None:
    lead, officer = signed_in(world, "team_lead"), signed_in(world)
    assert "/partners/new/" in officer.get("/partners/").content.decode()
    assert "/partners/new/" not in lead.get("/partners/").content.decode()
    assert lead.get("/partners/new/").status_code == 403
