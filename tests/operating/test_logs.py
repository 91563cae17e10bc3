"""Logs are one JSON object per line, say enough to find a fault, and never a value that a person gave."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from duecause import logs
from duecause.apps.obligations import actions as obligations
from duecause.apps.obligations import runner
from duecause.apps.register.actions import queue_import
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, declare_fields
from tests.security import canary
from tests.security.visitors import key_headers
from tests.support.scan import Scanner
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


class Kept:
    """What the process wrote to its log since the test began."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str = "") -> list[dict]:
        found = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in found if not event or line["event"] == event]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """As JSON, and everything down to DEBUG: what is switched off today may be switched on tomorrow."""
    found = Kept()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(logs.JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    others = {name: logging.getLogger(name).level for name in ("django", "django.request", "django.security")}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in others:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for name, former in others.items():
            logging.getLogger(name).setLevel(former)


def officer(world) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.employee("inbound", "listener"))
    return client


def test_a_line_says_when_what_who_and_where(kept):
    with logs.about(step="s-1", obligation="o-1"):
        logging.getLogger("duecause.x").warning("step", extra=logs.facts(outcome="done", seconds=1.5))
    [line] = kept.lines("step")
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
    assert (line["level"], line["logger"]) == ("warning", "duecause.x")
    assert (line["step"], line["obligation"], line["outcome"], line["seconds"]) == ("s-1", "o-1", "done", 1.5)


