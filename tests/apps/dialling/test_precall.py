"""The check before a call: allow, or a no that tells a partner nothing about a person."""

import io
import json

import pytest
from django.db import DatabaseError, OperationalError

from duecause.apps.consent import actions as consent
from duecause.apps.consent.consent_actions import Saying, withdraw_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.consent.models import Suppression
from duecause.apps.dialling import api, precall, precall_actions, release_actions
from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key, revoke_api_key
from duecause.apps.parties.models import ApiKey
from duecause.apps.register.models import DialFact, Person
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, TODAY, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012
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
    return imported(world, MILA)


def release(world, **given):
    dial_list = screen(world, **given)
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())


def ask(world, *numbers, centre=None, campaign="PUMP-BE", now=LATER):
    decisions = precall.decide(
        centre=centre or world.centre, campaign=campaign, numbers=numbers or [f"+{MILA}"], now=now
    )
    return [d.reason or "allow" for d in decisions]


def object_to(world, person, *, scope=consent.ALL_MARKETING):
    consent.record_objection(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=LATER,
        scope=scope,
    )


def test_a_released_number_may_be_called(world, mila):
    release(world)
    assert ask(world) == ["allow"]


def test_an_objection_taken_at_one_centre_denies_at_the_other(world, mila):
    release(world, centre=world.other_centre)
    assert ask(world, centre=world.other_centre) == ["allow"]
    object_to(world, mila)
    assert ask(world, centre=world.other_centre) == ["denied"]


def test_unknown_foreign_and_other_centres_numbers_get_the_same_answer(world, mila):
    imported(world, JONAS)
    assert release(world).rows == 2
    numbers = [f"+{MILA}", "+32470009999", "+33612345678", "+14155552671"]
    assert ask(world, *numbers, centre=world.other_centre) == ["not_on_your_list"] * 4
    object_to(world, mila)
    assert ask(world, f"+{MILA}", centre=world.other_centre) == ["not_on_your_list"]


def test_a_number_is_checked_for_the_campaign_that_was_named(world, mila):
    release(world)
    assert ask(world, campaign="OTHER") == ["not_on_your_list"]
    assert ask(world, campaign="") == ["allow"]


@pytest.mark.parametrize("text", ["", "abc", "0470000011", "+3247000", "32470000011", "+32 470 00 00 11 x"])
def test_what_is_no_international_number_is_denied(world, mila, text):
    release(world)
    assert ask(world, text) == ["denied"]


def test_an_expired_list_cannot_be_dialled(world, mila):
    expires_at = release(world).expires_at
    assert ask(world, now=expires_at - DAY / 24) == ["allow"]
    assert ask(world, now=expires_at) == ["expired"]


def test_a_recalled_list_cannot_be_dialled(world, mila):
    made = release(world)
    release_actions.recall(actor=OPERATOR, release=made, now=LATER)
    assert ask(world) == ["expired"]


def test_a_number_learned_after_the_objection_is_denied_too(world, mila):
    jonas = imported(world, JONAS)
    release(world)
    object_to(world, jonas)
    Suppression.objects.all().delete()
    assert ask(world, f"+{JONAS}", f"+{MILA}") == ["denied", "allow"]


def test_somebody_who_shares_the_number_objected(world, mila):
    jonas = imported(world, JONAS)
    release(world)
    fact = DialFact.objects.get(person=mila)
    DialFact.objects.create(
        record=jonas.records.get(),
        person=jonas,
        source=world.source,
        ordinal=1,
        token=fact.token,
        key_id="k",
        country="BE",
        basis="consent",
    )
    object_to(world, jonas)
    Suppression.objects.all().delete()
    assert ask(world) == ["denied"]


def test_a_consent_taken_back_denies(world, mila):
    release(world)
    withdraw_consent(
        actor=OPERATOR, person=mila, topic=Topic(world.controller, world.sales, "call"),
        language="nl", saying=Saying(act="withdrawal_spoken"), now=LATER,
    )  # fmt: skip
    assert ask(world) == ["denied"]


def test_a_register_loaded_after_the_release_that_names_the_number_denies(world, mila):
    release(world)
    version = load_dncm(MILA, version_date=TODAY)
    version.loaded_at = LATER
    version.save()
    assert ask(world) == ["denied"]


def test_a_restricted_person_is_denied(world, mila):
    release(world)
    Person.objects.filter(pk=mila.pk).update(restricted_at=LATER)
    assert ask(world) == ["denied"]


def test_a_closed_party_gate_denies_everything_on_the_list(world, mila):
    release(world)
    world.centre.suspended_on = TODAY
    world.centre.save()
    assert ask(world, f"+{MILA}", "+32470009999") == ["denied", "not_on_your_list"]


def test_a_sector_that_is_banned_today_is_denied_whatever_the_list_says(world):
    Campaign.objects.update(countries=["FR"])
    world.campaign.refresh_from_db()
    imported(world, 33612345678, country="FR")
    release(world)
    assert ask(world, "+33612345678") == ["allow"]
    Campaign.objects.update(sector="energy_renovation")
    assert ask(world, "+33612345678") == ["denied"]


