"""A call centre sees and changes what is its own and nothing else: every endpoint and file, as each of two.
Two walls see to that, and each holds alone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test import Client

from duecause.apps.dialling import feed_files, feed_wall, precall_facts
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import Attempt, Custody, FeedEntry, Release, ReleaseRow, ReportedObjection
from duecause.apps.dialling.release_actions import recall, release
from duecause.apps.parties.actions import create_api_key
from duecause.apps.parties.models import Partner
from duecause.apps.statements import Around, Statement
from duecause.apps.vault import indexes
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
    yield "api-1:snapshot", "GET", get("/api/precall/snapshot")
    yield "api-1:lists", "GET", get("/api/lists")
    for made in Release.objects.order_by("centre_id"):
        word = {"list": made.watermark, "word": "destroyed", "at": at}
        yield "api-1:confirm", "POST", post("/api/lists/confirm", word)
    yield "api-1:feed", "GET", get("/api/feed")
    yield "api-1:scripts", "GET", get("/api/scripts")
    yield "api-1:changes", "GET", get("/api/changes")
    yield "api-1:acknowledge_changes", "POST", post("/api/changes/ack", {"cursor": 0})


def leaks(world: World, centre: Partner, other: Partner) -> list[str]:
    """What this centre was shown of the other's, or changed of it, by all that it can ask."""
    marks = marks_of(other) - marks_of(centre)
    known = FeedEntry.objects.filter(partner=other).values_list("pk", flat=True)
    theirs = FeedEntry.objects.filter(pk__in=list(known)).order_by("pk")
    before = list(theirs.values_list("given_at", "acknowledged_at"))
    calls = Attempt.objects.filter(row__release__centre=other)
    called = calls.count()
    said = Custody.objects.filter(partner=other).exclude(word="")
    words = said.count()
    found: list[str] = []
    for name, method, content in crawl(world, centre, other):
        found += [f"{name} {method}: {mark}" for mark in marks if mark.encode() in content]
        if name == "api-1:check":
            for answer in json.loads(content)["results"]:
                token = indexes.dial_token(int(answer["number"]))
                own = ReleaseRow.objects.filter(release__centre=centre, token=token).exists()
                if own == (answer["reason"] == "not_on_your_list"):
                    found.append(f"{name} {method}: {answer['reason']}")
    if list(theirs.values_list("given_at", "acknowledged_at")) != before:
        found.append("api-1:acknowledge POST: moved")
    if calls.count() != called:
        found.append("api-1:return_attempts POST: kept")
    if said.count() != words:
        found.append("api-1:confirm POST: kept")
    rows = ReleaseRow.objects.filter(release__centre=other).count()
    own_names = [f"c{position}" for position in range(rows)]
    if ReportedObjection.objects.filter(partner=centre, client_id__in=own_names, matched=True).exists():
        found.append("api-1:report_objection POST: matched")
    return found


def test_nothing_is_shown_or_changed_of_what_is_another_centres(world: World) -> None:
    assert leaks(world, world.centre, world.other_centre) == []
    assert leaks(world, world.other_centre, world.centre) == []


# Of the systems that tell of contacts, and of diallers: no partner's key opens them, and what a dialler signs
# names its own centre (tests/apps/interactions, tests/apps/dialling/test_dispositions.py).
NOT_A_PARTNERS = {("api-1:ring", "POST"), ("api-1:tell", "POST"), ("api-1:dispositions", "POST")}


def test_every_operation_of_the_api_is_read(world: World) -> None:
    read = {(name, method) for name, method, _ in crawl(world, world.centre, world.other_centre)}
    assert set(openapi_calls()) - NOT_A_PARTNERS <= read


class Unfiltered:
    """The pre-call check's query for released rows, of whichever centre."""

    def __init__(self) -> None:
        self.statement = Statement(precall_facts._handed_out)

    def rows_within(self, around: Around | None, *, centre: int, **given: Any) -> list[tuple[Any, ...]]:
        return self.statement.rows_within(around, **given)


@contextmanager
def no_wall(_partner: Partner) -> Iterator[None]:
    yield


def take_down_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_wall, "own", lambda rows, _partner, _path: rows)
    monkeypatch.setattr(precall_facts, "_RELEASED", Unfiltered())


def take_down_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_wall, "walled", no_wall)
    monkeypatch.setattr(feed_wall, "around", lambda _partner: None)


OPERATIONS = {"file", "api-1:feed", "api-1:check", "api-1:acknowledge", "api-1:return_attempts",
              "api-1:report_objection", "api-1:lists", "api-1:confirm"}  # fmt: skip


def test_without_any_wall_the_crawl_finds_a_leak_in_every_operation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_down_the_filter(monkeypatch)
    take_down_the_wall(monkeypatch)
    assert {line.split()[0] for line in leaks(world, world.centre, world.other_centre)} == OPERATIONS


def test_the_filter_holds_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take_down_the_wall(monkeypatch)
    assert leaks(world, world.centre, world.other_centre) == []


def test_row_level_security_holds_alone_on_postgresql(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has none: there the same crawl finds the leaks."""
    take_down_the_filter(monkeypatch)
    found = leaks(world, world.centre, world.other_centre)
    assert not found if connection.vendor == "postgresql" else found


def test_an_error_behind_the_wall_leaves_neither_role_nor_partner(world: World) -> None:
    if connection.vendor != "postgresql":
        return
    with pytest.raises(ProgrammingError), feed_wall.walled(world.centre), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM register_record")
    assert standing() == ("", "house")


def standing() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.partner', true), current_user")
        partner, user = cursor.fetchone()
    return partner or "", "partner" if user == feed_wall.ROLE else "house"


def test_one_partners_wall_cannot_stand_inside_anothers(world: World) -> None:
    with feed_wall.walled(world.centre):
        with feed_wall.walled(world.centre):
            pass
        if connection.vendor == "postgresql":
            assert standing() == (str(world.centre.pk), "partner"), "the inner block took the wall down"
        with pytest.raises(RuntimeError), feed_wall.walled(world.other_centre):
            pass


@pytest.mark.django_db(transaction=True)
def test_a_check_outside_any_transaction_leaves_nothing_set_on_the_connection(world: World) -> None:
    """Connections are kept: what one request leaves behind, the next one would inherit."""
    token = indexes.dial_token(FIRST + 1)
    assert set(precall_facts.released(world.other_centre, "", {token})) == {token}
    assert precall_facts.released(world.centre, "", {token}) == {}
    if connection.vendor == "postgresql":
        assert standing() == ("", "house")


def test_every_query_that_a_check_makes_for_a_centre_travels_with_its_wall(world: World) -> None:
    """Released rows and releases are read for the centre alone; what the house reads besides holds
    neither."""
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        precall_facts.released(world.centre, "", {b"t" * 16})
    reading = [sql for sql in seen if "dialling_release" in sql]
    assert len(seen) == len(reading) == 1, "one message, no further round trip"
    assert ("app.partner" in reading[0]) == (connection.vendor == "postgresql")
