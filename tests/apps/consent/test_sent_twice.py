"""A form that is sent twice at the same moment is one answer."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connections

from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.models import ConsentEvent
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6


def test_one_sending_that_arrives_several_times_at_once_is_written_once() -> None:
    world = make_world()
    person = world.person()
    together, answers, failed = threading.Barrier(TIMES), list[int](), list[BaseException]()

    def send() -> None:
        try:
            together.wait(10)
            events = record_consent(
                actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=True,
                saying=Saying(act="tick", how="form", reference="form-2026-18"), now=datetime.now(UTC),
            )  # fmt: skip
            answers.extend(event.pk for event in events)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    [event] = ConsentEvent.objects.filter(reference="form-2026-18")
    assert answers == [event.pk] * TIMES
