"""Proof is kept as long as the rule of the person's country says; a yes ends by itself in the worker."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest

from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.consent_end_actions import invalidate_wording
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import histories
from duecause.apps.consent.jobs import expire
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.proof import proof_of
from duecause.apps.consent.proof_actions import end_evidence
from duecause.apps.consent.queries import ConsentQuestion, consenting_people
from duecause.apps.consent.rules import EVERYWHERE, rules
from duecause.apps.dialling.release_actions import release
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import run_once
from duecause.apps.rights.rules import rules as rights_rules
from duecause.engine.periods import months_after
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    return make_world()


def say(world, person, *, given=True, now=NOW):
    return record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=given,
        saying=Saying(act="spoken_yes"), now=now,
    )[0]  # fmt: skip


def test_five_years_from_the_newest_word(world):
    mila = world.person(basis="contract")
    assert proof_of(mila.pk) is None
    say(world, mila, given=False, now=NOW - 100 * DAY)
    say(world, mila, given=False)
    assert proof_of(mila.pk).until == date(2031, 11, 2)


@pytest.mark.parametrize(("country", "until"), [("BE", date(2031, 10, 30)), ("DE", date(2031, 11, 2))])
def test_in_germany_each_use_starts_the_five_years_again(world, country, until):
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    mila = imported(world, 32470000011, basis="contract")
    event = say(world, mila, now=NOW - 3 * DAY)
    release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO())
    ConsentEvent.objects.filter(pk=event.pk).update(country=country)
    kept = proof_of(mila.pk)
    assert (kept.until, kept.rule.counts_from) == (
        until,
        "newest_use" if country == "DE" else "newest_word",
    )


def test_the_rules_have_sources_and_no_gap():
    everywhere = sorted(rule.valid_from for rule in rules().proof if rule.country == EVERYWHERE)
    assert everywhere and all(rule.sources and rule.law for rule in (*rules().proof, *rules().validity))
    assert [rule for rule in rules().proof if rule.country == EVERYWHERE and rule.valid_to is None]
    assert rules().proof_for("BE", date(2010, 1, 1)).valid_from == everywhere[0]
    assert "consent_proof" not in rights_rules().law


def test_the_worker_notes_each_hour_what_ran_out_once(world):
    now = datetime.now(UTC)
    wording = world.spoken_wording
    wording.holds_months = 1
    wording.save()
    gone, runs = world.person(basis="contract"), world.person(number=32470000012, basis="contract")
    say(world, gone, now=now - timedelta(days=33))
    say(world, runs, now=now - timedelta(days=3))
    for _ in range(2):
        step = Step(obligation=None, pk=1)
        expire(step)
    assert list(ConsentEvent.objects.filter(state="expired").values_list("person", flat=True)) == [gone.pk]
    assert [each.standing.state for each in histories(runs)] == ["given"]


def test_two_consents_of_one_person_each_run_out_on_their_own_day(world):
    now = datetime.now(UTC)
    wording = world.spoken_wording
    wording.holds_months = 1
    wording.channels = ["call", "email"]
    wording.save()
    mila = world.person(basis="contract")
    for channel, days in (("call", 40), ("email", 33)):
        record_consent(
            actor=OPERATOR, person=mila, wording=wording, channel=channel, given=True,
            saying=Saying(act="spoken_yes"), now=now - timedelta(days=days),
        )  # fmt: skip
        expire(Step(obligation=None, pk=1))
    assert [each.standing.state for each in histories(mila)] == ["expired", "expired"]


def test_a_consent_of_a_list_runs_out_by_the_months_of_its_wording(world):
    now = datetime.now(UTC)
    world.wording.holds_months = 2
    world.wording.save()
    person = world.person()
    person.records.update(obtained_on=months_after(now.date() - timedelta(days=1), -2))
    question = ConsentQuestion(world.controller, world.sales, "call", now.date() + timedelta(days=4))
    assert person.pk not in consenting_people(question)
    person.records.update(obtained_on=months_after(now.date() - timedelta(days=5), -2))
    expire(Step(obligation=None, pk=1))
    assert [each.standing.state for each in histories(person)] == ["expired"]


def test_evidence_goes_when_its_time_is_over_and_nothing_rests_on_it(world):
    mila, jonas = world.person(basis="contract"), world.person(number=32470000012, basis="contract")
    heard = (Pointer("recording", "rec-1"),)
    for person, given in ((mila, False), (jonas, True)):
        record_consent(
            actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=given,
            saying=Saying(act="spoken", evidence=heard), now=NOW,
        )  # fmt: skip
    last = datetime(2031, 11, 2, 12, 0, tzinfo=UTC)
    assert end_evidence(actor=OPERATOR, now=last) == 0
    assert end_evidence(actor=OPERATOR, now=last + DAY) == 1
    assert end_evidence(actor=OPERATOR, now=last + DAY) == 0
    kept = ConsentEvent.objects.filter(evidence__isnull=False)
    assert list(kept.values_list("person", flat=True)) == [jonas.pk]


def test_the_worker_opens_that_work_by_itself(world):
    for _ in range(40):
        run_once("test")
    done = Step.objects.get(obligation__kind="consent.expire")
    assert (done.state, done.receipt) == ("done", {"expired": 0})


def test_a_wording_found_wanting_takes_every_consent_with_it(world):
    by_event, by_list = world.person(basis="contract"), world.person(number=32470000012)
    say(world, by_event)
    wordings = [world.spoken_wording, world.wording]
    asked = {"actor": OPERATOR, "wordings": wordings, "ground": "controller_not_named", "now": NOW + DAY}
    assert invalidate_wording(**asked) == 2
    assert invalidate_wording(**asked) == 0
    for person in (by_event, by_list):
        assert [each.standing.state for each in histories(person)] == ["invalidated"]
