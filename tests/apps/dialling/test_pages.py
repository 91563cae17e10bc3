"""What people see of lists: who may do what, why nobody is released, and never a number on a page."""

import csv
import hashlib
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import campaign_views, large_lists, release_actions
from duecause.apps.dialling.models import DialList, ListRow, Release
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Step
from duecause.apps.register import spool
from duecause.apps.register.models import Person
from duecause.engine.periods import local_day
from duecause.packs.campaigns import thresholds
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, refused_row, screen
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS, FATIMA = 32470000011, 32470000012, 32470000013
ANY_NUMBER = re.compile(r"\+?(32|0)[\s./]?4[\s./]?[789]\d?[\s./]?\d\d[\s./]?\d\d[\s./]?\d\d")


@pytest.fixture
def world():
    made = make_world()
    made.controller.canary_numbers = OWN_NUMBERS
    made.controller.save()
    return made


@pytest.fixture
def now():
    return datetime.now(UTC)


def day_of(now):
    """The day in the company's country, which decides."""
    return local_day(now, "BE")


def signed_in(world, profile="team_lead"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def page(client, path, **data):
    return client.get(path, data).content.decode()


def screened(world, now, **given):
    """A list screened just now, with one row in the register and one unreadable."""
    load_dncm(JONAS, version_date=day_of(now) - timedelta(days=1))
    for number in (MILA, JONAS, FATIMA):
        imported(world, number)
    refused_row(world, "phone_decimal")
    return screen(world, on=day_of(now), now=now, **given)


def test_without_lists_the_page_says_how_to_start(world):
    text = page(signed_in(world), "/lists/")
    assert "No lists yet" in text
    assert "Screen a list" in text


def test_the_privacy_officer_reads_lists_and_screens_none(world):
    client = signed_in(world, "privacy_officer")
    assert "Screen a list" not in page(client, "/lists/")
    assert client.get("/lists/new/").status_code == 403


def test_agents_see_no_lists(world):
    assert signed_in(world, "outbound").get("/lists/").status_code == 403


def test_lists_are_filtered_by_campaign_centre_and_state(world, now):
    screened(world, now)
    screen(world, centre=world.other_centre, on=day_of(now), now=now)
    client = signed_in(world)
    both = page(client, "/lists/")
    assert both.count("data-row") == 2
    assert page(client, "/lists/", centre="CC-B").count("data-row") == 1
    assert "No list fits this filter" in page(client, "/lists/", state="recalled")


def test_choosing_a_banned_campaign_says_at_once_that_nobody_is_released_and_why(world, now):
    world.campaign.countries, world.campaign.sector = ["FR"], "energy_renovation"
    world.campaign.save()
    client = signed_in(world)
    about = {"campaign": "PUMP-BE", "centre": "CC-A", "on": "2026-08-11"}
    text = page(client, "/lists/new/about/", **about)
    assert "Nobody will be released" in text
    assert "11 Aug 2026" in text
    assert "loi 2025-594" in text
    assert "Nobody will be released" not in page(
        client, "/lists/new/about/", **(about | {"on": "2026-08-10"})
    )


def test_the_choice_tells_rules_registers_and_the_gate_of_the_centre(world, now):
    world.centre.contracts.all().delete()
    text = page(signed_in(world), "/lists/new/")
    assert "Never loaded" in text
    assert "not reviewed by counsel" in text
    assert "Centre A may not receive numbers now" in text


def test_a_worker_screens_what_was_asked_for_and_the_page_follows(world, now):
    load_dncm(version_date=day_of(now))
    imported(world, MILA)
    client = signed_in(world)
    asked = {"campaign": "PUMP-BE", "centre": "CC-A", "on": day_of(now).isoformat(), "sources": ["WEB"]}
    answer = client.post("/lists/new/", asked)
    assert answer.status_code == 302
    progress = answer.url + "progress/"
    assert progress in page(client, answer.url)
    assert client.get(progress).headers.get("HX-Refresh") is None
    assert runner.run_once("w")
    assert client.get(progress).headers["HX-Refresh"] == "true"
    assert "Release 1 number to Centre A" in page(client, answer.url)


def test_who_may_screen_may_stop_it_and_nothing_is_left(world, now):
    load_dncm(version_date=day_of(now))
    imported(world, MILA)
    client = signed_in(world)
    url = hand_in(client, now).url
    assert f"{url}stop/" in page(client, url)
    assert f"{url}stop/" not in page(signed_in(world, "privacy_officer"), url)
    assert signed_in(world, "privacy_officer").post(f"{url}stop/").status_code == 403
    assert client.post(f"{url}stop/").status_code == 302
    assert "This list was not screened" in page(client, url)
    runner.run_once("w")
    dial_list = DialList.objects.get()
    assert dial_list.state == "failed" and not ListRow.objects.exists()
    assert spool.sealed(dial_list.pk) is None


def test_a_worker_hears_of_a_stop_while_it_works(world, now, monkeypatch):
    load_dncm(version_date=day_of(now))
    imported(world, MILA)
    monkeypatch.setattr(large_lists, "FROM_ROWS", 1)
    client = signed_in(world)
    url = hand_in(client, now).url
    gather = large_lists.Facts.about

    def stopped(self, numbers):
        client.post(f"{url}stop/")
        return gather(self, numbers)

    monkeypatch.setattr(large_lists.Facts, "about", stopped)
    runner.run_once("w")
    assert DialList.objects.get().state == "failed"
    assert not ListRow.objects.exists()
    assert not list((settings.DATA / "cache" / "lists").iterdir())


def test_the_page_tells_how_quick_it_is_and_how_long_it_takes(world, now):
    load_dncm(version_date=day_of(now))
    client = signed_in(world)
    url = hand_in(client, now).url
    Step.objects.update(progress_done=4_000, progress_total=10_000)
    ago = f"{datetime.now(UTC).timestamp() - 100:.0f}"
    text = page(client, f"{url}progress/", at=ago, rows="2000")
    assert "4,000 of 10,000" in text
    assert "rows per second" in text and "left" in text


def hand_in(client, now, text=b"naam;telefoon\nA;0470 00 00 11\nB;0470 00 00 99\n", **given):
    file = SimpleUploadedFile("fair.csv", text)
    asked = {"campaign": "PUMP-BE", "centre": "CC-A", "on": day_of(now).isoformat(), "file": file, **given}
    return client.post("/lists/new/", asked)


def test_a_file_handed_in_is_screened_by_a_worker_too_and_the_page_follows(world, now):
    load_dncm(version_date=day_of(now))
    imported(world, MILA)
    client = signed_in(world)
    answer = hand_in(client, now)
    dial_list = DialList.objects.get()
    assert answer.url.endswith(f"{dial_list.pk}/")
    assert dial_list.state == "screening"
    assert f"{answer.url}progress/" in page(client, answer.url)
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    assert (dial_list.report["candidates"], dial_list.report["released"]) == (2, 1)
    assert "fair.csv" in page(client, answer.url)


def test_a_file_that_could_not_be_screened_is_refused_at_once_and_not_kept(world, now):
    client, before = signed_in(world), set(spool.folder().glob("*.sealed"))
    for refused in (
        hand_in(client, now, b"naam;gemeente\nA;Gent\n"),
        hand_in(client, now, b"telefoon\n"),
        hand_in(client, now, sources=["WEB"]),
    ):
        assert refused.status_code == 422
    assert not DialList.objects.exists()
    assert set(spool.folder().glob("*.sealed")) == before


def test_a_screening_without_rows_to_judge_is_refused_with_the_remedy(world, now):
    asked = {"campaign": "PUMP-BE", "centre": "CC-A", "on": day_of(now).isoformat()}
    answer = signed_in(world).post("/lists/new/", asked)
    assert answer.status_code == 422
    assert "Nothing was screened" in answer.content.decode()
    assert not DialList.objects.exists()


def test_the_report_shows_waterfall_rules_registers_and_expiry(world, now):
    text = page(signed_in(world), f"/lists/{screened(world, now).pk}/")
    assert "reason=register_be_dncm" in text
    assert "In BE-DNCM" in text
    assert "Not reviewed by counsel" in text
    assert "1 day old, 1 numbers" in text
    assert "Valid until" in text


def test_a_campaign_banned_on_its_day_says_so_on_the_report(world):
    world.campaign.countries, world.campaign.sector = ["FR"], "energy_renovation"
    world.campaign.save()
    imported(world, 33639980011, country="FR")
    dial_list = screen(world, on=date(2026, 8, 11))
    text = page(signed_in(world), f"/lists/{dial_list.pk}/")
    assert "Nobody may be called" in text
    assert "11 Aug 2026" in text
    assert "Banned sector" in text


def test_a_closed_gate_lists_every_reason_and_offers_no_release(world, now):
    dial_list = screened(world, now)
    world.centre.contracts.all().delete()
    world.centre.suspended_on = day_of(now)
    world.centre.save()
    client = signed_in(world)
    text = page(client, f"/lists/{dial_list.pk}/")
    assert "This list cannot be released" in text
    assert "is suspended" in text
    assert "has no processor contract" in text
    assert f"/lists/{dial_list.pk}/release/" not in text
    refused = client.post(f"/lists/{dial_list.pk}/release/")
    assert refused.status_code == 422
    assert "Nothing was released" in refused.content.decode()
    assert not Release.objects.exists()


def test_a_list_of_another_day_is_screened_again_before_it_is_released(world, now):
    load_dncm(version_date=day_of(now) - timedelta(days=2))
    imported(world, MILA)
    dial_list = screen(world, on=day_of(now) - timedelta(days=1), now=now)
    text = page(signed_in(world), f"/lists/{dial_list.pk}/")
    assert "Screen again for today" in text
    assert "/release/" not in text


def test_the_release_comes_once_as_a_file_with_its_certificate(world, now):
    dial_list = screened(world, now)
    client = signed_in(world)
    answer = client.post(f"/lists/{dial_list.pk}/release/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    numbers = {row["number"] for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    assert {f"+{MILA}", f"+{FATIMA}"} <= numbers
    assert f"+{JONAS}" not in numbers
    text = page(client, f"/lists/{dial_list.pk}/standing/")
    assert "2 numbers released to Centre A" in text
    certificate = client.get(f"/lists/{dial_list.pk}/certificate.json").json()
    assert certificate["released"] == 2
    assert client.post(f"/lists/{dial_list.pk}/release/").status_code == 422


def test_the_privacy_officer_releases_and_recalls_nothing(world, now):
    dial_list = screened(world, now)
    client = signed_in(world, "privacy_officer")
    assert "Release 2" not in page(client, f"/lists/{dial_list.pk}/")
    assert client.post(f"/lists/{dial_list.pk}/release/").status_code == 403
    assert client.post(f"/lists/{dial_list.pk}/recall/", {"confirm": "PUMP-BE"}).status_code == 403


def test_a_recall_asks_for_the_campaigns_code(world, now):
    dial_list = screened(world, now)
    client = signed_in(world)
    client.post(f"/lists/{dial_list.pk}/release/")
    unconfirmed = client.post(f"/lists/{dial_list.pk}/recall/", {"confirm": "yes"})
    assert unconfirmed.status_code == 422
    assert "Type PUMP-BE" in unconfirmed.content.decode()
    assert Release.objects.get().recalled_at is None
    client.post(f"/lists/{dial_list.pk}/recall/", {"confirm": "pump-be"})
    assert Release.objects.get().recalled_at is not None
    assert "Recalled from Centre A" in page(client, f"/lists/{dial_list.pk}/")
    assert page(client, "/lists/", state="recalled").count("data-row") == 1


def test_a_bar_leads_to_its_rows_named_as_in_the_file(world, now):
    text = page(signed_in(world), f"/lists/{screened(world, now).pk}/rows/", reason="invalid_number")
    assert text.count("data-row") == 1
    assert "test.csv" in text
    assert "Invalid number" in text


def test_rows_that_have_a_reason_besides_a_stronger_one_are_found_too(world, now):
    load_dncm(MILA, version_date=day_of(now))
    imported(world, MILA)
    consent.record_objection(
        actor=world.actor("privacy_officer"), person=Person.objects.get(), controller=world.controller,
        taking=consent.Taking(how="call"), now=now, scope=consent.ALL_MARKETING,
    )  # fmt: skip
    path = f"/lists/{screen(world, on=day_of(now), now=now).pk}/rows/"
    client = signed_in(world)
    assert "No row here" in page(client, path, reason="register_be_dncm")
    assert page(client, path, reason="register_be_dncm", every="1").count("data-row") == 1


@pytest.mark.parametrize(
    "query",
    [{}, {"reason": "register_be_dncm"}, {"released": "1"}, {"reason": "invalid_number", "every": "1"}],
)
def test_the_export_holds_exactly_the_filtered_rows(world, now, query):
    dial_list = screened(world, now)
    client = signed_in(world)
    shown = page(client, f"/lists/{dial_list.pk}/rows/", **query).count("data-row")
    content = b"".join(client.get(f"/lists/{dial_list.pk}/rows.csv", query).streaming_content).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(content)))
    assert len(rows) == shown > 0
    assert not ANY_NUMBER.search(content)
    if "reason" in query:
        assert all(query["reason"] in row["reasons"] for row in rows)