def test_one_campaign_that_denies_is_enough_when_none_is_named(world, mila):
    release(world)
    other = Campaign.objects.get()
    other.pk, other.code = None, "ROOF-BE"
    other.save()
    release(world, campaign=other)
    object_to(world, mila, scope=consent.Scope(kind="campaign", campaign="ROOF-BE"))
    assert ask(world, campaign="PUMP-BE") == ["allow"]
    assert ask(world, campaign="ROOF-BE") == ["denied"]
    assert ask(world, campaign="") == ["denied"]


def post(client, body, key):
    return client.post(
        "/api/precall",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )


@pytest.fixture
def at_noon(monkeypatch):
    """The API reads the clock itself; the small world lives in November 2026."""

    class Clock(api.datetime):
        @classmethod
        def now(cls, tz=None):
            return LATER

    monkeypatch.setattr(api, "datetime", Clock)


def key_of(world):
    return create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=NOW)


def test_a_key_that_asks_is_shown_as_used_that_day_and_a_refused_one_is_not(world, mila, client, at_noon):
    key = key_of(world)
    assert post(client, {"number": "+32470000011"}, key[:-1] + "x").status_code == 401
    assert ApiKey.objects.get().last_used_on is None
    assert post(client, {"number": "+32470000011"}, key).status_code == 200
    assert ApiKey.objects.get().last_used_on == LATER.date()


def test_the_api_answers_each_number_as_it_was_sent(world, mila, client, at_noon):
    release(world)
    answer = post(
        client, {"numbers": ["0032470000011", "+32470009999"], "campaign": "PUMP-BE"}, key_of(world)
    )
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"number": "0032470000011", "decision": "allow", "reason": None},
        {"number": "+32470009999", "decision": "deny", "reason": "not_on_your_list"},
    ]
    assert answer.json()["valid_seconds"] == 60
    assert post(client, {"number": f"+{MILA}"}, key_of(world)).json()["results"][0]["decision"] == "allow"


def test_each_request_is_one_event_without_a_number_in_it(world, mila, client, at_noon):
    release(world)
    post(client, {"numbers": [f"+{MILA}"] * 3}, key_of(world))
    event = Event.objects.get(kind="dialling.precall")
    assert event.actor_kind == "partner"
    assert str(MILA).encode() not in bytes(event.leaf_bytes)


def test_a_thousand_numbers_are_one_request_and_one_more_is_refused(world, mila, client, at_noon):
    release(world)
    numbers = [f"+{MILA}", *(f"+3247001{n:04}" for n in range(999))]
    answer = post(client, {"numbers": numbers}, key_of(world))
    decisions = [result["decision"] for result in answer.json()["results"]]
    assert (decisions[0], set(decisions[1:])) == ("allow", {"deny"})
    assert Event.objects.filter(kind="dialling.precall").count() == 1
    refused = post(client, {"numbers": [*numbers, "+32470000001"]}, key_of(world))
    assert refused.status_code == 422
    assert "+3247" not in refused.content.decode()


def test_a_thousand_numbers_take_few_queries(world, mila, django_assert_max_num_queries):
    release(world)
    with django_assert_max_num_queries(20):
        ask(world, *(f"+3247000{n:04}" for n in range(1000)))


def test_wrong_keys_get_one_and_the_same_answer(world, mila, client, at_noon):
    release(world)
    revoked, other_scope = key_of(world), key_of(world)
    ApiKey.objects.filter(prefix=other_scope.split("_")[1]).update(scopes=[])
    revoke_api_key(actor=OPERATOR, partner=world.centre, prefix=revoked.split("_")[1], now=NOW)
    good = key_of(world)
    answers = [
        post(client, {"number": f"+{MILA}"}, key)
        for key in (
            "",
            "dc_nobody_secret",
            revoked,
            other_scope,
            good[:-1] + ("a" if good[-1] != "a" else "b"),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_a_body_that_is_no_question_is_refused(world, client):
    for body in ({}, {"number": "+32", "numbers": ["+32"]}, {"numbers": []}, {"numbers": [1]}):
        assert post(client, body, key_of(world)).status_code == 422


@pytest.mark.parametrize("broken", ["decide", "record"])
def test_a_database_that_fails_denies_everything(world, mila, client, at_noon, monkeypatch, broken):
    release(world)

    def fail(*args, **kwargs):
        raise OperationalError("connection to +32470000011 lost")

    monkeypatch.setattr(precall_actions, broken, fail)
    answer = post(client, {"numbers": [f"+{MILA}"]}, key_of(world))
    assert answer.status_code == 503
    assert answer.json()["decision"] == "deny"
    assert "32470000011" not in answer.content.decode()


def test_a_database_that_fails_while_the_key_is_looked_up_denies_everything(world, client, monkeypatch):
    key = key_of(world)

    def fail(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr(api, "partner_by_key", fail)
    answer = post(client, {"number": "+32470000011"}, key)
    assert (answer.status_code, answer.json()["decision"]) == (503, "deny")
