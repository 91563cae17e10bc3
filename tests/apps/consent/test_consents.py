"""A consent is what its events say: asked, given, refused, withdrawn, expired, invalid, given again."""

from datetime import date, timedelta

import pytest

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent import queries
from duecause.apps.consent.actions import Taking, record_objection
from duecause.apps.consent.consent_actions import (
    Saying,
    record_consent,
    request_consent,
    undo_withdrawal,
    withdraw_consent,
)
from duecause.apps.consent.consent_end_actions import expire_consent, invalidate_consent
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import Topic, histories, history
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Controller
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
YES, NO = Saying(act="spoken_yes"), Saying(act="spoken_no")
GONE = Saying(act="withdrawal_spoken")
DAY = timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def mila(world):
    """Known from a contract: nothing was said about marketing yet."""
    return world.person(basis="contract")


def topic(world) -> Topic:
    return Topic(world.controller, world.sales, "call")


def answer(world, person, saying=YES, *, given=True, now=NOW, wording=None, **more):
    return record_consent(
        actor=OPERATOR, person=person, wording=wording or world.spoken_wording, channel="call", given=given,
        saying=saying, now=now, **more,
    )  # fmt: skip


def withdraw(world, person, saying=GONE, *, now=NOW + DAY, actor=OPERATOR):
    return withdraw_consent(
        actor=actor, person=person, topic=topic(world), language="nl", saying=saying, now=now
    )


def state(world, person, now=NOW + 9 * DAY):
    known = history(person, topic(world))
    return known.standing.on(known.today(now)) if known else ""


def counts(world, person, now=NOW + 9 * DAY) -> bool:
    question = queries.ConsentQuestion(world.controller, world.sales, "call", now.date())
    return person.pk in queries.consenting_people(question)


def test_asked_is_not_answered_and_takes_nothing_away(world, mila):
    asked = {
        "actor": OPERATOR,
        "wording": world.spoken_wording,
        "channel": "call",
        "saying": Saying("letter"),
    }
    request_consent(**asked, person=mila, now=NOW)
    assert (state(world, mila), counts(world, mila)) == ("requested", False)
    answer(world, mila, now=NOW + DAY)
    request_consent(**asked, person=mila, now=NOW + 2 * DAY)
    assert (state(world, mila), counts(world, mila)) == ("given", True)


def test_a_yes_while_one_runs_renews_it(world, mila):
    answer(world, mila)
    assert answer(world, mila, now=NOW + DAY)[0].state == "renewed"
    assert counts(world, mila)


def test_a_withdrawal_ends_it_and_withdrawing_again_changes_nothing(world, mila):
    answer(world, mila)
    first = withdraw(world, mila)
    assert withdraw(world, mila, now=NOW + 2 * DAY) == first
    assert (state(world, mila), counts(world, mila)) == ("withdrawn", False)
    assert Event.objects.filter(kind="consent.withdrawn").count() == 1


def test_a_slip_is_undone_by_an_event_and_the_consent_goes_on_as_it_was_given(world, mila):
    wording = world.spoken_wording
    wording.holds_months = 6
    wording.save()
    answer(world, mila)
    agent = world.actor("inbound")
    slip = withdraw(world, mila, actor=agent)
    soon = NOW + DAY + timedelta(seconds=9)
    assert undo_withdrawal(actor=world.actor("inbound"), event=slip, now=soon) is None
    assert undo_withdrawal(actor=agent, event=slip, now=NOW + DAY + timedelta(seconds=11)) is None
    undone = undo_withdrawal(actor=agent, event=slip, now=soon)
    assert (undone.undoes, undone.wording, undone.valid_to) == (slip, wording, date(2027, 5, 2))
    assert ConsentEvent.objects.get(pk=slip.pk).state == "withdrawn"
    assert counts(world, mila)


def test_a_yes_holds_as_long_as_its_wording_says_and_then_expires_by_itself(world, mila):
    wording = world.spoken_wording
    wording.holds_months = 1
    wording.save()
    answer(world, mila)
    last = NOW + 30 * DAY  # 2 December
    assert counts(world, mila, last) and not counts(world, mila, last + DAY)
    known = history(mila, topic(world))
    assert expire_consent(actor=OPERATOR, known=known, now=last) is None
    noted = expire_consent(actor=OPERATOR, known=known, now=last + DAY)
    assert noted.state == "expired"
    assert expire_consent(actor=OPERATOR, known=known, now=last + DAY) is None


def test_in_sweden_a_yes_holds_three_months(world):
    person = world.person(basis="contract")
    person.dial_facts.update(country="SE")
    assert answer(world, person)[0].valid_to == date(2027, 2, 2)


