"""Each job starts where its work waits, and sees nothing that is not its own."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import release_actions
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.home import due
from duecause.apps.ledger.models import QueueEntry
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.parties.actions import create_api_key
from duecause.apps.parties.models import Contract
from duecause.apps.register.models import ImportBatch, QuarantinedRow
from duecause.engine.periods import local_day
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012
DAY = timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def now():
    return datetime.now(UTC)


def at_home(world, profile, path="/"):
    client = Client()
    client.force_login(world.employee(profile))
    return client.get(path)


def text_of(world, profile, path="/"):
    return at_home(world, profile, path).content.decode()


def titles(world, profile, now):
    return [entry.title for entry in due.queue(world.actor(profile), now)]


@pytest.mark.parametrize(
    "profile",
    ["inbound", "outbound", "billing", "shop", "warehouse", "technician", "qa_listener", "partner_agent"],
)
def test_who_talks_to_people_starts_at_the_desk(world, profile):
    answer = at_home(world, profile)
    assert (answer.status_code, answer.url) == (302, "/desk/")


def test_every_profile_has_a_place_to_start_that_is_not_empty(world):
    for profile in engine().vocabulary.profiles:
        client = Client()
        client.force_login(world.employee(profile))
        answer = client.get("/", follow=True)
        assert answer.status_code == 200, profile
        main = answer.content.decode().partition("<main")[2]
        assert re.search(r"<(input|table|a href)", main), profile


def test_an_auditor_sees_how_things_stand_and_where_the_evidence_lies(world):
    text = text_of(world, "auditor")
    assert "Newest checkpoint" in text and "/evidence/" in text
    assert "/desk/" not in text


def test_who_is_not_signed_in_is_asked_to(db):
    assert Client().get("/").url.startswith("/sign-in/")


def test_an_empty_company_tells_each_job_how_to_start(world):
    world.centre.delete()
    world.other_centre.delete()
    manager = text_of(world, "team_lead")
    assert "No list has been screened yet" in manager
    assert "No call centre yet" in manager
    assert "No list is out" in manager
    assert "Nothing has been imported yet" in text_of(world, "privacy_officer")
    assert "No API keys yet" in text_of(world, "administrator")
    assert "Nothing is due for you" in text_of(world, "inbound", "/due/")


def test_the_queue_holds_every_clock_the_most_urgent_first(world, now):
    load_dncm(version_date=local_day(now, "BE") - 9 * DAY)
    opened = now - 29 * DAY
    open_obligation(
        actor=OPERATOR, kind="rights.erasure_request", now=opened, systems=["privacy_desk"],
        due_at=opened + 30 * DAY, waiting=True,
    )  # fmt: skip
    open_obligation(
        actor=OPERATOR, kind="rights.erasure_request", now=now - 40 * DAY, systems=["privacy_desk"],
        due_at=now - DAY, waiting=True,
    )  # fmt: skip
    batch = world.person().records.get().batch
    QuarantinedRow.objects.create(
        batch=batch, row=7, reason="consent_names_others", content=b"", quarantined_at=now,
        delete_after=now + 14 * DAY,
    )  # fmt: skip
    Contract.objects.filter(partner=world.centre).update(valid_to=local_day(now, "BE") + 20 * DAY)
    at_home(world, "inbound", "/alarms/")
    queue = due.queue(world.actor("privacy_officer"), now)
    assert [entry.meaning for entry in queue][:2] == ["stopped", "act"]
    assert {entry.kind for entry in queue} == {"Request", "Alarm", "Quarantine", "Register", "Partner"}
    text = text_of(world, "privacy_officer")
    for words in (
        "BE-DNCM is too old",
        "1 row of test.csv is in quarantine",
        "The gate of Centre A closes: processor contract ends",
        "Late",
    ):
        assert words in text


def test_a_register_that_running_campaigns_need_and_nobody_loaded_is_due(world, now):
    assert "BE-DNCM has never been loaded" in " ".join(titles(world, "privacy_officer", now))
    world.campaign.ended_on = local_day(now, "BE") - DAY
    world.campaign.save()
    assert titles(world, "privacy_officer", now) == []


def test_a_fresh_register_is_not_due(world, now):
    load_dncm(version_date=local_day(now, "BE") - DAY)
    assert titles(world, "privacy_officer", now) == []


def test_the_queue_names_only_what_the_profile_may_see(world, now):
    at_home(world, "inbound", "/alarms/")
    assert Alarm.objects.exists()
    assert titles(world, "inbound", now) == []
    assert not any("tried" in title for title in titles(world, "team_lead", now))
    assert any("tried" in title for title in titles(world, "privacy_officer", now))


def test_the_privacy_desk_counts_what_was_imported_and_refused_this_week(world, now):
    for age, refused in ((1, 3), (9, 50)):
        ImportBatch.objects.create(
            source=world.source, file_name="fair.csv", sha256=str(age) * 64, state="complete", actor="x",
            started_at=now - age * DAY, finished_at=now - age * DAY, rows_total=10,
            counts={"stored": 7, "refused": refused},
        )  # fmt: skip
    text = text_of(world, "privacy_officer")
    assert "Rows refused in 7 days" in text
    assert '<p class="stat-number">3' in text
    assert '<p class="stat-number">53' not in text


def test_a_ledger_that_falls_behind_is_said_to(world, now):
    fresh = "no checkpoint covers them yet"
    assert fresh not in text_of(world, "privacy_officer")
    QueueEntry.objects.update(queued_at=now - timedelta(minutes=10))
    at_home(world, "inbound", "/alarms/")
    QueueEntry.objects.update(queued_at=now - timedelta(minutes=10))
    assert fresh in text_of(world, "privacy_officer")


def test_the_manager_sees_the_newest_waterfall_and_what_is_out(world, now):
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    today = local_day(now, "BE")
    load_dncm(JONAS, version_date=today)
    imported(world, MILA)
    imported(world, JONAS)
    dial_list = screen(world, on=today, now=now)
    text = text_of(world, "team_lead")
    assert "Newest list: Heat pumps for Centre A" in text
    assert f"/lists/{dial_list.pk}/rows/?reason=register_be_dncm" in text
    assert "No list is out" in text
    dial_list.refresh_from_db()
    release_actions.release(actor=world.actor("team_lead"), dial_list=dial_list, now=now, out=BytesIO())
    assert "In the hands of call centres" in text_of(world, "team_lead")


def test_a_blocked_partner_shows_every_reason(world):
    world.centre.contracts.all().delete()
    world.centre.suspended_on = date(2026, 1, 1)
    world.centre.save()
    text = text_of(world, "team_lead")
    assert "is suspended" in text
    assert "has no processor contract" in text
    assert text.count("May receive lists") == 1


def test_objections_are_drawn_per_day(world, now):
    consent.record_objection(
        actor=OPERATOR, person=world.person(), controller=world.controller,
        taking=consent.Taking(how="call"), now=now, scope=consent.ALL_MARKETING,
    )  # fmt: skip
    text = text_of(world, "team_lead")
    assert "last 30 days" in text
    assert "None in 30 days" not in text


def test_the_administrator_sees_keys_staff_and_whether_work_is_done(world, now):
    clear = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=now)
    open_obligation(
        actor=OPERATOR, kind="register.import", now=now - timedelta(hours=1), systems=["duecause"]
    )
    text = text_of(world, "administrator")
    assert "Centre A" in text
    assert clear not in text
    assert "Steps wait longer than they should" in text
    assert "System administrator" in text
    assert "Rows refused" not in text
