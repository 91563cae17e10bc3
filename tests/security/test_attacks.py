"""What somebody tries who wants more than is theirs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key
from duecause.apps.staff.models import Employee
from tests.security import canary
from tests.security.calling import filled
from tests.security.endpoints import endpoints, rows
from tests.security.objects import Caller, make_shared, names_of, objects_for
from tests.security.visitors import end_account, profile_that_may, untouched, visit
from tests.support.world import OPERATOR, World, make_world

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "\tjavascript:x",
)
GARBAGE = (
    "\0",
    "abc",
    "-1",
    "9" * 5000,
    "9" * 30,
    "²",
    "{}",
    "%",
    "'\"><x>",
    "\r\nSet-Cookie: x=1",
    "\ud83d",
)
FORMS = [name for name, row in rows().items() if "POST" in row.methods and not row.scope("POST")]
PAGES = [name for name, row in rows().items() if "GET" in row.methods]
PARAMETERS = (
    "page",
    "state",
    "kind",
    "day",
    "before",
    "campaign",
    "centre",
    "reason",
    "on",
    "sources",
    "next",
)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def at_desk(world: World, profile: str = "inbound") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


def sign_in(client: Client, employee: Employee, **data: str) -> Any:
    return client.post("/sign-in/", {"username": employee.username, "password": "demo", **data})


@pytest.mark.parametrize("name", FORMS)
def test_a_form_without_its_token_does_nothing(world: World, name: str) -> None:
    row = rows()[name]
    caller, path = _ready(world, name, "POST")
    caller.client.handler.enforce_csrf_checks = True
    events = Event.objects.count()
    answer = caller.client.post(path, filled(world, row.send))
    assert answer.status_code == 403
    assert not canary.betrayed(answer.content)
    assert Event.objects.count() == events


def test_only_calls_with_a_key_of_their_own_do_without_a_form_token() -> None:
    exempt = {name for name, found in endpoints().items() if getattr(found.view, "csrf_exempt", False)}
    keyed = {name for name, row in rows().items() if any(row.scope(method) for method in row.methods)}
    assert exempt == keyed


@pytest.mark.parametrize("header", ["host", "x-forwarded-host"])
@pytest.mark.parametrize("path", ["/sign-in/", "/desk/", "/api/openapi.json"])
def test_a_foreign_host_name_reaches_no_address_of_ours(world: World, path: str, header: str) -> None:
    answer = Client(raise_request_exception=False).get(path, headers={header: "evil.example"})
    assert answer.status_code == 400 if header == "host" else answer.status_code < 400
    assert "evil.example" not in answer.content.decode() + str(dict(answer.items()))


def test_signing_in_gives_a_new_session_and_a_new_form_token(world: World) -> None:
    client = Client()
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    client.get("/sign-in/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    sign_in(client, world.employee("inbound"))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key
    assert client.cookies[settings.CSRF_COOKIE_NAME].value != token
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert stale.get("/desk/").status_code == 302


def test_a_session_is_dead_after_signing_out(world: World) -> None:
    client = Client()
    sign_in(client, world.employee("inbound"))
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/sign-out/")
    client.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert client.get("/desk/").status_code == 302


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    client = Client()
    sign_in(client, world.employee("inbound"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


@pytest.mark.parametrize("how", ["leaver", "locked account"])
def test_an_open_session_dies_with_its_account_on_the_next_request(world: World, how: str) -> None:
    employee = world.employee("inbound")
    client = Client()
    sign_in(client, employee)
    assert client.get("/desk/").status_code == 200
    end_account(employee, how)
    assert client.get("/desk/")["Location"].startswith("/sign-in/")
    assert client.get("/desk/").status_code == 302
    assert [(alarm.kind, alarm.employee) for alarm in Alarm.objects.all()] == [("account", employee)]
    Employee.objects.filter(pk=employee.pk).update(is_active=True, locked_at=None)
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("how", ["leaver", "locked account"])
def test_a_closed_account_signs_in_no_more_and_is_told_no_more_than_a_wrong_password(
    world: World, how: str
) -> None:
    employee = world.employee("inbound")
    end_account(employee, how)
    closed = sign_in(Client(), employee)
    wrong = sign_in(Client(), employee, password="wrong")
    assert closed.status_code == wrong.status_code == 200
    assert len(closed.content) == len(wrong.content)
    assert closed.wsgi_request.user.is_anonymous


def test_a_changed_password_ends_the_other_sessions(world: World) -> None:
    employee = world.employee("inbound")
    client = Client()
    sign_in(client, employee)
    employee.set_password("another password")
    employee.save()
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_form_sends_a_person_to_another_site(world: World, target: str) -> None:
    answers = [sign_in(Client(), world.employee("inbound"), next=target)]
    for path in ("/language/", "/look/"):
        answers.append(Client().post(path, {"next": target, "language": "nl"}))
        answers.append(Client().post(path, {"language": "nl"}, headers={"referer": target.strip()}))
    for answer in answers:
        where = answer.get("Location", "/")
        assert where.startswith("/")
        assert not where.startswith(("//", "/\\"))


@pytest.mark.parametrize("name", FORMS)
def test_a_method_named_in_a_header_or_field_counts_for_nothing(world: World, name: str) -> None:
    row = rows()[name]
    caller, path = _ready(world, name, "POST")
    with untouched():  # some pages write down that they were read
        before = Event.objects.count()
        caller.client.get(path)
        read = Event.objects.count() - before
    events = Event.objects.count()
    answer = caller.client.get(
        path, {"_method": "POST", **filled(world, row.send)}, headers={"x-http-method-override": "POST"}
    )
    assert answer.status_code in (row.answers | {200} if "GET" in row.methods else {405})
    assert Event.objects.count() == events + read


@pytest.mark.parametrize("path", ["/desk/search/", "/sign-in/", "/api/precall"])
def test_a_body_beyond_the_limit_is_refused_before_it_is_read(world: World, path: str) -> None:
    client = at_desk(world)
    client.raise_request_exception = False
    big = b"q=" + b"1" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = client.post(path, big, content_type="application/x-www-form-urlencoded", headers=_key(world))
    assert answer.status_code in (400, 413)


def test_a_form_of_thousands_of_fields_is_refused(world: World) -> None:
    client = at_desk(world)
    client.raise_request_exception = False
    assert client.post("/desk/search/", {f"f{n}": "1" for n in range(2_000)}).status_code == 400


@pytest.mark.parametrize("name", [name for name, row in rows().items() if row.takes and name in endpoints()])
def test_an_address_that_names_nothing_is_not_found(world: World, name: str) -> None:
    row = rows()[name]
    client = at_desk(world, profile_that_may(next(iter(row.needs.values()))))
    client.raise_request_exception = False
    for bad in ("x", "0", "..%2f..%2fetc%2fpasswd", "%00", "%ff", "9" * 40, "' OR 1=1 --"):
        path = "/" + re.sub("<[^>]*>", bad, endpoints()[name].route)
        wrong = {401, 404} if row.scope(row.methods[0]) else {404}  # who has no key is not told what exists
        assert client.generic(row.methods[0], path).status_code in ({400} if bad == "%00" else wrong), bad


BODIES: tuple[bytes, ...] = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"NaN",
    b'{"number": null}',
    b'{"number": 32470000011}',
    b'{"number": ["+32470000011"]}',
    b'{"number": {"$ne": 1}}',
    b'{"numbers": "+32470000011"}',
    b'{"number": "+32478919293", "numbers": ["+32478919293"]}',
    b'{"number": "\\u0000"}',
    b'{"number": "' + b"9" * 5000 + b'"}',
    b'{"number": "+32478919293", "campaign": "\\u0000"}',
    b'{"number": "+32478919293", "campaign": "' + b"x" * 5000 + b'"}',
    b"[" * 50_000,
    json.dumps({"numbers": ["+32478919293"] * 1001}).encode(),
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
def test_garbage_at_the_api_is_refused_without_repeating_it(world: World, body: bytes) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post("/api/precall", body, content_type="application/json", headers=_key(world))
    said = answer.content.decode()
    if answer.status_code == 200:
        assert '"allow"' not in said
        return
    assert answer.status_code in (400, 413, 422)
    assert not canary.betrayed(answer.content)
    assert "9" * 50 not in said
    assert "Traceback" not in said


def test_a_wrong_key_is_told_nothing_about_keys(world: World) -> None:
    right = _key(world)["authorization"]
    altered = right[:-1] + ("a" if right[-1] != "a" else "b")
    wrong = (altered, "Bearer dc_00000000_" + "x" * 43, "Bearer ", "Bearer dc__", "Basic eDp5", "")
    answers = [
        Client().post(
            "/api/precall", b'{"number": "+32470000011"}', content_type="application/json",
            headers={"authorization": text},
        )
        for text in wrong
    ]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


def test_a_key_in_the_address_is_no_key(world: World) -> None:
    clear = _key(world)["authorization"].removeprefix("Bearer ")
    answer = Client().post(f"/api/precall?key={clear}", b"{}", content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("name", FORMS)
def test_garbage_in_a_form_field_breaks_nothing(world: World, name: str) -> None:
    caller, path = _ready(world, name, "POST")
    sent = filled(world, rows()[name].send) or {"scope": "", "next": ""}
    for bad, field in product(GARBAGE, sent):
        with untouched():
            answer = caller.client.post(path, {**sent, field: _bytes(bad)})
            assert answer.status_code < 500, f"{field}={bad[:20]!a}"
            assert "Set-Cookie: x" not in str(answer.headers)


@pytest.mark.parametrize("name", PAGES)
def test_garbage_after_the_question_mark_breaks_nothing(world: World, name: str) -> None:
    caller, path = _ready(world, name, "GET")
    queries = [dict.fromkeys(PARAMETERS, bad) for bad in GARBAGE]
    queries += [{parameter: "9" * 5000} for parameter in PARAMETERS]
    for query in queries:
        answer = caller.client.get(path, {parameter: _bytes(bad) for parameter, bad in query.items()})
        assert answer.status_code < 500, ascii(query)[:80]


def _ready(world: World, name: str, method: str) -> tuple[Caller, str]:
    """Somebody who may call the endpoint, and the address of an object of theirs."""
    row = rows()[name]
    make_shared(world, row.takes)
    caller = visit(world, profile_that_may(row.needs[method]), function=row.needs[method])
    names = names_of(objects_for(world, row.takes, caller).items())
    return caller, endpoints()[name].path(names)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def test_what_is_searched_for_stands_in_no_address(world: World) -> None:
    client = at_desk(world)
    assert client.get("/desk/search/", {"q": canary.VALUES["phone"]}).status_code == 405
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post("/desk/search/", {"q": canary.VALUES["phone"]}, headers=headers)
        assert not canary.betrayed(str(dict(answer.items())).encode())
        assert 'method="get"' not in answer.content.decode().lower()


def test_nobody_takes_back_the_objection_another_took(world: World) -> None:
    person = canary.canary(world)
    one, another = at_desk(world), at_desk(world)
    one.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    one.post(reverse("desk:objection", args=[person.pk]))
    objection = Objection.objects.get()
    assert another.post(reverse("desk:undo", args=[objection.pk])).status_code == 404
    assert another.get(reverse("desk:objection_state", args=[objection.pk])).status_code == 404
    assert Suppression.objects.filter(objection=objection, lifted_at=None).exists()


def test_an_objection_is_not_taken_back_later_by_repeating_the_form(world: World) -> None:
    person = canary.canary(world)
    client = at_desk(world)
    client.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    client.post(reverse("desk:objection", args=[person.pk]))
    Objection.objects.update(at=datetime.now(UTC) - timedelta(seconds=11))
    client.post(reverse("desk:undo", args=[Objection.objects.get().pk]))
    assert Objection.objects.get().lifted_at is None


def test_a_reveal_repeated_after_its_reason_ran_out_is_denied_and_alarmed(world: World) -> None:
    person = canary.canary(world)
    client = at_desk(world)
    client.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    path, data = reverse("desk:reveal", args=[person.pk]), {"group": "phone"}
    assert canary.betrayed(client.post(path, data).content) == {"phone"}
    session = client.session
    session["contacts"] = {
        key: {**contact, "until": (datetime.now(UTC) - timedelta(seconds=1)).timestamp()}
        for key, contact in session["contacts"].items()
    }
    session.save()
    assert not canary.betrayed(client.post(path, data).content)
    assert Alarm.objects.get().facts["link"] == "none"


def test_a_reason_for_one_person_opens_no_other(world: World) -> None:
    one, other = world.person(number=32470000012), canary.canary(world)
    client = at_desk(world)
    client.post(reverse("desk:look", args=[one.pk]), {"link": "caller"})
    answer = client.post(reverse("desk:reveal", args=[other.pk]), {"group": "phone"})
    assert not canary.betrayed(answer.content)
    assert Alarm.objects.get().person == other.pk


def test_a_reason_of_one_employee_opens_nothing_for_another(world: World) -> None:
    person = canary.canary(world)
    at_desk(world).post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    answer = at_desk(world).post(reverse("desk:reveal", args=[person.pk]), {"group": "phone"})
    assert not canary.betrayed(answer.content)


def test_a_consent_binds_only_to_words_that_could_have_been_read(world: World) -> None:
    person = canary.canary(world)
    client = at_desk(world)
    client.post(reverse("desk:look", args=[person.pk]), {"link": "caller"})
    for wording in (world.wording.pk, 10**9, "abc"):
        answer = client.post(reverse("desk:consent", args=[person.pk]), {"wording": wording, "answer": "yes"})
        assert answer.status_code == 404
    assert not person.consent_events.exists()


def test_no_framework_page_for_developers_is_served() -> None:
    assert not settings.DEBUG
    routes = " ".join(str(pattern.pattern) for pattern in get_resolver().url_patterns)
    assert not any(word in routes for word in ("admin", "__debug__", "docs"))


def _key(world: World) -> dict[str, str]:
    clear = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=datetime.now(UTC))
    return {"authorization": f"Bearer {clear}"}
