"""After a day of work no database, journal, waiting file or log holds a person's data in clear."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.urls import reverse

from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.ledger.actions import sequence
from duecause.apps.obligations.runner import run_once
from duecause.apps.register import spool
from duecause.apps.register.actions import queue_import
from duecause.apps.register.models import ImportBatch, ImportRow, Person, QuarantinedRow
from duecause.engine.ids import uuid7
from tests.security import canary
from tests.support.scan import Hit, Scanner, Secret, forms
from tests.support.world import OPERATOR, World, make_world

UNREADABLE = Secret("a cell that is no number", "0478.91.99.88.77.66.5", also=("04789199887766",))
QUARANTINED = (Secret("number without consent", "+32478919588"), Secret("name without consent", "Sijsvanger"))
SECRETS = (*canary.ALL, UNREADABLE, *QUARANTINED)
NOT_DATA = ("static",)


def listed(world: World) -> bytes:
    """A list as a source sends it: one good row, one with a cell that is no number, one without our name."""
    unread = {"phone": UNREADABLE.value, "email": "", "customer_no": "CN-7712009315"}
    unnamed = {
        "phone": QUARANTINED[0].value,
        "last_name": QUARANTINED[1].value,
        "email": "",
        "customer_no": "",
    }
    return canary.listed(world, unread, {**unnamed, "consent_text": "Iedereen mag mij bellen."})


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that the product logs during the test, at the level it is served with."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def a_day_of_work(world: World) -> None:
    """Import, look-ups, a refused question, an objection, a consent, and errors on the way."""
    now = datetime.now(UTC)
    queue_import(
        actor=OPERATOR, source=world.source, data=listed(world), file_name="day.csv", options={}, now=now
    )
    while ImportBatch.objects.exclude(state="complete").exists() and run_once("test"):
        pass
    person = Person.objects.filter(records__isnull=False).first()
    assert person is not None
    client = Client(raise_request_exception=False)
    client.force_login(world.employee("inbound"))
    for text in ("0478 91 92 93", canary.VALUES["email"], "Kanarievanger 3320"):
        found = client.post(reverse("desk:search"), {"q": text})
        assert "Hoegaarden" in found.content.decode()
    client.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    for group in ("phone", "email", "birth", "bank"):
        client.post(reverse("desk:reveal", args=[person.pk]), {"group": group})
    client.post(reverse("desk:objection", args=[person.pk]), {"scope": "erase_me"})
    answer = {"wording": world.spoken_wording.pk, "answer": "yes"}
    client.post(reverse("desk:consent", args=[person.pk]), answer)
    client.post(reverse("desk:number_objection"), {"number": "+32 478 91 92 93"})
    client.post(reverse("desk:look", args=[uuid7()]), {"link": canary.VALUES["email"]})
    client.get("/nowhere/", {"q": canary.VALUES["phone"]})
    sequence(actor=OPERATOR, now=now)


@pytest.mark.django_db(transaction=True)
def test_a_day_of_work_leaves_nothing_in_clear(
    logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    world = make_world()
    a_day_of_work(world)
    assert Objection.objects.exists()
    assert ConsentEvent.objects.exists()
    assert QuarantinedRow.objects.count() == 1
    assert ImportRow.objects.exclude(problems=[]).exists()
    scanner = _scan_everything(logged)
    printed = capfd.readouterr()
    scanner.bytes("standard output", (printed.out + printed.err).encode())
    assert scanner.hits == []
    assert scanner.read > 20_000  # on PostgreSQL the files beside the databases are few


@pytest.mark.django_db(transaction=True)
def test_a_file_that_waits_for_its_job_is_sealed(logged: io.StringIO) -> None:
    world = make_world()
    now = datetime.now(UTC)
    batch = queue_import(
        actor=OPERATOR, source=world.source, data=listed(world), file_name="day.csv", options={}, now=now
    )
    try:
        assert spool.path_of(batch.pk).stat().st_size > 300
        assert _scan_everything(logged).hits == []
    finally:
        spool.drop(batch.pk)


@pytest.mark.django_db(transaction=True)
def test_what_is_planted_in_clear_is_found_in_each_place(logged: io.StringIO) -> None:
    """Without this the two tests above prove nothing."""
    world = make_world()
    number = canary.VALUES["phone"]
    world.source.name = f"planted {number}"
    world.source.save()
    with connections["keys"].cursor() as cursor:
        cursor.execute("CREATE TABLE planted (note TEXT)")
        cursor.execute("INSERT INTO planted VALUES (%s)", [canary.VALUES["email"]])
    client = Client()
    client.force_login(world.employee("inbound"))
    session = client.session
    session["planted"] = canary.VALUES["last_name"] * 40
    session.save()
    waiting = spool.folder() / "planted.sealed"
    waiting.parent.mkdir(exist_ok=True)
    waiting.write_text(canary.VALUES["customer_no"])
    logging.getLogger("duecause.planted").warning("looked up %s", canary.VALUES["street"])
    try:
        hits = _scan_everything(logged).hits
    finally:
        waiting.unlink()
        with connections["keys"].cursor() as cursor:
            cursor.execute("DROP TABLE planted")
    assert {"default.parties_source.name", "keys.planted.note", "sessions", "log"} <= _places(hits)
    assert "spool/planted.sealed" in _places(hits)
    if connections["default"].vendor == "sqlite":
        files = {path.name for path in _database_files()}
        plain = {re.sub(r"(_gw\d+)?(-wal)?$", "", name) for name in files}  # one per worker of the run
        assert {"test-duecause.sqlite3", "test-keys.sqlite3"} <= plain
        assert any(place.startswith("test-duecause.sqlite3") for place in _places(hits))
        assert any(place.startswith("test-keys.sqlite3") for place in _places(hits))


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
def test_every_form_of_a_secret_is_found_in_the_middle_of_other_bytes(secret: Secret, tmp_path: Path) -> None:
    for name, form in forms(secret).items():
        path = tmp_path / "planted"
        path.write_bytes(b"\x00\xff before " + form + b" after \x80")
        assert Hit("planted", secret.name, name) in Scanner([secret]).files(tmp_path), name


def test_a_value_inside_longer_base64_is_found_wherever_it_begins() -> None:
    import base64

    secret = Secret("e-mail", canary.VALUES["email"])
    for shift in range(9):
        text = base64.b64encode(b"x" * shift + secret.value.encode() + b"{tail}")
        assert Scanner([secret]).bytes("here", text)


def test_other_peoples_data_are_no_finding() -> None:
    text = b"+32478919294 zoelie.k78@canary.example 1987-09-14 Kanariestraat"
    assert Scanner(SECRETS).bytes("here", text) == []


def _scan_everything(logged: io.StringIO) -> Scanner:
    scanner = Scanner(SECRETS)
    scanner.files(Path(settings.DATA), but=NOT_DATA)
    for alias in ("default", "keys"):
        scanner.database(alias)
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    scanner.bytes("sessions", "\n".join(sessions).encode())
    scanner.bytes("log", logged.getvalue().encode())
    return scanner


def _database_files() -> list[Path]:
    return list(Path(settings.DATA).glob("test-*.sqlite3*"))


def _places(hits: list[Hit]) -> set[str]:
    return {hit.place for hit in hits}
