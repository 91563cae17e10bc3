"""The end of a consent is in force at commit: not screened, not called; call centres are told."""

from datetime import timedelta

import pytest

from duecause.apps.consent.consent_actions import (
    Saying,
    record_consent,
    request_consent,
    undo_withdrawal,
    withdraw_consent,
)
from duecause.apps.consent.consent_end_actions import invalidate_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.consent.telling import told_of
from duecause.apps.dialling.models import FeedEntry
from duecause.apps.obligations.models import Step
from tests.apps.dialling.feeds import object_to
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, reasons, screen
from tests.support.world import NOW, OPERATOR, make_world

from .test_precall import MILA, ask
from .test_release import released

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
LATER = NOW + DAY / 24


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def mila(world):
    return imported(world, MILA, basis="consent")


def withdraw(world, person, *, at=None, now=LATER, actor=OPERATOR):
    topic = Topic(world.controller, world.sales, "call")
    saying = Saying(act="withdrawal_spoken", at=at)
    return withdraw_consent(actor=actor, person=person, topic=topic, language="nl", saying=saying, now=now)


def test_the_centre_that_holds_the_number_is_told_which_rows_and_must_acknowledge(world, mila):
    released(screen(world))
    event = withdraw(world, mila)
    entry = FeedEntry.objects.get()
    assert (entry.partner, entry.kind) == (world.centre, "objection")
    assert entry.scope == {"kind": "campaign", "channel": "call", "campaign": "PUMP-BE"}
    assert len(entry.references) == 1
    assert Step.objects.get(pk=entry.step).state == "waiting"
    assert [told.centre_code for told in told_of(event.pk)] == ["CC-A"]


def test_a_centre_that_holds_the_number_for_another_purpose_hears_nothing(world, mila):
    released(screen(world))
    other = world.sales.__class__.objects.create(code="news", name={}, legal_basis="consent")
    world.campaign.purpose = other
    world.campaign.save()
    event = withdraw(world, mila)
    assert told_of(event.pk) == []


def test_an_invalid_consent_is_told_as_well(world, mila):
    released(screen(world))
    topic = Topic(world.controller, world.sales, "call")
    event = invalidate_consent(
        actor=OPERATOR, person=mila, topic=topic, ground="controller_not_named", now=LATER
    )
    assert told_of(event.pk)
    assert ask(world) == ["denied"]


def test_a_letter_from_before_the_release_stops_the_call_from_when_it_was_written_down(world, mila):
    released(screen(world))
    withdraw(world, mila, at=NOW - timedelta(hours=1))
    assert ask(world) == ["denied"]


def test_an_undone_slip_lets_the_call_through_again(world, mila):
    released(screen(world))
    agent = world.actor("inbound")
    now = LATER - timedelta(minutes=1)
    event = withdraw(world, mila, now=now, actor=agent)
    assert ask(world) == ["denied"]
    assert undo_withdrawal(actor=agent, event=event, now=now + timedelta(seconds=5))
    assert ask(world) == ["allow"]


def test_the_centre_is_told_that_a_slip_was_undone_and_frees_the_row(world, mila):
    released(screen(world))
    event = withdraw(world, mila)
    undo_withdrawal(actor=OPERATOR, event=event, now=LATER + timedelta(seconds=5))
    told, lifted = FeedEntry.objects.order_by("cursor")
    assert (lifted.kind, lifted.references, lifted.scope) == ("lifted", told.references, told.scope)
    assert lifted.step != told.step and Step.objects.get(pk=lifted.step).state == "waiting"


def test_an_undone_slip_frees_no_row_that_an_objection_stops(world, mila):
    released(screen(world))
    event = withdraw(world, mila)
    object_to(world, mila, now=LATER)
    undo_withdrawal(actor=OPERATOR, event=event, now=LATER + timedelta(seconds=5))
    assert [entry.kind for entry in FeedEntry.objects.order_by("cursor")] == ["objection", "objection"]


def test_each_end_of_a_consent_is_lifted_once(world, mila):
    released(screen(world))
    for minutes in (0, 1):
        now = LATER + timedelta(minutes=minutes)
        event = withdraw(world, mila, now=now)
        undo_withdrawal(actor=OPERATOR, event=event, now=now + timedelta(seconds=5))
    assert [entry.kind for entry in FeedEntry.objects.order_by("cursor")] == ["objection", "lifted"] * 2


def test_a_question_that_waits_for_its_answer_stops_nobody(world, mila):
    released(screen(world))
    request_consent(
        actor=OPERATOR, person=mila, wording=world.spoken_wording, channel="call",
        saying=Saying(act="asked"), now=LATER,
    )  # fmt: skip
    assert ask(world) == ["allow"]


def test_where_consent_is_needed_one_for_another_company_lets_nobody_through(world):
    world.campaign.countries = ["NL"]
    world.campaign.save()
    person = imported(world, 31610000011, country="NL", basis="contract")
    other = world.controller.__class__.objects.create(code="OTHER", legal_name="Other NV", country="BE")
    wording = world.spoken_wording
    wording.controllers.set([other])
    answer = {"actor": OPERATOR, "person": person, "wording": wording, "channel": "call", "given": True}
    record_consent(**answer, saying=Saying(act="spoken_yes"), now=NOW - DAY)
    assert reasons(screen(world)) != [[]]
    wording.controllers.set([world.controller])
    record_consent(**answer, saying=Saying(act="spoken_yes"), now=NOW - DAY)
    assert reasons(screen(world)) == [[]]