def test_a_request_is_told_by_the_name_of_its_view_and_never_by_its_address(kept):
    world = make_world()
    person = canary.canary(world)
    client = officer(world)
    answer = client.get(reverse("desk:person", args=[person.pk]), {"q": canary.VALUES["email"]})
    [line] = kept.lines("request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "desk:person", answer.status_code)
    assert line["ms"] > 0 and line["actor"].startswith("employee:")
    assert line["request"] == answer["X-Request-ID"]
    assert str(person.pk) not in kept.text


@pytest.mark.parametrize(
    ("path", "method", "headers", "route"),
    [
        ("/Kanarievanger/", "GET", {}, "none"),
        ("/desk/search/", "KANARIEVANGER", {}, "desk:search"),
        ("/desk/", "GET", {"X-Request-ID": "Kanarievanger", "Host": "Kanarievanger.example"}, "none"),
    ],
)
def test_what_a_caller_puts_into_path_method_host_or_headers_stays_out(kept, path, method, headers, route):
    Client(raise_request_exception=False).generic(method, path, headers=headers)
    assert "kanarievanger" not in kept.text.lower()
    assert kept.lines("request")[-1]["route"] in (route, "none")


def test_an_exception_is_told_by_type_and_place_from_cause_to_effect(kept):
    def deep() -> None:
        raise ValueError(canary.VALUES["phone"])

    try:
        try:
            deep()
        except ValueError as error:
            raise Refused("file_gone", "The file %(file)s is gone.", file="Kanarievanger.csv") from error
    except Refused:
        logging.getLogger("duecause.x").exception("step failed")
    [line] = kept.lines("step failed")
    assert [one["type"] for one in line["error"]] == [
        "duecause.engine.problems.Refused",
        "builtins.ValueError",
    ]
    assert line["error"][0]["code"] == "file_gone"
    assert line["error"][1]["at"][0].endswith(" deep")
    assert not canary.betrayed(kept.text.encode())


def test_of_what_a_library_says_only_the_place_is_kept(kept):
    logging.getLogger("somelibrary").error(f"cannot parse {canary.VALUES['email']}")
    line = next(line for line in kept.lines() if line["logger"] == "somelibrary")
    assert line["place"].startswith("test_logs.py:")
    assert not canary.betrayed(kept.text.encode())


@pytest.mark.parametrize(
    ("asked", "terminal", "style"),
    [("", True, "text"), ("", False, "json"), ("json", True, "json"), ("text", False, "text")],
)
def test_a_terminal_gets_text_and_everything_else_json(monkeypatch, asked, terminal, style):
    monkeypatch.setenv("DUECAUSE_LOG", asked)
    monkeypatch.setattr("sys.stderr", type("Stream", (), {"isatty": lambda self: terminal})())
    assert logs.style() == style


def test_text_shows_the_same_without_the_values(caplog):
    record = logging.LogRecord(
        "django.request", logging.ERROR, "x.py", 1, "%s", (canary.VALUES["email"],), None
    )
    record.facts = {"status": 500}
    shown = logs.Text().format(record)
    assert "error django.request: a library said something" in shown and "status 500" in shown
    assert not canary.betrayed(shown.encode())


def failing_import(world) -> None:
    """A queued list whose job meets one exception that quotes the row and one of the database."""
    declare_fields()
    data = canary.listed(world)
    queue_import(
        actor=OPERATOR, source=customers(world), data=data, file_name="list.csv", options={}, now=NOW
    )

    def quotes(step):
        raise RuntimeError(f"row 1: {canary.VALUES}")

    def breaks_a_constraint(step):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE kept (v varchar(80) UNIQUE)")
            for _ in range(2):
                cursor.execute("INSERT INTO kept VALUES (%s)", [canary.VALUES["email"]])

    for kind, handler in (("test.quotes", quotes), ("test.breaks", breaks_a_constraint)):
        runner.handles(kind)(handler)
        with transaction.atomic():
            obligations.open_obligation(actor=OPERATOR, kind=kind, now=NOW, systems=["duecause"])


def test_imports_look_ups_denials_and_errors_leave_no_personal_data_in_the_log(kept, monkeypatch):
    world = make_world()
    person = canary.canary(world)
    client = officer(world)
    monkeypatch.setattr(runner, "_handlers", dict(runner._handlers))
    failing_import(world)
    for _ in range(20):
        if not runner.run_once("test"):
            break
    client.post(reverse("desk:search"), {"q": canary.VALUES["phone"]})
    client.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    client.post(reverse("desk:reveal", args=[person.pk]), {"group": "national_id"})
    client.get(reverse("register:imports"), {"q": canary.VALUES["last_name"]})
    centre = Client(headers={"Authorization": key_headers(world)["HTTP_AUTHORIZATION"]})
    centre.post("/api/precall", {"number": canary.VALUES["phone"]}, content_type="application/json")
    centre.post("/api/precall", {"number": [canary.VALUES["email"]]}, content_type="application/json")

    def broken(request: HttpRequest) -> HttpResponse:
        raise DatabaseError(f"invalid value {dict(request.POST)}")

    monkeypatch.setattr("duecause.apps.desk.search.find", broken, raising=False)
    monkeypatch.setattr("duecause.apps.desk.views.render", lambda request, *_, **__: broken(request))
    answer = client.post(reverse("desk:search"), canary.VALUES | {"q": canary.VALUES["email"]})
    assert answer.status_code == 500

    scanner = Scanner(canary.ALL)
    scanner.bytes("log", kept.text.encode())
    assert scanner.read > 2000 and scanner.hits == []
    outcomes = {line["kind"]: line["outcome"] for line in kept.lines("step")}
    assert outcomes["test.quotes"] == outcomes["test.breaks"] == "failed" and outcomes["register.import"]
    errors = {one["type"] for line in kept.lines() for one in line.get("error", ())}
    assert {"builtins.RuntimeError", f"django.db.utils.{IntegrityError.__name__}"} <= errors
    assert "django.db.utils.DatabaseError" in errors
    assert {line["status"] for line in kept.lines("request")} >= {200, 403, 500}


@pytest.mark.parametrize("secret", canary.ALL, ids=lambda secret: secret.name)
def test_the_control_a_value_that_did_get_into_a_line_would_be_found(kept, secret):
    for spelling in {name: text for name, text in secret.spellings().items() if name != "escaped"}.values():
        logging.getLogger("duecause.x").info("row %s", spelling)
        assert Scanner([secret]).bytes("log", kept.text.encode())
        kept.stream.truncate(0)
        kept.stream.seek(0)
