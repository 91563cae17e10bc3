"""Who calls from a list reads the script in force on the card, and the call is noted with its version."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import Suppression
from duecause.apps.dialling import release_actions, script_actions
from duecause.apps.dialling.models import Attempt
from duecause.apps.dialling.scripts import Text
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import Person
from duecause.engine.periods import local_day
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011
WHY = "Het gaat over warmtepompen; dit is een verkoopgesprek."
TEXT = Text(
    caller="U spreekt met Centre A.",
    on_behalf_of="Wij bellen voor Warm NV.",
    why=WHY,
    privacy_policy="U leest alles op warm.example/privacy.",
    right_to_object="U mag nu en later zeggen dat wij u niet meer bellen.",
    short_notice="Uw gegevens komen van Lijst BV.",
)


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    return world


@pytest.fixture
def mila(world):
    """On a list of today that runs."""
    now = datetime.now(UTC)
    today = local_day(now, "BE")
    load_dncm(version_date=today - timedelta(days=1))
    imported(world, MILA)
    dial_list = screen(world, on=today, now=now)
    release_actions.release(actor=OPERATOR, dial_list=dial_list, now=now, out=io.BytesIO())
    person = Person.objects.get()
    person.language = "nl"
    person.save()
    return person


def in_force(world, language="nl"):
    now = datetime.now(UTC)
    drafted = script_actions.draft_script(
        actor=OPERATOR, campaign=world.campaign, language=language, text=TEXT, now=now
    )
    script_actions.put_in_force(actor=OPERATOR, script=drafted, first_day=local_day(now, "BE"), now=now)


def at_desk(world, profile="outbound"):
    client = Client(headers={"HX-Request": "true"})
    client.force_login(world.employee(profile))
    return client


def look(client, person, link="callback"):
    return client.post(f"/desk/people/{person.pk}/look/", {"link": link}).content.decode()


def report(client, world, person, ended, script="nl-1"):
    data = {"ended": ended, "campaign": world.campaign.code, "script": script}
    return client.post(f"/lists/calls/{person.pk}/", data).content.decode()


def test_a_call_from_a_list_shows_every_part_of_the_script_in_the_persons_language(world, mila):
    in_force(world)
    client = at_desk(world)
    card = look(client, mila)
    assert all(part in card for part in (TEXT.caller, WHY, TEXT.right_to_object, TEXT.short_notice))
    assert 'blockquote lang="nl"' in card
    assert "nl-1" in card
    assert WHY not in look(client, mila, link="caller"), "a script belongs to a call that we make"


def test_without_a_script_in_that_language_the_card_says_so(world, mila):
    in_force(world, language="fr")
    card = look(at_desk(world), mila)
    assert WHY not in card
    assert "No call script for" in card


def test_who_objected_is_offered_no_script(world, mila):
    in_force(world)
    consent.record_objection(
        actor=OPERATOR, person=mila, controller=world.controller,
        taking=consent.Taking(how="call", language="nl"), now=datetime.now(UTC),
    )  # fmt: skip
    assert WHY not in look(at_desk(world), mila)


def test_the_call_is_noted_once_with_the_version_that_was_read(world, mila):
    in_force(world)
    client = at_desk(world)
    look(client, mila)
    for _ in range(2):
        assert "The call is noted" in report(client, world, mila, "refused")
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.refusal, attempt.script) == ("answered", True, "nl-1")
    assert Suppression.objects.filter(reason="refusal_quiet").exists(), "a refusal leaves the person in peace"
    event = Event.objects.filter(kind="dialling.attempts_returned").earliest("at")
    assert event.actor_kind == "employee"


def test_a_script_that_was_not_in_force_is_not_noted(world, mila):
    in_force(world)
    client = at_desk(world)
    look(client, mila)
    assert "The call was not noted" in report(client, world, mila, "busy", script="nl-9")
    assert not Attempt.objects.exists()


def test_without_the_reason_of_a_call_nothing_is_noted(world, mila):
    in_force(world)
    client = at_desk(world)
    report(client, world, mila, "busy")
    look(client, mila, link="caller")
    report(client, world, mila, "busy")
    assert not Attempt.objects.exists()