def test_no_page_about_a_list_holds_a_number(world, now):
    dial_list = screened(world, now)
    client = signed_in(world)
    client.post(f"/lists/{dial_list.pk}/release/")
    for path in (
        "/lists/",
        "/lists/new/",
        *(f"/lists/{dial_list.pk}/{end}" for end in ("", "rows/", "standing/")),
    ):
        text = re.sub(r'href="[^"]*"|action="[^"]*"|hx-get="[^"]*"', "", page(client, path))
        assert not ANY_NUMBER.search(text), path
        for number in (MILA, JONAS, FATIMA):
            assert str(number)[2:] not in text.replace(" ", "")
    certificate = client.get(f"/lists/{dial_list.pk}/certificate.json").content.decode()
    assert str(MILA) not in certificate


def test_a_number_is_checked_with_all_reasons_and_stays_out_of_the_address(world, now):
    load_dncm(MILA, version_date=day_of(now))
    imported(world, MILA)
    client = signed_in(world, "privacy_officer")
    answer = client.post("/lists/check/", {"number": "0470 00 00 11", "campaign": "PUMP-BE"})
    text = answer.content.decode()
    assert "may not be called for Heat pumps" in text
    assert "Listed in the national register BE-DNCM" in text
    assert "Not on its list" in text
    assert "0470" not in "".join(re.findall(r'(?:href|action)="[^"]*"', text))
    assert "0470" not in client.get("/lists/check/", {"number": "0470 00 00 11"}).content.decode()


