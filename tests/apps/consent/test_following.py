"""What a human said stays with that human when records are found to belong together."""

import pytest

from duecause.apps.consent import actions, queries
from duecause.apps.consent.consent_actions import Saying, withdraw_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.register.grouping import merge_people
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def two():
    """Two persons known from one record each, of whom the first will stay when they are one."""
    world = make_world()
    first = world.person(number=32470000011)
    return world, first, world.person(number=32470000012)


def test_an_objection_goes_on_for_all_numbers_after_two_become_one(two):
    world, stays, goes = two
    actions.record_objection(
        actor=OPERATOR, person=goes, controller=world.controller, taking=actions.Taking(how="call"), now=NOW
    )
    assert merge_people({stays.pk, goes.pk}) == stays.pk
    objecting = queries.objecting_people(
        controller=world.controller, channel="call", campaign="PUMP-BE", now=NOW
    )
    assert set(objecting.values_list("person_id", flat=True)) == {stays.pk}


def test_a_withdrawal_is_not_lost_when_two_become_one(two):
    world, stays, goes = two
    withdraw_consent(
        actor=OPERATOR,
        person=goes,
        topic=Topic(world.controller, world.sales, "call"),
        language="nl",
        saying=Saying(act="withdrawal_spoken"),
        now=NOW,
    )
    merge_people({stays.pk, goes.pk})
    question = queries.ConsentQuestion(world.controller, world.sales, "call", NOW.date())
    assert stays.pk not in queries.consenting_people(question)
