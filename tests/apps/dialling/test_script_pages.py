"""What is said in calls is written on a page, looked at, and put into force in a second step."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from duecause.apps.dialling.models import CallScript
from duecause.engine.periods import local_day
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PARTS = {
    "caller": "U spreekt met Centre A.",
    "on_behalf_of": "Wij bellen voor Warm NV.",
    "why": "Het gaat over warmtepompen.",
    "privacy_policy": "U leest alles op warm.example/privacy.",
    "right_to_object": "U mag zeggen dat wij u niet meer bellen.",
}


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def lead(world):
    client = Client()
    client.force_login(world.employee("team_lead"))
    return client


def today():
    return local_day(datetime.now(UTC), "BE")


def address(world, rest=""):
    return f"/lists/campaigns/{world.campaign.code}/{rest}"


def write(client, world, **changed):
    return client.post(address(world, "scripts/write/"), {"language": "nl", **PARTS, **changed}, follow=True)


def force(client, world, name, day):
    return client.post(address(world, f"scripts/{name}/force/"), {"first_day": day.isoformat()}, follow=True)


def test_a_draft_is_shown_as_it_will_be_heard_and_says_nothing_yet(world, lead):
    page = write(lead, world).content.decode()
    assert all(words in page for words in PARTS.values())
    world.campaign.refresh_from_db()
    assert world.campaign.dated_scripts == []


def test_the_second_step_puts_it_into_force_from_its_first_day(world, lead):
    write(lead, world)
    force(lead, world, "nl-1", today() + timedelta(days=2))
    world.campaign.refresh_from_db()
    assert world.campaign.dated_scripts == [["nl", 1, (today() + timedelta(days=2)).isoformat()]]


def test_a_day_that_is_over_is_refused_beside_the_field(world, lead):
    write(lead, world)
    answer = force(lead, world, "nl-1", today() - timedelta(days=1))
    assert answer.status_code == 422
    assert "is over: what was said then cannot be changed" in answer.content.decode()
    assert CallScript.objects.get().in_force_from is None


def test_the_next_version_begins_with_the_words_of_the_last_and_shows_what_changes(world, lead):
    write(lead, world)
    force(lead, world, "nl-1", today())
    assert PARTS["why"] in lead.get(address(world, "scripts/write/"), {"language": "nl"}).content.decode()
    page = write(lead, world, why="Het gaat over zonnepanelen.").content.decode()
    assert f"<del>{PARTS['why']}</del>" in page
    assert "<ins>Het gaat over zonnepanelen.</ins>" in page
    assert CallScript.objects.get(version=1).why == PARTS["why"], "what was said is never edited"


def test_a_missing_part_keeps_what_was_typed(world, lead):
    page = write(lead, world, why="").content.decode()
    assert PARTS["caller"] in page
    assert not CallScript.objects.exists()