def test_an_unreadable_number_is_refused_beside_its_field(world):
    answer = signed_in(world).post("/lists/check/", {"number": "12", "campaign": "PUMP-BE"})
    assert answer.status_code == 422
    assert "country code" in answer.content.decode()


def test_what_a_centre_said_on_paper_is_noted_on_the_page_of_its_list(world, now):
    client, dial_list = signed_in(world), screened(world, now)
    file = client.post(f"/lists/{dial_list.pk}/release/").content
    shown = page(client, f"/lists/{dial_list.pk}/")
    assert "To be confirmed by" in shown
    path = f"/lists/{dial_list.pk}/confirm/"
    wrong = client.post(path, {"word": "received", "sha256": "0" * 64})
    assert wrong.status_code == 422 and "another file" in wrong.content.decode()
    assert client.post(path, {"word": "burnt"}).status_code == 422
    right = {"word": "received", "sha256": hashlib.sha256(file).hexdigest()}
    assert client.post(path, right).status_code == 302
    assert client.post(path, {"word": "destroyed"}).status_code == 302
    shown = page(client, f"/lists/{dial_list.pk}/")
    assert "Arrived whole" in shown and "Destroyed" in shown and "To be confirmed by" not in shown


def returned(made, count, *, centre, at, refusals=0):
    """So many calls to the first row of a release, a minute apart."""
    from duecause.apps.dialling.attempt_actions import Call, return_attempts
    from duecause.apps.dialling.feed_actions import partner_actor

    mark = made.release_rows.filter(person__isnull=False).order_by("pk")[0].reference
    calls = [
        Call(mark, at - timedelta(minutes=n), "answered", refusal=n <= refusals) for n in range(1, count + 1)
    ]
    return_attempts(actor=partner_actor(centre), partner=centre, calls=calls, now=at)


