"""A consent at the desk: asked, taken back, undone, proven; and by letter without showing anybody."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import histories
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.engine.consent_record import check, check_receipt
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    return make_world()


def at_the_desk(world, person, profile="inbound", link="caller"):
    client = Client()
    client.force_login(world.employee(profile))
    client.post(reverse("desk:look", args=[person.pk]), {"link": link})
    return client


def standing(person):
    return [each.standing.state for each in histories(person)]


def ask(client, world, person, answer, sent="0190c3a0-0000-7000-8000-000000000001", **more):
    send = {"wording": world.spoken_wording.pk, "answer": answer, "sent": sent, **more}
    return client.post(reverse("desk:consent", args=[person.pk]), send)


def test_yes_then_withdrawn_then_undone(world):
    mila = world.person(basis="contract")
    client = at_the_desk(world, mila)
    assert "Consent recorded" in ask(client, world, mila, "yes").content.decode()
    choices = client.get(reverse("desk:withdraw", args=[mila.pk])).content.decode()
    (known,) = histories(mila)
    assert str(known.id) in choices
    done = client.post(reverse("desk:withdraw", args=[mila.pk]), {"consent": known.id}).content.decode()
    assert "The consent is withdrawn" in done
    assert standing(mila) == ["withdrawn"]
    event = ConsentEvent.objects.get(state="withdrawn")
    undone = client.post(reverse("desk:undo_withdrawal", args=[event.pk])).content.decode()
    assert "The withdrawal is taken back" in undone
    assert standing(mila) == ["renewed"]


def test_a_page_sent_twice_is_one_answer_and_no_answer_yet_is_only_a_question(world):
    mila = world.person(basis="contract")
    client = at_the_desk(world, mila)
    for _ in range(2):
        assert ask(client, world, mila, "yes").status_code == 200
    assert ConsentEvent.objects.count() == 1
    jonas = world.person(number=32470000012, basis="contract")
    client = at_the_desk(world, jonas)
    other = "0190c3a0-0000-7000-8000-000000000002"
    assert "waits for its answer" in ask(client, world, jonas, "later", other).content.decode()
    assert standing(jonas) == ["requested"]


def recorded(world, how):
    wording = world.spoken_wording
    wording.recording = how
    wording.save()


def pointers(world, person):
    """What the privacy officer sees with the proof."""
    officer = at_the_desk(world, person, "privacy_officer", "complaint")
    return officer.post(reverse("desk:proof", args=[person.pk])).content.decode()


def test_where_the_wording_allows_it_a_yes_points_to_its_recording(world):
    mila = world.person(basis="contract")
    client = at_the_desk(world, mila)
    url = reverse("desk:consent", args=[mila.pk])
    assert 'name="recording"' not in client.get(url).content.decode()
    recorded(world, "optional")
    assert "Recording (optional)" in client.get(url).content.decode()
    assert "Consent recorded" in ask(client, world, mila, "yes", recording=" rec-2026-0042 ").content.decode()
    assert b"rec-2026-0042" not in bytes(ConsentEvent.objects.get().evidence), "sealed"
    assert "rec-2026-0042" in pointers(world, mila)


def test_without_a_recording_an_optional_one_leaves_no_pointer(world):
    recorded(world, "optional")
    mila = world.person(basis="contract")
    assert "Consent recorded" in ask(at_the_desk(world, mila), world, mila, "yes").content.decode()
    assert ConsentEvent.objects.get().evidence is None


def test_a_wording_that_never_asked_keeps_no_pointer(world):
    mila = world.person(basis="contract")
    ask(at_the_desk(world, mila), world, mila, "yes", recording="rec-1")
    assert ConsentEvent.objects.get().evidence is None


def test_a_needed_recording_is_asked_for_again_and_a_no_needs_none(world):
    recorded(world, "required")
    mila = world.person(basis="contract")
    client = at_the_desk(world, mila)
    answer = ask(client, world, mila, "yes")
    assert answer.status_code == 422 and not ConsentEvent.objects.exists()
    assert "counts only with its recording" in answer.content.decode()
    assert "Consent recorded" in ask(client, world, mila, "yes", recording="rec-7").content.decode()
    jonas = world.person(number=32470000012, basis="contract")
    other = "0190c3a0-0000-7000-8000-000000000002"
    assert ask(at_the_desk(world, jonas), world, jonas, "no", other).status_code == 200
    assert standing(jonas) == ["refused"]


@pytest.mark.parametrize("typed", ["0470 00 00 11", "Mila said yes", "32470000011", "x" * 121])
def test_what_is_no_identifier_is_refused_and_stays_to_be_mended(world, typed):
    recorded(world, "optional")
    mila = world.person(basis="contract")
    answer = ask(at_the_desk(world, mila), world, mila, "yes", recording=typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and not ConsentEvent.objects.exists()
    assert "must be the identifier of a recording" in page and f'value="{typed}"' in page
    assert "0190c3a0-0000-7000-8000-000000000001" in page, "the same answer when it is sent again"


def test_a_text_of_another_company_cannot_be_answered_here(world):
    mila = world.person(basis="contract")
    other = world.controller.__class__.objects.create(code="OTHER", legal_name="Other NV", country="BE")
    world.spoken_wording.controllers.set([other])
    wording = world.spoken_wording
    wording.controllers.set([other])
    client = at_the_desk(world, mila)
    send = {"wording": wording.pk, "answer": "yes"}
    assert (
        "Nobody here for you" in client.post(reverse("desk:consent", args=[mila.pk]), send).content.decode()
    )
    assert not ConsentEvent.objects.exists()


def test_the_receipt_comes_as_a_page_and_as_json_and_is_in_the_ledger(world):
    mila = world.person(basis="contract")
    client = at_the_desk(world, mila)
    ask(client, world, mila, "yes")
    (known,) = histories(mila)
    where = reverse("desk:consent_receipt", args=[mila.pk])
    page = client.post(where, {"consent": known.id, "as": "html"}).content.decode()
    assert '<html lang="nl">' in page and "zei u ja" in page
    answer = client.post(where, {"consent": known.id, "as": "json"})
    assert check_receipt(json.loads(answer.content)) == []
    assert Event.objects.filter(kind="consent.receipt_given", person=mila.pk).count() == 2


def test_a_receipt_of_somebody_else_is_not_given(world):
    mila, jonas = world.person(), world.person(number=32470000012)
    client = at_the_desk(world, mila)
    other = histories(jonas)[0].id
    answer = client.post(reverse("desk:consent_receipt", args=[mila.pk]), {"consent": other})
    assert "Nobody here for you" in answer.content.decode()
    assert not Event.objects.filter(kind="consent.receipt_given").exists()


def proven(world):
    mila = world.person(basis="contract")
    record_consent(
        actor=OPERATOR, person=mila, wording=world.spoken_wording, channel="call", given=True,
        saying=Saying(act="spoken_yes", evidence=(Pointer("recording", "rec-17", 1200, 9000),)),
        now=datetime.now(UTC) - timedelta(days=2),
    )  # fmt: skip
    return mila


def test_only_the_privacy_officer_sees_where_the_evidence_lies_and_each_look_is_an_event(world):
    mila = proven(world)
    officer = at_the_desk(world, mila, "privacy_officer", "request_case")
    page = officer.post(reverse("desk:proof", args=[mila.pk])).content.decode()
    assert "rec-17" in page and "The proof is kept until" in page
    assert Event.objects.filter(kind="gate.see_proof", person=mila.pk).exists()
    agent = at_the_desk(world, mila)
    before = Alarm.objects.count()
    assert agent.post(reverse("desk:proof", args=[mila.pk])).status_code == 403
    assert Alarm.objects.count() == before + 1


def test_the_officer_declares_a_consent_invalid_and_takes_its_record_along(world):
    mila = proven(world)
    officer = at_the_desk(world, mila, "privacy_officer", "request_case")
    (known,) = histories(mila)
    answer = officer.post(reverse("desk:consent_record", args=[mila.pk]), {"consent": known.id})
    assert check(json.loads(answer.content)) == []
    send = {"consent": known.id, "ground": "no_clear_act"}
    done = officer.post(reverse("desk:invalidate", args=[mila.pk]), send).content.decode()
    assert "There was no clear yes" in done
    assert standing(mila) == ["invalidated"]


def letter(client, **said):
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    return client.post(reverse("desk:letter"), {"day": yesterday, "scan": "letter-2026-114", **said})


def test_a_letter_ends_the_consents_of_who_wrote_and_shows_nobody(world):
    mila = proven(world)
    client = Client()
    client.force_login(world.employee("inbound"))
    page = letter(client, who="+32 470 00 00 11").content.decode()
    assert "The consents are withdrawn" in page
    assert "Mila" not in page and "470" not in page
    assert standing(mila) == ["withdrawn"]
    event = ConsentEvent.objects.get(state="withdrawn")
    assert (event.how, event.evidence is not None) == ("letter", True)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"who": "+32 499 99 99 99"}, "Nobody is known by this"),
        ({"who": "+32 470 00 00 11", "scan": "she wrote: stop"}, "do not write down what it says"),
        ({"who": "+32 470 00 00 11", "day": "2099-01-01"}, "has not come yet"),
        ({"who": "+32 470 00 00 11", "day": "2020-01-01"}, "the consent was given later"),
    ],
)
def test_a_letter_that_cannot_be_taken_says_why(world, said, message):
    mila = proven(world)
    client = Client()
    client.force_login(world.employee("inbound"))
    answer = letter(client, **said)
    assert answer.status_code == 422
    assert message in answer.content.decode().replace("&#x27;", "'")
    assert standing(mila) == ["given"]
