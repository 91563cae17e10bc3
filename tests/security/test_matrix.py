"""Who may call what: every endpoint, by everybody, as matrix.yaml says."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.models import Event
from tests.security.calling import call
from tests.security.endpoints import METHODS, PUBLIC, SIGNED_IN, Row, calls, endpoints, openapi_calls, rows
from tests.security.objects import Caller, Found, known_kinds, make_shared, names_of, objects_for
from tests.security.visitors import (
    ENDED,
    EVERYBODY,
    PROFILES,
    comparable,
    end_account,
    neutral_page,
    untouched,
    visit,
)
from tests.support.world import World, make_world

ASKS_TO_SIGN_IN = "/sign-in/?next="


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_every_endpoint_has_a_reviewed_row() -> None:
    missing = [
        f"{name}: {{methods: […], needs: {found.needs or '…'}"
        + (f", takes: <kind of {', '.join(found.parameters)}>" if found.parameters else "")
        + "}"
        for name, found in endpoints().items()
        if name not in rows()
    ]
    assert not missing, "Add to tests/security/matrix.yaml, after review:\n" + "\n".join(missing)


def test_every_row_has_an_endpoint() -> None:
    gone = sorted(set(rows()) - set(endpoints()))
    assert not gone, f"Remove from tests/security/matrix.yaml, or restore the endpoint: {gone}"


def test_every_row_needs_what_the_view_declares() -> None:
    for name, row in rows().items():
        for method, needed in row.needs.items():
            known = needed in (PUBLIC, SIGNED_IN) or row.scope(method)
            assert known or needed in engine().vocabulary.functions, f"{name}: no function {needed}"
            if name in endpoints() and endpoints()[name].needs:
                assert endpoints()[name].needs == needed, f"{name}: @needs and matrix.yaml differ"


def test_every_operation_of_the_api_is_reviewed() -> None:
    for name, method in openapi_calls():
        assert name in rows(), f"Add {name} ({method}) to tests/security/matrix.yaml."
        assert method in rows()[name].methods, f"matrix.yaml, {name}: add the method {method}."


def test_every_kind_of_object_can_be_made() -> None:
    for name, row in rows().items():
        unknown = set(row.takes.values()) - known_kinds()
        assert not unknown, f"matrix.yaml, {name} takes {sorted(unknown)}: add a maker to objects.py."
        if name in endpoints():
            assert set(row.takes) == set(endpoints()[name].parameters), f"matrix.yaml, {name}: takes"


@pytest.mark.parametrize(("name", "method"), calls())
def test_an_endpoint_answers_who_may_call_it_and_nobody_else(world: World, name: str, method: str) -> None:
    row = rows()[name]
    make_shared(world, row.takes)
    wrong, served = [], []
    for who in EVERYBODY:
        with untouched():
            caller = visit(world, who, function=row.needs[method])
            names = names_of(objects_for(world, row.takes, caller).items())
            if who in ENDED and caller.employee:
                end_account(caller.employee, who)
            before = _reported()
            answer = call(world, caller, row, method, names)
            verdict = _verdict(row, method, who, caller, answer, before)
            wrong += [f"{who}: {verdict} (got {answer.status_code})"] if verdict else []
            served += [who] if answer.status_code in (200, 201, 302) and not _stopped(answer) else []
    assert not wrong, f"{name}:\n" + "\n".join(wrong)
    assert served or row.answers, f"{method} {name} served nobody: give matrix.yaml what it needs (send)."


@pytest.mark.parametrize("name", [name for name, row in rows().items() if row.takes])
def test_an_object_of_another_is_no_different_from_none(world: World, name: str) -> None:
    row = rows()[name]
    make_shared(world, row.takes)
    wrong = []
    for method in row.methods:
        for who in [who for who in (*PROFILES, "partner key") if _may(row, method, who)]:
            with untouched():
                caller = visit(world, who, function=row.needs[method])
                objects = objects_for(world, row.takes, caller)
                for parameter, found in objects.items():
                    seen = {
                        whose: _seen(world, caller, row, method, objects, parameter, whose)
                        for whose in ("other", "none")
                        if getattr(found, whose) is not None
                    }
                    if len(set(seen.values())) > 1 or seen["none"][0] >= 500:
                        wrong.append(f"{method} as {who}: {[status for status, _ in seen.values()]}")
    assert not wrong, f"{name}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(rows().keys() & endpoints().keys()))
def test_an_endpoint_takes_no_other_method(world: World, name: str) -> None:
    row = rows()[name]
    make_shared(world, row.takes)
    function = next(iter(row.needs.values()))
    who = next((p for p in PROFILES if function in engine().functions_of(p)), PROFILES[0])
    caller = visit(world, who, function=function)
    names = names_of(objects_for(world, row.takes, caller).items())
    path = endpoints()[name].path(names)
    for method in set(METHODS) - set(row.methods):
        answer = caller.client.generic(method, path, b"", content_type="application/json")
        assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"


def _seen(
    world: World, caller: Caller, row: Row, method: str, objects: dict[str, Found], parameter: str, whose: str
) -> tuple[int, str]:
    names = {p: found.own for p, found in objects.items()}
    names[parameter] = getattr(objects[parameter], whose)
    with untouched():  # the second answer must not tell of the first, such as by a count of alarms
        answer = call(world, caller, row, method, names)
        return answer.status_code, comparable(answer, names)


def _reported() -> tuple[int, int]:
    return Alarm.objects.count(), Event.objects.count()


def _verdict(
    row: Row, method: str, who: str, caller: Caller, answer: HttpResponse, before: tuple[int, int]
) -> str:
    """What is wrong with an answer; empty when it is right."""
    needed = row.needs[method]
    if _may(row, method, who):
        right = row.answers | {200, 201, 302} | ({404} if row.takes else set())
        return "" if answer.status_code in right and not _stopped(answer) else "is refused, or it broke"
    if row.scope(method):
        return "" if answer.status_code in (401, 403) else "is answered without a valid key"
    if who in PROFILES:
        return _refusal(caller, needed, answer, before)
    if not _stopped(answer):
        return "is not asked to sign in"
    return _reported_end(caller, before) if who in ENDED else ""


def _may(row: Row, method: str, who: str) -> bool:
    needed = row.needs[method]
    if row.scope(method):
        return who == row.holder(method)
    if needed == PUBLIC:
        return True
    return who in PROFILES and (needed == SIGNED_IN or needed in engine().functions_of(who))


def _stopped(answer: HttpResponse) -> bool:
    return answer.status_code == 401 or answer.get("Location", "").startswith(ASKS_TO_SIGN_IN)


def _refusal(caller: Caller, needed: str, answer: HttpResponse, before: tuple[int, int]) -> str:
    """Blocked, alarmed, identified, and told nothing."""
    assert caller.employee is not None
    if answer.status_code != 403:
        return f"is not refused, though {needed} is not theirs"
    path = answer.request["PATH_INFO"]
    neutral = neutral_page(caller.employee, path)
    if comparable(answer, {}) != neutral:
        return "gets more than the neutral page"
    if _reported() != (before[0] + 1, before[1] + 1):
        return "is refused without exactly one alarm and one event"
    alarm = Alarm.objects.order_by("-raised_at")[0]
    event = Event.objects.get(uid=alarm.event)
    named = alarm.employee == caller.employee and alarm.facts == {"function": needed}
    return "" if named and event.kind == "gate.function_denied" else "is not named in the alarm"


def _reported_end(caller: Caller, before: tuple[int, int]) -> str:
    if _reported() != (before[0] + 1, before[1] + 1):
        return "is stopped without exactly one alarm and one event"
    alarm = Alarm.objects.order_by("-raised_at")[0]
    event = Event.objects.get(uid=alarm.event)
    named = alarm.employee == caller.employee and alarm.kind == "account"
    return "" if named and event.kind == "gate.session_denied" else "is not named in the alarm"
