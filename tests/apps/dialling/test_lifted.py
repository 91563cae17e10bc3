"""Whoever was told of an objection is told that it no longer holds, and never about a row that something else
still stops."""

import json

import pytest
from click.testing import CliRunner

from duecause.apps.consent import actions as consent
from duecause.apps.consent import consent_actions, consent_end_actions
from duecause.apps.consent.histories import Topic
from duecause.apps.dialling import feed_actions, precall, release_actions
from duecause.apps.dialling.models import Campaign, FeedEntry
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import DialFact
from duecause.apps.vault import indexes
from duecause.cli.consent import objections_group
from tests.apps.dialling.feeds import JONAS, LATER, MILA, Centre, object_to, reference, release
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
THEN = LATER + DAY / 24


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def mila(world):
    return imported(world, MILA)


@pytest.fixture
def centre(world, client):
    return Centre(client, world.centre)


def consents(world, person, *, now=THEN):
    return consent_actions.record_consent(
        actor=OPERATOR,
        person=person,
        wording=world.spoken_wording,
        channel="call",
        given=True,
        saying=consent_actions.Saying(act="spoken_yes"),
        now=now,
    )


def kinds(page):
    return [(entry["kind"], entry["references"]) for entry in page["entries"]]


def test_a_fresh_consent_reaches_the_centre_that_was_told_of_the_objection(world, mila, centre):
    mark = reference(release(world), mila)
    object_to(world, mila)
    consents(world, mila)
    page = centre.page()
    assert kinds(page) == [("objection", [mark]), ("lifted", [mark])]
    assert page["entries"][1]["scope"] == {"kind": "all_marketing", "channel": "call", "campaign": ""}
    assert page["entries"][1]["at"] == THEN.isoformat()
    allowed = precall.decide(centre=world.centre, campaign="", numbers=[f"+{MILA}"], now=THEN)
    assert allowed[0].allowed
    centre.ack(2)
    told = Obligation.objects.filter(kind=feed_actions.TELL)
    assert {each.state for each in told} == {Obligation.State.DONE} and told.count() == 2


def test_consenting_again_tells_nobody_again(world, mila, centre):
    release(world)
    object_to(world, mila)
    consents(world, mila)
    consents(world, mila, now=THEN + DAY)
    assert [kind for kind, _ in kinds(centre.page())] == ["objection", "lifted"]


def test_undoing_a_mis_hit_is_told_as_well(world, mila, centre):
    mark = reference(release(world), mila)
    objection = object_to(world, mila)
    assert consent.undo_objection(actor=OPERATOR, objection=objection, now=LATER)
    assert kinds(centre.page()) == [("objection", [mark]), ("lifted", [mark])]


def test_a_row_that_another_objection_still_stops_is_not_freed(world, mila, centre):
    """Two people share a number; one of them consents again."""
    jonas = imported(world, JONAS)
    release(world)
    DialFact.objects.filter(person=jonas).update(token=indexes.dial_token(MILA))
    object_to(world, mila)
    object_to(world, jonas)
    consents(world, mila)
    assert "lifted" not in [kind for kind, _ in kinds(centre.page())]


def test_a_list_that_was_taken_back_is_not_freed(world, mila, centre):
    made = release(world)
    object_to(world, mila)
    release_actions.recall(actor=OPERATOR, release=made, now=LATER)
    consents(world, mila)
    assert [kind for kind, _ in kinds(centre.page())] == ["objection", "recall"]


def test_a_consent_to_calls_frees_no_list_for_letters(world, mila, centre):
    release(world)
    object_to(world, mila)
    Campaign.objects.filter(pk=world.campaign.pk).update(channel="post")
    consents(world, mila)
    assert not FeedEntry.objects.filter(kind=FeedEntry.Kind.LIFTED).exists()


def test_the_status_of_an_objection_says_who_has_heard_of_its_lifting(world, mila, centre):
    release(world)
    object_to(world, mila)
    consents(world, mila)
    centre.page()
    centre.ack(1)

    def status(*options):
        return CliRunner().invoke(objections_group, ["status", *options], standalone_mode=False).output

    # The narrowed remains for other channels are objections of their own, which no centre must be told of.
    state = next(each for each in json.loads(status("--json"))["objections"] if not each["holds"])
    assert state["lifted_at"] == THEN.isoformat()
    assert (state["must_be_told"], state["acknowledged"]) == (1, 1)
    lifting = state["lifting"]
    assert (lifting["must_be_told"], lifting["sent"], lifting["acknowledged"]) == (1, 1, 0)
    assert "CC-A: lifted, waits" in status()


def test_a_call_centre_hears_nothing_where_it_was_told_nothing(world, mila, centre):
    object_to(world, mila)
    consents(world, mila)
    assert centre.page()["entries"] == [] and NOW < THEN


def test_when_the_consent_proves_invalid_the_objection_is_told_again_and_can_be_lifted_again(world, mila):
    release(world)
    object_to(world, mila)
    consents(world, mila)
    topic = Topic(world.controller, world.sales, "call")
    consent_end_actions.invalidate_consent(
        actor=OPERATOR, person=mila, topic=topic, ground="not_informed", now=THEN + DAY
    )
    consents(world, mila, now=THEN + 2 * DAY)
    of_objections = FeedEntry.objects.filter(objection__isnull=False).order_by("cursor")
    told = list(of_objections.values_list("kind", flat=True))
    assert told == ["objection", "lifted", "objection", "lifted"]
