"""Objections, releases and a reader at the same time: no entry is lost, doubled or passed over."""

import io
import threading

import pytest
from django.db import connections

from duecause.apps.dialling import feed_actions, feed_queries, release_actions
from duecause.apps.dialling.models import FeedEntry, ReleaseRow
from tests.apps.dialling.feeds import LATER, MILA, object_to, release
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)
WRITERS, EACH, ROUNDS = 4, 6, 4


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


def at_once(*works):
    """Run each in a thread of its own, begun together; raise what one of them raised."""
    start, broken = threading.Barrier(len(works)), []

    def run(work):
        try:
            start.wait(30)
            work()
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if broken:
        raise broken[0]


def answer(partner):
    """Acknowledge everything: a centre that stays silent would get no list in the next round."""
    given = {"actor": feed_actions.partner_actor(partner), "partner": partner, "now": LATER}
    after = feed_queries.stream_of(partner).acknowledged
    feed_actions.acknowledge(cursor=feed_actions.hand_out(after=after, **given).cursor, **given)


def test_a_reader_beside_four_writers_gets_every_entry_once_and_in_order(world):
    people = [imported(world, MILA + number) for number in range(WRITERS * EACH)]
    release(world)
    actor, seen = feed_actions.partner_actor(world.centre), []
    given = {"actor": actor, "partner": world.centre, "now": LATER}

    def writer(part):
        return lambda: [object_to(world, person) for person in part]

    def reader():
        after = 0
        while after < len(people):
            page = feed_actions.hand_out(after=after, limit=3, **given)
            seen.extend(entry["cursor"] for entry in page.entries)
            after = page.cursor
            feed_actions.acknowledge(cursor=after, **given)

    at_once(reader, *(writer(people[number::WRITERS]) for number in range(WRITERS)))
    assert seen == list(range(1, len(people) + 1))
    assert not FeedEntry.objects.filter(acknowledged_at=None).exists()


def test_a_person_who_objects_while_the_list_goes_out_is_held_back_or_told_of(world):
    imported(world, MILA)
    for number in range(1, ROUNDS + 1):
        person = imported(world, MILA + number)
        dial_list = screen(world)

        def releases(dial_list=dial_list):
            release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())

        at_once(releases, lambda person=person: object_to(world, person, now=NOW))
        held = set(ReleaseRow.objects.filter(person=person).values_list("reference", flat=True))
        told = {ref for entry in FeedEntry.objects.all() for ref in entry.references}
        assert held <= told
        answer(world.centre)
