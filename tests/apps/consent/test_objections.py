"""Objection, refusal, withdrawal, consent and "erase me" are different things with different effects."""

from datetime import timedelta

import pytest

from duecause.apps.consent import actions, consent_actions, queries
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import Topic
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation
from duecause.apps.vault import indexes
from duecause.engine.actor import NotPermitted
from tests.support.world import NOW, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALL = actions.Taking(how="call", language="nl")


@pytest.fixture
def world():
    return make_world()


def stopped(world, *, channel="call", campaign="PUMP-BE", at=NOW) -> bool:
    rows = queries.suppressions(controller=world.controller, channel=channel, campaign=campaign, now=at)
    return rows.filter(token=indexes.dial_token(32470000011)).exists()


def consents(world, person) -> bool:
    question = queries.ConsentQuestion(world.controller, world.sales, "call", NOW.date())
    return person.pk in queries.consenting_people(question)


def object_to(world, person, **scope):
    return actions.record_objection(
        actor=world.actor("inbound"),
        person=person,
        controller=world.controller,
        taking=CALL,
        now=NOW,
        scope=actions.Scope(**scope) if scope else actions.ALL_MARKETING,
    )


def answer(world, person, *, given, at=NOW):
    return consent_actions.record_consent(
        actor=world.actor("inbound"),
        person=person,
        wording=world.wording,
        channel="call",
        given=given,
        saying=consent_actions.Saying(act="spoken_yes", evidence=(Pointer("recording", "r-1", 1200),)),
        now=at,
    )


def test_an_objection_stops_every_channel_and_campaign_at_commit(world):
    object_to(world, world.person())
    assert stopped(world)
    assert stopped(world, channel="email", campaign="OTHER")


def test_an_objection_to_one_campaign_leaves_the_others(world):
    object_to(world, world.person(), kind="campaign", campaign="PUMP-BE")
    assert stopped(world)
    assert not stopped(world, campaign="OTHER")


def test_an_objection_to_calls_leaves_other_channels(world):
    object_to(world, world.person(), kind="channel", channel="call")
    assert stopped(world, campaign="OTHER")
    assert not stopped(world, channel="email")


def test_objecting_twice_writes_one_objection_and_one_event(world):
    person = world.person()
    first = object_to(world, person)
    assert object_to(world, person) == first
    assert object_to(world, person, kind="channel", channel="call") == first
    assert Event.objects.filter(kind="consent.objected").count() == 1


def test_an_objection_stops_another_controller_nowhere(world):
    object_to(world, world.person())
    other = world.controller.__class__.objects.create(code="OTHER", legal_name="Other", country="BE")
    rows = queries.suppressions(controller=other, channel="call", campaign="", now=NOW)
    assert not rows.exists()


def test_a_refusal_is_no_objection_but_gives_no_consent(world):
    person = world.person(basis="legitimate_interest")
    answer(world, person, given=False)
    assert not stopped(world)
    assert not consents(world, person)


def test_a_withdrawal_ends_the_consent_and_is_no_objection(world):
    person = world.person()
    assert consents(world, person)
    consent_actions.withdraw_consent(
        actor=world.actor("inbound"),
        person=person,
        topic=Topic(world.controller, world.sales, "call"),
        language="nl",
        saying=consent_actions.Saying(act="withdrawal_spoken"),
        now=NOW,
    )
    assert not consents(world, person)
    assert not stopped(world)


def test_a_later_consent_lifts_the_objection_for_its_channel_only(world):
    person = world.person(basis="legitimate_interest")
    object_to(world, person)
    answer(world, person, given=True, at=NOW + timedelta(days=1))
    later = NOW + timedelta(days=1)
    assert not stopped(world, at=later)
    assert stopped(world, channel="email", at=later)
    assert consents(world, person) is False  # not yet on the day before
    question = queries.ConsentQuestion(world.controller, world.sales, "call", later.date())
    assert person.pk in queries.consenting_people(question)


def test_erase_me_objects_now_and_opens_one_request_due_within_a_month(world):
    person = world.person()
    for _ in range(2):
        _, request = actions.request_erasure(
            actor=world.actor("inbound"), person=person, controller=world.controller, taking=CALL, now=NOW
        )
    assert stopped(world)
    assert Obligation.objects.get(kind=actions.ERASURE_REQUEST) == request
    assert str(request.due_at.date()) == "2026-12-02"


def test_a_slip_can_be_undone_for_ten_seconds_by_who_made_it(world):
    person = world.person()
    agent = world.actor("inbound")
    objection = actions.record_objection(
        actor=agent, person=person, controller=world.controller, taking=CALL, now=NOW
    )
    assert not actions.undo_objection(actor=world.actor("inbound"), objection=objection, now=NOW)
    assert not actions.undo_objection(actor=agent, objection=objection, now=NOW + timedelta(seconds=11))
    assert actions.undo_objection(actor=agent, objection=objection, now=NOW + timedelta(seconds=9))
    assert not stopped(world)


def test_a_caller_unknown_to_the_register_is_heard_by_number(world):
    actions.record_number_objection(
        actor=world.actor("inbound"), numbers=[32470000011], controller=world.controller, taking=CALL, now=NOW
    )
    assert stopped(world)
    assert Objection.objects.get().person is None


def test_who_may_not_record_objections_changes_nothing(world):
    person = world.person()
    with pytest.raises(NotPermitted):
        actions.record_objection(
            actor=world.actor("administrator"),
            person=person,
            controller=world.controller,
            taking=CALL,
            now=NOW,
        )
    assert not Suppression.objects.exists()
