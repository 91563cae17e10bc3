"""Whether a person exists shows neither in the answer nor in the work that it takes."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from duecause.apps.gate.models import Alarm
from duecause.engine.ids import uuid7
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world() -> World:
    return make_world()


def asked(client: Client, person: UUID) -> tuple[str, list[str]]:
    """The answer, and the statements without what they ask for: as many and the same ones take as long."""
    statements: list[str] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        text = re.split(" WHERE | SET ", str(sql))[0][:60]
        statements.append(re.sub(r'"s\d+_x\d+"', "", text))  # savepoints have names of their own
        return execute(sql, parameters, many, context)

    with connections["default"].execute_wrapper(note), connections["keys"].execute_wrapper(note):
        answer = client.post(
            f"/desk/people/{person}/look/", {"link": "caller"}, headers={"HX-Request": "true"}
        )
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