@pytest.fixture
def called(world, now):
    """A list handed out yesterday, with 250 calls of which two were refused, and one objection."""
    made = release_actions.release(actor=OPERATOR, dial_list=screened(world, now), now=now, out=io.BytesIO())
    Release.objects.update(released_at=now - timedelta(days=1))
    returned(made, 250, centre=world.centre, at=now, refusals=2)
    consent.record_objection(
        actor=OPERATOR,
        person=made.release_rows.filter(person__isnull=False).order_by("pk")[0].person,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=now,
    )
    return made


def test_the_page_of_a_campaign_shows_calls_refusals_and_objections_per_centre(world, called):
    text = page(signed_in(world), "/lists/campaigns/PUMP-BE/")
    shown = re.findall(r'class="stat-number">([\d.,]+)', text)
    assert shown == ["250", "8.0", "4.0"], "2 of 250 and 1 of 250, per 1,000"
    assert "Centre A" in text and "As usual" in text and "More people say no" not in text
    assert not ANY_NUMBER.search(text)


def test_it_warns_from_the_share_of_the_pack_on_and_not_for_a_handful_of_calls(world, called, monkeypatch):
    limits = replace(thresholds(date(2026, 11, 2)), warn_objections=4)
    monkeypatch.setattr(campaign_views, "thresholds", lambda on: limits)
    text = page(signed_in(world), "/lists/campaigns/PUMP-BE/")
    assert "More people say no" in text and "Look into it" in text
    monkeypatch.setattr(campaign_views, "thresholds", lambda on: replace(limits, warn_from_calls=251))
    text = page(signed_in(world), "/lists/campaigns/PUMP-BE/")
    assert "More people say no" not in text and "Too few calls to tell" in text


def test_campaigns_say_which_have_no_script_in_force(world):
    text = page(signed_in(world), "/lists/campaigns/")
    assert "Heat pumps" in text and "None in force" in text
    assert "No calls yet" in page(signed_in(world), "/lists/campaigns/PUMP-BE/")
