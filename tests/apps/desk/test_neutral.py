"""Whether a person exists shows neither in the answer nor in the work that it takes."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from duecause.apps.gate.models import Alarm
from duecause.engine.ids import uuid7
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world() -> World:
    return make_world()


def asked(client: Client, person: UUID) -> tuple[str, list[str]]:
    """The answer, and the statements without what they ask for: as many and the same ones take as long."""
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        answer = client.post(
            f"/desk/people/{person}/look/", {"link": "caller"}, headers={"HX-Request": "true"}
        )
    statements = [re.split(" WHERE | SET ", query["sql"])[0][:60] for query in (*main, *keys)]
    statements = [
        re.sub(r'"s\d+_x\d+"', "", each) for each in statements
    ]  # savepoints have names of their own
    return answer.content.decode(), statements


def test_a_forbidden_person_and_none_get_one_answer_for_the_same_work(world: World) -> None:
    forbidden: Any = world.person()
    forbidden.restricted_at = NOW
    forbidden.save()
    seen = {}
    for name, person in (("forbidden", forbidden.pk), ("none", uuid7())):
        client = Client()
        client.force_login(world.employee("inbound"))
        asked(client, uuid7())  # texts are assembled once
        asked(client, forbidden.pk)
        seen[name] = asked(client, person)
    assert seen["forbidden"][0] == seen["none"][0]
    assert seen["forbidden"][1] == seen["none"][1]
    assert Alarm.objects.filter(kind="look_up").count() == 6
