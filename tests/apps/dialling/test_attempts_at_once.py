"""Centres that ask at the same moment about the last call that is left: one of them gets it."""

import io

import pytest

from duecause.apps.dialling import precall_actions, release_actions
from duecause.apps.dialling.attempt_actions import Call, return_attempts
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import AllowedCall, Campaign, ReleaseRow
from duecause.apps.dialling.precall_actions import centre_actor
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, screen
from tests.apps.dialling.test_feed_at_once import at_once
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)
LEA = 33612345678
HOUR = DAY / 24
ROUNDS = 3


def test_the_last_call_is_given_once():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    Campaign.objects.update(countries=["FR"])
    world.campaign.refresh_from_db()
    imported(world, LEA, country="FR")
    other = Campaign.objects.get()
    other.pk, other.code = None, "ROOF-FR"
    other.save()
    for campaign, centre in ((world.campaign, world.centre), (other, world.other_centre)):
        listed = screen(world, campaign=campaign, centre=centre)
        release_actions.release(actor=OPERATOR, dial_list=listed, now=NOW, out=io.BytesIO())
    mark = ReleaseRow.objects.get(release__centre=world.centre, person__isnull=False).reference
    made = [Call(mark, NOW + n * HOUR, "busy") for n in (1, 2, 3)]
    told = {"actor": partner_actor(world.centre), "partner": world.centre}
    return_attempts(calls=made, now=NOW + 4 * HOUR, **told)

    for _ in range(ROUNDS):
        AllowedCall.objects.all().delete()
        answers = []

        def ask(centre, answers=answers):
            [answer] = precall_actions.precall(
                actor=centre_actor(centre),
                centre=centre,
                campaign="",
                numbers=[f"+{LEA}"],
                now=NOW + 5 * HOUR,
            )
            answers.append(answer.reason or "allow")

        at_once(lambda: ask(world.centre), lambda: ask(world.other_centre))
        assert sorted(answers) == ["allow", "too_often"]
        assert AllowedCall.objects.count() == 1
