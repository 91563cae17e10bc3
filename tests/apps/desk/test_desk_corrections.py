"""A datum put right at the desk: offered by the policies, made for the reason of the call, told to
centres."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from duecause.apps.gate.models import Alarm
from duecause.apps.register.models import Correction
from tests.apps.dialling.corrections import import_lines, line, person_of, ready_world, stored
from tests.apps.dialling.feeds import release
from tests.support.world import NOW

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    return ready_world()


@pytest.fixture
def mila(world):
    import_lines(world, line(), now=NOW)
    return person_of(world)


def at_the_desk(world, person, profile="inbound", link="caller"):
    client = Client()
    client.force_login(world.employee(profile))
    card = client.post(reverse("desk:look", args=[person.pk]), {"link": link}).content.decode()
    return client, card


def put_right(client, person, field="last_name", value="Test-Janssens", **more):
    send = {"field": field, "value": value, "how": "call", **more}
    return client.post(reverse("desk:correction", args=[person.pk]), send)


def test_the_right_value_is_stored_and_the_receipt_says_who_still_holds_the_old_one(world, mila):
    release(world)
    client, card = at_the_desk(world, mila)
    assert reverse("desk:correction", args=[mila.pk]) in card
    form = client.get(reverse("desk:correction", args=[mila.pk])).content.decode()
    assert 'value="last_name"' in form and 'value="birth_date"' not in form
    assert "Test-Peeters" not in form, "what is stored is not shown for it"
    done = put_right(client, mila).content.decode()
    assert "Corrected" in done and re.search(r"Centre A.*still holds the old value", done, re.DOTALL)
    assert stored(mila, "last_name") == {"last_name": "Test-Janssens"}
    state = client.get(reverse("desk:correction_state", args=[Correction.objects.get().act]))
    assert "still holds the old value" in state.content.decode()


def test_what_cannot_be_read_is_said_beside_the_field_and_what_was_typed_stays(world, mila):
    client, _ = at_the_desk(world, mila)
    answer = put_right(client, mila, "phone", "0470 &<b>")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "cannot be read" in page and "0470 &amp;&lt;b&gt;" in page
    assert not Correction.objects.exists()


def test_a_reason_that_lets_nothing_be_corrected_offers_nothing_and_an_attempt_is_alarmed(world, mila):
    client, card = at_the_desk(world, mila, link="ticket")
    assert reverse("desk:correction", args=[mila.pk]) not in card
    put_right(client, mila)
    assert Alarm.objects.count() == 1
    assert stored(mila, "last_name") == {"last_name": "Test-Peeters"}


def test_a_field_that_the_profile_may_not_correct_is_denied_with_an_alarm(world, mila):
    client, _ = at_the_desk(world, mila)
    assert put_right(client, mila, "birth_date", "1980-12-31").status_code == 404
    assert Alarm.objects.count() == 1


def test_a_receipt_is_for_who_made_the_correction(world, mila):
    client, _ = at_the_desk(world, mila)
    put_right(client, mila)
    other, _ = at_the_desk(world, mila)
    address = reverse("desk:correction_state", args=[Correction.objects.get().act])
    assert (client.get(address).status_code, other.get(address).status_code) == (200, 404)


@pytest.mark.parametrize("record", ["nonsense", "01a21e89-445c-7a73-97d6-3542084498ed"])
def test_a_record_that_is_not_the_persons_is_refused(world, mila, record):
    client, _ = at_the_desk(world, mila)
    assert put_right(client, mila, record=record).status_code == 422
    assert not Correction.objects.exists()
