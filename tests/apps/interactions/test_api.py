"""What systems send: with a key in batches, signed one by one; anything else opens nothing."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from duecause.apps.interactions import actions
from duecause.apps.interactions.models import ContactSystem, Interaction, Pop
from duecause.engine.webhook_signature import SIGNATURE, TIMESTAMP, signature
from tests.apps.interactions.telling import telephony
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world() -> World:
    return make_world()


def said(world: World, **other: Any) -> dict[str, Any]:
    begun = datetime.now(UTC) - timedelta(seconds=30)
    return {
        "reference": "call-1",
        "kind": "call",
        "begun_at": begun.isoformat(),
        "employee": world.employee("inbound").username,
        "number": "+32470000011",
        "contact": True,
        **other,
    }


def sent(system: ContactSystem, body: bytes, secret: str, at: int | None = None) -> Any:
    at = int(time.time()) if at is None else at
    headers = {
        "Duecause-System": system.code,
        TIMESTAMP: str(at),
        SIGNATURE: signature(secret, at, body),
    }
    return Client().post("/api/interactions/cti", body, content_type="application/json", headers=headers)


def test_a_batch_is_taken_with_the_systems_key_and_with_no_other(world: World) -> None:
    system = telephony()
    key = actions.make_key(actor=OPERATOR, system=system, now=NOW)
    body = json.dumps({"interactions": [said(world), said(world, reference="call-2", employee="x")]})

    def post(bearer: str) -> Any:
        headers = {"Authorization": f"Bearer {bearer}"}
        return Client().post("/api/interactions", body, content_type="application/json", headers=headers)

    answer = post(key)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    [refused] = answer.json()["refused"]
    assert (refused["place"], refused["code"]) == (1, "interaction_employee")
    assert post(key + "x").status_code == 401
    actions.end(actor=OPERATOR, system=system, now=NOW)
    assert post(key).status_code == 401
    assert Interaction.objects.count() == 1


def test_a_signed_message_is_taken_once_and_offers_a_pop_for_who_is_called(world: World) -> None:
    system = telephony()
    secret = actions.give_secret(actor=OPERATOR, system=system, now=NOW)
    body = json.dumps(said(world)).encode()
    at = int(time.time())
    answer = sent(system, body, secret, at)
    assert answer.status_code == 202
    assert answer.json()["pop"].startswith("/desk/pop/?hint=")
    assert "32470000011" not in answer.json()["pop"]
    assert sent(system, body, secret, at).status_code == 401
    assert Pop.objects.count() == 1


@pytest.mark.parametrize("wrong", ["secret", "old", "ahead", "body", "ended", "unknown"])
def test_a_message_that_is_not_signed_just_now_by_the_system_changes_nothing(
    world: World, wrong: str
) -> None:
    system = telephony()
    secret = actions.give_secret(actor=OPERATOR, system=system, now=NOW)
    body = json.dumps(said(world)).encode()
    at = int(time.time())
    if wrong == "secret":
        secret = "0" * 32
    elif wrong in ("old", "ahead"):
        at += {"old": -400, "ahead": 400}[wrong]
    elif wrong == "ended":
        actions.end(actor=OPERATOR, system=system, now=NOW)
    elif wrong == "unknown":
        system = ContactSystem(code="OTHER")
    if wrong == "body":
        headers = {
            "Duecause-System": "CTI",
            TIMESTAMP: str(at),
            SIGNATURE: signature(secret, at, b"{}"),
        }
        answer = Client().post(
            "/api/interactions/cti", body, content_type="application/json", headers=headers
        )
    else:
        answer = sent(system, body, secret, at)
    assert answer.status_code == 401
    assert not Interaction.objects.exists()


def test_a_secret_made_anew_ends_the_one_before(world: World) -> None:
    system = telephony()
    old = actions.give_secret(actor=OPERATOR, system=system, now=NOW)
    new = actions.give_secret(actor=OPERATOR, system=system, now=NOW)
    body = json.dumps(said(world)).encode()
    assert sent(system, body, old).status_code == 401
    assert sent(system, body, new).status_code == 202
