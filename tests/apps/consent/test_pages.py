"""Files of objections and registers in the browser: sealed until a worker reads them, then told by row."""

import os
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from duecause.apps.consent.models import NationalRegister, Objection, RegisterVersion
from duecause.apps.gate.models import Alarm
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register import spool
from duecause.apps.register.actions import drop_stray_uploads
from tests.support.world import OPERATOR, make_world

TODAY = timezone.now().date()
NUMBERS = b"0470000011;2015-07-11\n0470000012;2016-01-01\n"
PAST = "Telefoon;E-mail;Datum\n0470 00 00 11;;2026-01-02\n;nobody@example.org;2026-01-03\n;;2026-01-04\n"
SECRETS = ("470000011", "470 00 00 11", "nobody@example")


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "folder", lambda: tmp_path)


@pytest.fixture
def register(world):
    return NationalRegister.objects.create(code="BE-DNCM", country="BE", name="Do Not Call Me")


def signed_in(world, profile):
    browser = Client()
    browser.force_login(world.employee(profile))
    return browser


def hand_in(client, register, data=NUMBERS, *, on=TODAY, **more):
    sent = {"version": on.isoformat(), "file": SimpleUploadedFile("dncm.txt", data), **more}
    return client.post(reverse("consent:load", args=[register.code]), sent)


def take_over(client, world, text=PAST, name="past.csv"):
    sent = {"controller": world.controller.code, "file": SimpleUploadedFile(name, text.encode())}
    return client.post(reverse("consent:import"), {**sent, "country": ""})


def work():
    while runner.run_once("test"):
        pass


def sealed():
    return list(spool.folder().glob("*.sealed"))


def test_a_register_is_loaded_by_the_worker_and_the_page_says_how_many_numbers(world, register):
    client = signed_in(world, "privacy_officer")
    job = hand_in(client, register)["Location"]
    assert "every 2s" in client.get(job).content.decode()
    (file,) = sealed()
    assert b"0470000011" not in file.read_bytes()
    work()
    page = client.get(job).content.decode()
    assert "Numbers in use" in page and not sealed()
    assert RegisterVersion.objects.get(state="active").rows == 2
    assert client.get(f"{job}progress/")["HX-Refresh"] == "true"


def test_the_registers_show_age_and_when_the_next_is_due(world, register):
    client = signed_in(world, "privacy_officer")
    assert "Missing" in client.get(reverse("consent:registers")).content.decode()
    RegisterVersion.objects.create(
        register=register, version_date=TODAY - timedelta(days=400), state="active", rows=7, actor="x:y"
    )
    assert "Too old" in client.get(reverse("consent:registers")).content.decode()
    RegisterVersion.objects.update(version_date=TODAY)
    page = client.get(reverse("consent:registers")).content.decode()
    assert "In use" in page and "BE-DNCM" in page


def test_a_register_file_that_cannot_be_used_is_told_and_the_version_in_use_stays(world, register):
    client = signed_in(world, "privacy_officer")
    hand_in(client, register)
    work()
    job = hand_in(client, register, b"no number here\nnor here\n", on=TODAY)["Location"]
    work()
    page = client.get(job).content.decode()
    assert "the version in use stays" in page and "holds no number" in page
    assert RegisterVersion.objects.get(state="active").rows == 2 and not sealed()


def test_the_same_register_file_again_changes_nothing(world, register):
    client = signed_in(world, "privacy_officer")
    for _ in range(2):
        job = hand_in(client, register)["Location"]
        work()
    assert "nothing changed" in client.get(job).content.decode()
    assert RegisterVersion.objects.count() == 1


def test_past_objections_are_taken_over_and_told_by_row_without_values(world):
    world.person(number=32470000011)
    client = signed_in(world, "team_lead")
    job = take_over(client, world)["Location"]
    work()
    page = client.get(job).content.decode()
    assert Objection.objects.count() == 2 and not sealed()
    for told in ("Recorded for a person", "Recorded for an address nobody is known by", "Refused", "Row 4"):
        assert told in page, told
    for secret in SECRETS:
        assert secret not in page
        assert secret not in str(list(Step.objects.values_list("receipt", "error")))
        assert secret not in str(list(Obligation.objects.values_list("facts", flat=True)))


def test_a_file_without_numbers_is_refused_with_its_columns(world):
    client = signed_in(world, "team_lead")
    job = take_over(client, world, "naam\nMila\n")["Location"]
    work()
    page = client.get(job).content.decode()
    assert "Its columns are" in page and not Objection.objects.exists()


def test_a_hostile_file_name_is_text(world):
    client = signed_in(world, "team_lead")
    job = take_over(client, world, name="<b>&past.csv")["Location"]
    work()
    for path in (job, reverse("consent:registers")):
        assert "<b>&past" not in client.get(path).content.decode()


def test_a_file_that_waits_for_its_worker_is_not_destroyed_as_stray(world):
    take_over(signed_in(world, "team_lead"), world)
    (file,) = sealed()
    os.utime(file, (0, 0))
    assert drop_stray_uploads(actor=OPERATOR, now=timezone.now()) == 0
    assert file.exists()


def test_a_form_without_a_file_says_so(world, register):
    answer = signed_in(world, "privacy_officer").post(reverse("consent:load", args=["BE-DNCM"]), {})
    assert answer.status_code == 422 and "This field is required" in answer.content.decode()
    answer = signed_in(world, "team_lead").post(reverse("consent:import"), {})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("profile", "name", "arguments"),
    [
        ("inbound", "registers", []),
        ("inbound", "import", []),
        ("team_lead", "load", ["BE-DNCM"]),
        ("privacy_officer", "import", []),
    ],
)
def test_a_profile_without_the_function_is_refused_and_alarmed(world, register, profile, name, arguments):
    answer = signed_in(world, profile).get(reverse(f"consent:{name}", args=arguments))
    assert answer.status_code == 403
    assert Alarm.objects.get().kind == "function"
