"""A call centre sees what is its own and nothing else: every endpoint and file, read as each of two."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection
from django.db.models import QuerySet
from django.test import Client

from duecause.apps.dialling import feed_files, feed_queries, feed_wall
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import (
    FeedEntry,
    FeedReceipt,
    FeedStream,
    FeedWitness,
    Release,
    ReleaseRow,
    ReportedObjection,
)
from duecause.apps.dialling.release_actions import recall, release
from duecause.apps.parties.actions import create_api_key
from duecause.apps.parties.models import Partner
from tests.apps.dialling.feeds import LATER, object_to
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.security.endpoints import openapi_calls
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FIRST = 32470000100


@pytest.fixture
def world() -> World:
    """Two centres with a list each; a person of each list objected and each list was recalled."""
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    for number, centre in enumerate((world.centre, world.other_centre)):
        person = imported(world, FIRST + number)
        dial_list = screen(world, centre=centre)
        made = release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())
        assert ReleaseRow.objects.filter(release=made, person=person).exists()
        object_to(world, person)
        recall(actor=OPERATOR, release=made, now=LATER)
    return world


def marks_of(centre: Partner) -> set[str]:
    """What would tell of this centre and its lists."""
    found = {centre.code, centre.name}
    for made in Release.objects.filter(centre=centre):
        found |= {made.watermark, str(made.pk), str(made.dial_list_id)}
    return found | set(ReleaseRow.objects.filter(release__centre=centre).values_list("reference", flat=True))


def crawl(world: World, centre: Partner, other: Partner) -> Iterator[tuple[str, str, bytes]]:
    """(url name, method, answer) of every operation, asked for the centre's own and for the other's."""
    client = Client(raise_request_exception=False)
    key = create_api_key(actor=OPERATOR, partner=centre, scopes=["feed", "precall"], now=NOW)
    headers = {"Authorization": f"Bearer {key}"}
    references = [
        *ReleaseRow.objects.filter(release__centre=other).values_list("reference", flat=True),
        *ReleaseRow.objects.filter(release__centre=centre).values_list("reference", flat=True),
    ]
    at = datetime.now(UTC).isoformat()

    def get(path: str) -> bytes:
        return client.get(path, headers=headers).content

    def post(path: str, body: object) -> bytes:
        return client.post(path, body, content_type="application/json", headers=headers).content

    # Before anything is acknowledged: files hold only what is not.
    files = feed_files.written(actor=partner_actor(centre), partner=centre, now=datetime.now(UTC))
    for name, content in files.items():
        yield f"file {name}", "", content
    for after in range(-1, 5):
        for limit in (1, 500):
            yield "api-1:feed", "GET", get(f"/api/feed?after={after}&limit={limit}")
    for cursor in (0, 1, 2, 3, 99):
        yield "api-1:acknowledge", "POST", post("/api/feed/ack", {"cursor": cursor})
    numbers = [f"+{FIRST}", f"+{FIRST + 1}", "+32470999999"]
    for campaign in ("", world.campaign.code):
        asked = {"numbers": numbers, "campaign": campaign}
        yield "api-1:check", "POST", post("/api/precall", asked)
    for position, reference in enumerate(references):
        report = {"client_id": f"c{position}", "reference": reference, "at": at}
        yield "api-1:report_objection", "POST", post("/api/objections", report)
    for number in numbers:
        report = {"client_id": f"n{number}", "number": number, "at": at}
        yield "api-1:report_objection", "POST", post("/api/objections", report)
    for outcome in ("busy", "nonsense"):
        calls = [{"reference": each, "at": at, "outcome": outcome} for each in references]
        yield "api-1:return_attempts", "POST", post("/api/attempts", {"attempts": calls})
    yield "api-1:feed", "GET", get("/api/feed")


def foreign(world: World, centre: Partner, other: Partner) -> list[str]:
    marks = marks_of(other) - marks_of(centre)
    return [
        f"{name} {method}: {mark}"
        for name, method, content in crawl(world, centre, other)
        for mark in marks
        if mark.encode() in content
    ]


def test_no_answer_and_no_file_shows_what_is_another_centres(world: World) -> None:
    assert foreign(world, world.centre, world.other_centre) == []
    assert foreign(world, world.other_centre, world.centre) == []


def test_every_operation_of_the_api_is_read(world: World) -> None:
    read = {(name, method) for name, method, _ in crawl(world, world.centre, world.other_centre)}
    assert set(openapi_calls()) <= read


def unfiltered(_partner: Partner, *, after: int, up_to: int | None = None) -> QuerySet[FeedEntry]:
    return FeedEntry.objects.filter(cursor__gt=after).order_by("cursor")


@contextmanager
def no_wall(_partner: Partner) -> Iterator[None]:
    yield


def test_the_crawl_finds_what_would_be_shown_without_any_wall(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_queries, "entries_of", unfiltered)
    monkeypatch.setattr(feed_queries, "walled", no_wall)
    found = foreign(world, world.centre, world.other_centre)
    assert {line.split()[0] for line in found} >= {"api-1:feed", "file"}


def test_the_filter_holds_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_queries, "walled", no_wall)
    assert foreign(world, world.centre, world.other_centre) == []


def test_row_level_security_holds_alone_on_postgresql(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has none: there the same crawl finds the leak."""
    monkeypatch.setattr(feed_queries, "entries_of", unfiltered)
    leaks = bool(foreign(world, world.centre, world.other_centre))
    assert leaks == (connection.vendor != "postgresql")


def test_a_partners_role_sees_its_own_rows_only_and_writes_none(world: World) -> None:
    if connection.vendor != "postgresql":
        assert FeedEntry.objects.filter(partner=world.centre).count() == 2
        return
    with feed_wall.walled(world.centre):
        assert {entry.partner_id for entry in FeedEntry.objects.all()} == {world.centre.pk}
        assert FeedStream.objects.get().partner_id == world.centre.pk
    assert {entry.partner_id for entry in FeedEntry.objects.all()} == {world.centre.pk, world.other_centre.pk}
    # What it may write or read besides, its role alone decides: the tests' own database user can make it.
    for statement in ("UPDATE dialling_feedentry SET cursor = 9", "SELECT * FROM register_record"):
        with pytest.raises(ProgrammingError), feed_wall.walled(world.centre), connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.partner', true), current_user")
        partner, user = cursor.fetchone()
    assert (partner or "", user) != (str(world.centre.pk), feed_wall.ROLE) and user != feed_wall.ROLE


def test_every_table_of_the_feed_has_the_wall(world: World) -> None:
    """A new table with a partner in a feed module's models fails here until its migration builds the wall."""
    walled = {FeedStream, FeedEntry, FeedReceipt, FeedWitness, ReportedObjection}
    for model in apps.get_app_config("dialling").get_models():
        assert "partner" not in {field.name for field in model._meta.fields} or model in walled, model
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in walled} <= forced
