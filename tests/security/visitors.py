"""Who calls: nobody, each profile, a partner with and without a valid key, and accounts that have ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from duecause.apps.directory import actions as directories
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.policies import engine
from duecause.apps.interactions import actions as interactions
from duecause.apps.parties.actions import create_api_key, revoke_api_key
from duecause.apps.staff.models import Employee
from duecause.apps.systems import actions as systems
from duecause.web import access
from tests.security.objects import Caller
from tests.support.world import OPERATOR, World

PROFILES = engine().vocabulary.profiles
ENDED = ("leaver", "locked account")
KEYS = (
    "partner key",
    "revoked key",
    "system key",
    "ended system's key",
    "contact system's key",
    "directory's key",
)
EVERYBODY = ("nobody", *PROFILES, *KEYS, *ENDED)


def visit(world: World, who: str, *, function: str) -> Caller:
    """A browser or client of `who`. An account that will end is of a profile that may use `function`, so that
    nothing but its end can refuse it; `end_account` ends it."""
    client = Client(raise_request_exception=False)
    if who in PROFILES:
        employee = world.employee(who)
        client.force_login(employee)
        return Caller(client, employee)
    if who in ENDED:
        employee = world.employee(profile_that_may(function))
        client.force_login(employee)
        return Caller(client, employee)
    if who in ("partner key", "revoked key"):
        client.defaults.update(key_headers(world, revoked=who == "revoked key"))
    elif who == "contact system's key":
        client.defaults.update(contact_headers())
    elif who == "directory's key":
        client.defaults.update(directory_headers())
    elif who in KEYS:
        client.defaults.update(system_headers(world, ended=who != "system key"))
    return Caller(client)


def profile_that_may(function: str) -> str:
    return next((p for p in PROFILES if function in engine().functions_of(p)), PROFILES[0])


def end_account(employee: Employee, how: str) -> None:
    """`how`: leaver or locked account. It was locked before it had anybody on the line, whom it could go on
    with (tests/apps/gate/test_ladder.py)."""
    locked = datetime.now(UTC) - timedelta(hours=1)
    ended = {"is_active": False} if how == "leaver" else {"locked_at": locked}
    Employee.objects.filter(pk=employee.pk).update(**ended)


def key_headers(world: World, *, revoked: bool = False) -> dict[str, str]:
    now = datetime.now(UTC)
    clear = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["feed", "precall"], now=now)
    if revoked:
        prefix = clear.split("_")[1]
        revoke_api_key(actor=OPERATOR, partner=world.centre, prefix=prefix, now=now)
    return {"HTTP_AUTHORIZATION": f"Bearer {clear}"}


def system_headers(world: World, *, ended: bool = False) -> dict[str, str]:
    now = datetime.now(UTC)
    system = systems.set_up(
        actor=OPERATOR,
        code="CRM",
        name="",
        sources=[world.source.code],
        fields=["last_name"],
        webhook_url="",
        now=now,
    )
    clear = systems.make_key(actor=OPERATOR, system=system, now=now)
    if ended:
        systems.end(actor=OPERATOR, system=system, now=now)
    return {"HTTP_AUTHORIZATION": f"Bearer {clear}"}


def contact_headers() -> dict[str, str]:
    now = datetime.now(UTC)
    system = interactions.set_up(actor=OPERATOR, code="CTI", name="", now=now)
    clear = interactions.make_key(actor=OPERATOR, system=system, now=now)
    return {"HTTP_AUTHORIZATION": f"Bearer {clear}"}


def directory_headers() -> dict[str, str]:
    now = datetime.now(UTC)
    known = directories.set_up(actor=OPERATOR, code="ENTRA", name="", now=now)
    return {"HTTP_AUTHORIZATION": f"Bearer {directories.make_key(actor=OPERATOR, directory=known, now=now)}"}


@contextmanager
def untouched() -> Iterator[None]:
    """What happens inside leaves no trace, so that visitors do not meet each other's work."""
    with transaction.atomic("default"), transaction.atomic("keys"):
        yield
        transaction.set_rollback(True, "default")
        transaction.set_rollback(True, "keys")


def neutral_page(employee: Employee, path: str) -> str:
    """The page that says "not for your profile" and nothing else, as this employee should get it."""
    request = RequestFactory().get(path)
    request.user = employee
    request.actor = actor_of(employee)
    request.resolver_match = resolve(path)
    return comparable(access.refuse(request), {})


def comparable(answer: HttpResponse, names: Mapping[str, object]) -> str:
    """The body without what differs between any two answers: form tokens, the minute that a print bears, the
    object's own name, and how much is due, which whoever handles alarms sees grow with each denial."""
    body = answer.content.decode(errors="replace")
    body = re.sub(r"\b[A-Za-z0-9]{64}\b", "", body)
    body = re.sub(r'<p class="printed">.*?</p>', "", body, flags=re.DOTALL)
    body = re.sub(r'(data-some)?>(<svg.*?</svg>)?<span class="due-count">\d+', "", body)
    for parameter, value in names.items():
        body = body.replace(str(value), f"<{parameter}>")
    return body
