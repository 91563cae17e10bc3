"""The page of a request, for one privacy officer and for the other."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from duecause.apps.ledger.models import Event
from duecause.apps.rights.models import ErasureCase
from duecause.cli import group
from duecause.cli.errors import guarded
from tests.apps.rights.cases import known_everywhere, requested, work_off
from tests.security import canary
from tests.support.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def officer(world: World) -> Client:
    client = Client()
    client.force_login(world.employee("privacy_officer"))
    return client


def test_two_officers_take_a_request_from_the_list_to_its_certificate():
    world = make_world()
    person = known_everywhere(world)
    request = requested(world, person)
    first, second = officer(world), officer(world)
    page = reverse("rights:case", args=[request.pk])
    assert page in first.get(reverse("obligations:list")).content.decode()
    assert "Nothing has been planned" in first.get(page).content.decode()
    first.post(reverse("rights:plan", args=[request.pk]))
    told = first.get(page).content.decode()
    assert "Another privacy officer approves" in told and "Approve and erase" not in told
    told = second.get(page).content.decode()
    assert "Approve and erase" in told and "Centre A" in told and "Proof of consents" in told
    assert canary.betrayed(told.encode()) == set(), "nobody is named before somebody asks"
    case = ErasureCase.objects.get()
    second.post(reverse("rights:approve", args=[request.pk]), {"plan": case.plan_hash})
    assert "Destroy the keys" in second.get(page).content.decode()
    case.refresh_from_db()
    assert work_off(case).state == "proven"
    assert "Erased and proven" in first.get(page).content.decode()
    read = first.get(reverse("rights:certificate", args=[request.pk])).content.decode()
    assert "Keys destroyed" in read and "Kept until" in read
    down = json.loads(first.get(reverse("rights:certificate-json", args=[request.pk])).content)
    assert down["certificate"]["format"] == "duecause.erasure/1"


def test_the_person_is_shown_through_the_gate_because_of_the_request_and_gone_afterwards():
    world = make_world()
    person = known_everywhere(world)
    request = requested(world, person)
    client = officer(world)
    shown = client.post(reverse("rights:person", args=[request.pk])).content.decode()
    assert canary.VALUES["last_name"] in shown
    assert canary.VALUES["phone"] not in shown
    assert Event.objects.filter(kind="gate.view", person=person.pk).count() == 2  # one by the agent before
    fragment = client.post(reverse("rights:person", args=[request.pk]), headers={"HX-Request": "true"})
    assert fragment.content.decode().lstrip().startswith("<div")


def test_a_plan_that_is_not_the_one_on_the_page_is_not_approved():
    world = make_world()
    request = requested(world, world.person())
    officer(world).post(reverse("rights:plan", args=[request.pk]))
    answer = officer(world).post(reverse("rights:approve", args=[request.pk]), {"plan": "0" * 64})
    assert (answer.status_code, ErasureCase.objects.get().state) == (422, "planned")
    assert "Plan it again" in answer.content.decode()


def test_the_command_opens_a_request_by_id_or_number_and_erases_nothing(capsys, monkeypatch):
    monkeypatch.setattr("duecause.cli.rights.founding.require_founded", lambda: None)
    world = make_world()
    person = world.person(number=32470000044)

    def call(*given: str) -> str:
        code = guarded(lambda: group.main(["erase", *given], prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return f"{code} {said.out}{said.err}"

    assert call("--number", "+32470000044", "--reason", "withdrawn").startswith("0 Request ")
    assert call(str(person.pk)).startswith("0 Request ")
    assert "Nobody in the register" in call("--number", "+32470000045")
    world.person(number=32470000044)
    assert "2 people have this number" in call("--number", "+32470000044")
    assert not ErasureCase.objects.exists()
    person.refresh_from_db()
    assert person.erased_at is None
