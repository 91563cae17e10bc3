"""Which measures watch employees, and what must be filed before: on a page of the privacy officer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from duecause.apps.gate.activation import activated
from duecause.apps.gate.models import MeasurePaper
from duecause.web.templatetags.formats import shown_day
from tests.support.world import World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PAGE = "/alarms/measures/"
KINDS = ("notice", "basis", "assessment", "works_council")


@pytest.fixture
def world() -> World:
    return make_world()


def signed_in(world: World, profile: str = "privacy_officer") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


def file(
    client: Client, kind: str, *, days_ago: int = 15, reference: str = "HR-2026-7", status: int = 302
) -> str:
    day = shown_day(datetime.now(UTC)) - timedelta(days=days_ago)
    sent = {f"lookup_review-{kind}-reference": reference, f"lookup_review-{kind}-dated": day.isoformat()}
    answer = client.post(f"{PAGE}lookup_review/{kind}/file/", sent)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_measure_runs_once_its_four_papers_are_filed_and_stops_when_one_is_withdrawn(world: World) -> None:
    client = signed_in(world)
    assert client.get(PAGE).content.decode().count("Off: 4 papers are missing") == 6
    for kind in KINDS:
        assert not activated("lookup_review", datetime.now(UTC))
        file(client, kind)
    assert activated("lookup_review", datetime.now(UTC))
    assert "Runs since" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}lookup_review/basis/withdraw/")
    assert not activated("lookup_review", datetime.now(UTC))


def test_a_notice_of_yesterday_keeps_it_off_until_a_day_that_is_named(world: World) -> None:
    client = signed_in(world)
    for kind in KINDS:
        file(client, kind, days_ago=1)
    assert not activated("lookup_review", datetime.now(UTC))
    assert "Off until" in client.get(PAGE).content.decode()


def test_a_paper_of_tomorrow_or_without_a_place_is_not_filed(world: World) -> None:
    client = signed_in(world)
    assert "has not come yet" in file(client, "basis", days_ago=-2, status=422)
    assert "This field is required" in file(client, "basis", reference="", status=422)
    assert not MeasurePaper.objects.exists()


def test_who_may_only_read_alarms_sees_what_is_missing_and_no_form(world: World) -> None:
    page = signed_in(world, "auditor").get(PAGE).content.decode()
    assert "Off: 4 papers are missing" in page and "/file/" not in page