def test_an_invalid_consent_is_taken_back_with_what_it_allowed(world, mila):
    record_objection(
        actor=OPERATOR, person=mila, controller=world.controller, taking=Taking(how="call"), now=NOW
    )
    answer(world, mila, now=NOW + DAY)
    stops = {"controller": world.controller, "channel": "call", "campaign": "PUMP-BE", "now": NOW + 3 * DAY}
    assert not queries.suppressions(**stops).exists()
    done = invalidate_consent(
        actor=OPERATOR, person=mila, topic=topic(world), ground="no_clear_act", now=NOW + 2 * DAY
    )
    assert (done.state, done.ground, counts(world, mila)) == ("invalidated", "no_clear_act", False)
    assert queries.suppressions(**stops).exists()
    assert queries.objections_of(mila).filter(scope="all_marketing").exists()


def test_only_who_may_declares_a_consent_invalid_and_only_for_a_known_reason(world, mila):
    answer(world, mila)
    asked = {"person": mila, "topic": topic(world), "now": NOW}
    with pytest.raises(NotPermitted):
        invalidate_consent(actor=world.actor("team_lead"), ground="minor", **asked)
    with pytest.raises(Refused, match="not “because”"):
        invalidate_consent(actor=OPERATOR, ground="because", **asked)


def test_a_list_that_names_the_company_speaks_like_an_event(world):
    person = world.person()
    known = history(person, topic(world))
    assert (known.standing.state, known.given.act, known.given.wording) == ("given", "import", world.wording)
    assert [each.id for each in histories(person)] == [known.id]
    withdraw(world, person)
    assert state(world, person) == "withdrawn"


def test_a_wording_that_names_another_company_counts_for_that_one_alone(world, mila):
    other = Controller.objects.create(code="OTHER", legal_name="Other NV", country="BE")
    wording = Wording.objects.create(
        code="OTHER", version="1", language="nl", text="Mag Other NV u bellen?", purpose=world.sales,
        channels=["call"], valid_from=date(2025, 1, 1),
    )  # fmt: skip
    wording.controllers.add(other)
    with pytest.raises(Refused, match="names Other NV, not Warm NV"):
        answer(world, mila, wording=wording, controller=world.controller)
    answer(world, mila, wording=wording)
    assert not counts(world, mila)
    assert history(mila, Topic(other, world.sales, "call")).holds(NOW)


def test_a_wording_that_names_nobody_is_no_consent(world, mila):
    wording = world.spoken_wording
    wording.controllers.clear()
    with pytest.raises(Refused) as refused:
        answer(world, mila, wording=wording)
    assert refused.value.code == "wording_other_controller"


def test_what_is_dated_tomorrow_is_refused(world, mila):
    with pytest.raises(Refused, match="dated 2026-11-03, which has not come yet"):
        answer(world, mila, Saying(act="signature", how="form", at=NOW + DAY))


def test_a_withdrawal_before_the_giving_says_both_days(world, mila):
    answer(world, mila)
    with pytest.raises(Refused, match="dated 2026-11-01, but the consent was given later, on 2026-11-02"):
        withdraw(world, mila, Saying(act="letter", how="letter", at=NOW - DAY))
    assert counts(world, mila)


def test_nothing_to_withdraw_points_to_the_objection(world, mila):
    with pytest.raises(Refused, match="record an objection"):
        withdraw(world, mila)


def test_an_erased_person_consents_afresh_with_data_of_their_own(world, mila):
    mila.erased_at = NOW
    mila.save()
    with pytest.raises(Refused, match="a source of your own, with a date after the erasure"):
        answer(world, mila, now=NOW + DAY)


def test_sending_the_same_answer_twice_writes_it_once(world, mila):
    sent = Saying(act="tick", how="form", reference="form-2026-17")
    first = answer(world, mila, sent)
    events = Event.objects.count()
    assert answer(world, mila, sent, now=NOW + DAY) == first
    assert (ConsentEvent.objects.count(), Event.objects.count()) == (1, events)
    with pytest.raises(Refused, match="form-2026-17 already stands for another answer"):
        answer(world, mila, sent, given=False, now=NOW + DAY)
    with pytest.raises(Refused, match="already stands for another answer"):
        answer(world, world.person(number=32470000012, basis="contract"), sent)


def test_a_letter_that_is_older_than_a_new_yes_does_not_end_it(world, mila):
    answer(world, mila)
    answer(world, mila, now=NOW + 3 * DAY)
    withdraw(world, mila, Saying(act="letter", how="letter", at=NOW + DAY), now=NOW + 4 * DAY)
    assert counts(world, mila)


@pytest.mark.parametrize(
    "pointer",
    [
        {"kind": "memory", "reference": "r-1"},
        {"kind": "recording", "reference": "+32 470 00 00 11"},
        {"kind": "recording", "reference": "32470000011"},
        {"kind": "form", "reference": "mila@example.org"},
        {"kind": "letter", "reference": "she said yes to Anna"},
        {"kind": "recording", "reference": "r-1", "from_ms": 900, "to_ms": 100},
    ],
)
def test_evidence_points_and_tells_nothing(pointer):
    with pytest.raises(Refused) as refused:
        Pointer(**pointer)
    assert refused.value.problem.text
