"""Delivery by SFTP from the page: its state per centre, a round at once, a list that goes encrypted."""

from datetime import UTC, datetime, timedelta

import pyrage
import pytest
from django.test import Client

from duecause.apps.dialling.exchange_actions import ROUND, folder_of, set_exchange
from duecause.apps.dialling.exchange_sftp import NOT_REACHED, Server
from duecause.apps.dialling.models import Exchange, Release
from duecause.apps.obligations.models import Step
from duecause.apps.parties.release_key_actions import set_release_key
from duecause.engine.periods import local_day
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
KEY = "ssh-ed25519 " + "A" * 68


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    server = Server("files.centre.example", 22, "duecause", KEY, "/out", "/in")
    set_exchange(actor=OPERATOR, partner=world.centre, server=server, now=NOW)
    return world


@pytest.fixture
def lead(world):
    client = Client()
    client.force_login(world.employee("team_lead"))
    return client


def page(client):
    return client.get("/lists/delivery/").content.decode()


def rounds():
    return Step.objects.filter(obligation__kind=ROUND)


def test_the_page_says_how_the_last_round_went_in_words(lead):
    assert "None yet" in page(lead)
    Exchange.objects.update(last_tried_at=NOW, last_done_at=NOW, last_sent=3, last_taken=1)
    assert "3 sent, 1 taken" in page(lead)
    later = NOW + timedelta(minutes=10)
    Exchange.objects.update(last_tried_at=later, last_error={"text": NOT_REACHED, "places": {}})
    shown = page(lead)
    assert "The server could not be reached or did not accept our key." in shown
    assert "It last went well on" in shown


def test_deliver_now_begins_one_round_and_hurries_one_that_waits(lead, world):
    for _ in range(2):
        lead.post(f"/lists/delivery/{world.centre.code}/")
    assert rounds().count() == 1
    rounds().update(next_at=datetime.now(UTC) + timedelta(hours=1))
    lead.post(f"/lists/delivery/{world.centre.code}/")
    assert rounds().get().next_at <= datetime.now(UTC)
    assert "Under way" in page(lead)


def test_with_a_centre_without_an_exchange_nothing_begins(lead, world):
    answer = lead.post(f"/lists/delivery/{world.other_centre.code}/", follow=True)
    assert "No exchange is agreed with" in answer.content.decode()
    assert not rounds().exists()


def listed(world):
    now = datetime.now(UTC)
    today = local_day(now, "BE")
    load_dncm(version_date=today - timedelta(days=1))
    imported(world, 32470000011)
    return screen(world, on=today, now=now)


def test_a_list_is_released_and_delivered_encrypted_with_one_button(lead, world):
    own = pyrage.x25519.Identity.generate()
    set_release_key(actor=OPERATOR, partner=world.centre, key=str(own.to_public()), now=NOW)
    dial_list = listed(world)
    assert "Release and deliver by SFTP" in lead.get(f"/lists/{dial_list.pk}/").content.decode()
    lead.post(f"/lists/{dial_list.pk}/deliver/")
    [waiting] = folder_of(world.centre).glob("list-*.age")
    assert b"32470000011" in pyrage.decrypt(waiting.read_bytes(), [own])
    assert Release.objects.get().running(datetime.now(UTC))
    assert rounds().count() == 1


def test_without_a_key_nothing_is_released(lead, world):
    dial_list = listed(world)
    assert "Release and deliver by SFTP" not in lead.get(f"/lists/{dial_list.pk}/").content.decode()
    answer = lead.post(f"/lists/{dial_list.pk}/deliver/")
    assert answer.status_code == 422
    assert "delivered by exchange only encrypted" in answer.content.decode()
    assert not Release.objects.exists()
