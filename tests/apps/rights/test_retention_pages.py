"""On the pages of retention: what goes when, whom a change touches, who may agree, what is held."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from duecause.apps.catalogue import retention_queries as rules
from duecause.apps.catalogue.models import RetentionVersion
from duecause.apps.register.models import Hold, Record
from duecause.apps.rights import retention_queries, retention_rule_views, retention_views
from duecause.apps.rights.models import RetentionCertificate
from duecause.apps.rights.retention_actions import run_retention
from duecause.apps.rights.retention_counting import note_forecast
from duecause.engine.actor import Actor
from tests.security import canary
from tests.support.world import World, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"], transaction=True), pytest.mark.postgres]
JOB = Actor.job("test", "rights.retention", "open:retention")
CHANGE = {
    "purpose": "phone_sales",
    "field": "",
    "trigger": "last_contact",
    "length": "6",
    "unit": "months",
    "action": "erase",
}


@pytest.fixture
def world() -> World:
    return make_world()


def signed_in(world: World, profile: str = "privacy_officer") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


def overdue(world: World) -> Record:
    person = canary.canary(world)
    person.records.update(obtained_on=datetime.now(UTC).date() - timedelta(days=1200))
    return person.records.get()


def overdue_number(world: World, number: int) -> Record:
    person = world.person(number=number)
    person.records.update(obtained_on=datetime.now(UTC).date() - timedelta(days=1200))
    return person.records.get()


def proposed(client: Client) -> RetentionVersion:
    address = reverse("retention:rule") + "?of=phone_sales||last_contact|erase"
    answer = client.post(address, CHANGE)
    version = rules.waiting()
    assert version is not None and answer.headers["Location"] == reverse(
        "retention:version", args=[version.number]
    )
    return version


def test_a_number_of_the_forecast_leads_to_its_records_and_shows_nothing_of_them(world):
    record, client = overdue(world), signed_in(world)
    page = client.get(reverse("retention:forecast")).content.decode()
    link = f"{reverse('retention:rows')}?month=overdue&amp;action=erase"
    assert link in page
    behind = client.get(link.replace("&amp;", "&")).content
    assert str(record.pk).encode() in behind and not canary.betrayed(behind)


def test_the_records_behind_a_number_come_in_pages_that_end_with_a_person(world, monkeypatch):
    monkeypatch.setattr(retention_views, "PAGE", 2)
    records = {str(overdue_number(world, 32470000020 + number).pk) for number in range(5)}
    client, seen, address = signed_in(world), [], reverse("retention:rows") + "?month=overdue"
    while address:
        page = client.get(address).content.decode()
        seen += [record for record in records if record in page]
        more = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        address = reverse("retention:rows") + more[1].replace("&amp;", "&") if more else ""
    assert sorted(seen) == sorted(records)


def test_an_empty_register_says_how_to_begin(world):
    assert (
        "Nobody is in the register yet"
        in signed_in(world).get(reverse("retention:forecast")).content.decode()
    )
    RetentionVersion.objects.update(state="replaced")
    assert "No rules are in force" in signed_in(world).get(reverse("retention:forecast")).content.decode()


def test_a_change_is_proposed_by_one_and_approved_by_another_on_the_figures_seen(world):
    overdue(world)
    first, second = signed_in(world), signed_in(world)
    version = proposed(first)
    own = first.get(reverse("retention:version", args=[version.number])).content.decode()
    assert "Approve these rules" not in own and "another privacy officer has to agree" in own
    approve = reverse("retention:approve", args=[version.number])
    seen = {"counted_at": version.counted_at.isoformat()}
    assert first.post(approve, seen).status_code == 422
    assert second.post(approve, {"counted_at": "yesterday"}).status_code == 422
    assert rules.in_force().number == 1
    assert second.post(approve, seen).status_code == 302
    assert rules.in_force() == version and rules.rules_of(version)[0].months == 6


def test_what_cannot_be_is_said_on_the_form_and_nothing_waits(world):
    client = signed_in(world)
    for wrong in ({"length": "-1"}, {"purpose": "nowhere"}, {"field": "email", "action": "anonymise"}):
        assert client.post(reverse("retention:rule"), {**CHANGE, **wrong}).status_code == 422
    dropped = client.post(reverse("retention:rule") + "?of=phone_sales||last_contact|erase", {"drop": "1"})
    assert dropped.status_code == 422 and "without a rule" in dropped.content.decode()
    assert rules.waiting() is None


def test_a_large_register_is_counted_by_the_worker(world, monkeypatch):
    overdue(world)
    monkeypatch.setattr(retention_queries, "PAGE_COUNTS", 0)
    monkeypatch.setattr(retention_rule_views, "countable", retention_queries.countable)
    client = signed_in(world)
    assert "Not counted yet" in client.get(reverse("retention:forecast")).content.decode()
    note_forecast(datetime.now(UTC))
    assert "month=overdue" in client.get(reverse("retention:forecast")).content.decode()
    version = proposed(client)
    assert version.counted_at is None
    page = client.get(reverse("retention:version", args=[version.number])).content.decode()
    assert "The worker is counting" in page


def test_a_hold_is_begun_from_a_record_and_ended_from_the_list(world):
    record, client = overdue(world), signed_in(world)
    begin = reverse("retention:begin-hold", args=[record.person_id])
    terms = {
        "reason": "legal_claim",
        "reference": "WH/2026/7",
        "record": str(record.pk),
        "fields_held": ["email"],
    }
    assert client.post(begin, {**terms, "until": "2020-01-01"}).status_code == 422
    assert client.post(begin, terms).status_code == 302
    hold = Hold.objects.get()
    assert (hold.whole_person, hold.fields, hold.reference) == (False, ["email"], "WH/2026/7")
    assert "WH/2026/7" in client.get(reverse("retention:holds")).content.decode()
    end = reverse("retention:end-hold", args=[hold.pk])
    assert client.post(end).status_code == 302
    assert client.post(end).status_code == 422


def test_a_night_shows_its_certificates_with_their_place_in_the_ledger(world):
    overdue(world)
    run = uuid4()
    run_retention(actor=JOB, run=run, now=datetime.now(UTC))
    certificate = RetentionCertificate.objects.get()
    client = signed_in(world)
    assert str(certificate.pk) in client.get(reverse("retention:night", args=[run])).content.decode()
    file = json.loads(client.get(reverse("retention:certificate", args=[certificate.pk])).content)
    assert file["certificate"]["records"][0]["whole"] is True
    assert file["ledger"]["event"] == str(certificate.event)
