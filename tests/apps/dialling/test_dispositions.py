"""A dialler reports calls with its signature: of its centre, of just now, once."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.consent.models import Suppression
from duecause.apps.dialling.dialler_actions import give_dialler_secret
from duecause.apps.dialling.models import Attempt, SignedReport
from duecause.engine.webhook_signature import signature
from tests.apps.dialling.feeds import LATER, MILA, reference, release
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    world.mila = imported(world, MILA)
    world.row = reference(release(world), world.mila)
    world.secret = give_dialler_secret(actor=OPERATOR, partner=world.centre, now=NOW)
    return world


def call(row, **changed):
    return {"reference": row, "at": LATER.isoformat(), "outcome": "answered", **changed}


def send(client, world, *calls, secret="", off=timedelta(), centre="", body=None, stamp=None):
    """`off`: how far the dialler's clock is wrong."""
    body = json.dumps({"attempts": list(calls)}).encode() if body is None else body
    stamp = stamp or int((datetime.now(UTC) + off).timestamp())
    headers = {
        "Duecause-Centre": centre or world.centre.code,
        "Duecause-Timestamp": str(stamp),
        "Duecause-Signature": signature(secret or world.secret, stamp, body),
    }
    return client.post("/api/dispositions", body, content_type="application/json", headers=headers)


def test_a_signed_call_is_kept_as_one_that_came_by_the_api(world, client):
    answer = send(client, world, call(world.row, refusal=True))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert Attempt.objects.get().refusal
    assert Suppression.objects.filter(reason="refusal_quiet").exists()


def test_a_wrong_signature_is_not_told_from_an_unknown_centre(world, client):
    answers = [
        send(client, world, call(world.row), secret="another"),
        send(client, world, call(world.row), centre="NOBODY"),
        send(client, world, call(world.row), centre=world.other_centre.code),
        client.post("/api/dispositions", b"{}", content_type="application/json"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(("minutes", "status"), [(-4, 202), (4, 202), (-6, 401), (6, 401)])
def test_a_clock_may_be_five_minutes_off_and_no_more(world, client, minutes, status):
    answer = send(client, world, call(world.row), off=timedelta(minutes=minutes))
    assert answer.status_code == status


def test_the_same_report_is_taken_once(world, client):
    stamp = int(datetime.now(UTC).timestamp())
    assert send(client, world, call(world.row), stamp=stamp).status_code == 202
    again = send(client, world, call(world.row), stamp=stamp)
    assert again.status_code == 409
    assert again.json()["code"] == "report_taken_before"
    assert Attempt.objects.count() == 1


def test_a_call_told_again_under_a_new_signature_counts_once(world, client):
    stamp = int(datetime.now(UTC).timestamp())
    for second in (0, 1):
        assert send(client, world, call(world.row), stamp=stamp + second).json() == {"accepted": 1}
    assert Attempt.objects.count() == 1


def test_a_call_that_was_never_given_is_refused_by_name(world, client):
    answer = send(client, world, call("NEVER"), call(world.row))
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [(each["place"], each["code"]) for each in answer.json()["refused"]] == [
        (0, "attempt_never_given")
    ]


def test_what_cannot_be_read_keeps_nothing_and_may_be_mended_and_sent_again(world, client):
    stamp = int(datetime.now(UTC).timestamp())
    assert send(client, world, call(world.row, outcome="flew"), stamp=stamp).status_code == 422
    assert send(client, world, body=b"not json", stamp=stamp).status_code in (400, 422)
    assert not SignedReport.objects.exists()


def test_another_secret_ends_the_one_before(world, client):
    give_dialler_secret(actor=OPERATOR, partner=world.centre, now=NOW)
    assert send(client, world, call(world.row)).status_code == 401
