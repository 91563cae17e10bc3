"""Puts the Actor on the request, once, for every view, API and template."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare

from duecause.apps.gate.actions import deny_session
from duecause.apps.gate.actors import actor_of, finishing_actor_of
from duecause.apps.gate.in_hand import people_in_hand
from duecause.apps.gate.policies import one_policy_set
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor

# What a locked account may still reach besides the people in hand: what follows from acts it has just done,
# its own notices, and the way out.
STILL_OPEN = frozenset(
    {
        "desk:objection_state",
        "desk:undo",
        "desk:correction_state",
        "desk:withdrawal_state",
        "desk:undo_withdrawal",
        "gate:mine",
        "gate:reason",
        "gate:read",
        "sign-out",
        "sign-in",
        "look",
        "set_language",
    }
)


class CurrentActor:
    """`request.arrived`: when it came. `request.finishing`: of a locked account the people it may still
    finish with; None for every other. `request.restrained`: it is locked or slowed down."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # nobody signed in: no policy decides
            return self._answer(request)
        with one_policy_set():
            return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        now = datetime.now(UTC)
        actor = actor_of(request.user) if request.user.is_authenticated else None
        finishing: frozenset[UUID] | None = None
        if actor is None and SESSION_KEY in request.session:
            actor, finishing = _finishing(request, now)
            if actor is None:
                _end_session(request, now)
        limited = getattr(request.user, "limited_until", None)
        request.arrived = now  # type: ignore[attr-defined]
        request.actor = actor  # type: ignore[attr-defined]
        request.finishing = finishing  # type: ignore[attr-defined]
        request.restrained = finishing is not None or (  # type: ignore[attr-defined]
            limited is not None and limited > now
        )
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Hold a locked account to the people in hand."""
        people: frozenset[UUID] | None = getattr(request, "finishing", None)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if people is None or name in STILL_OPEN:
            return None
        person = kwargs.get("person_id")
        if person in people:
            return None
        if person is not None:
            deny_session(actor=request.actor, now=datetime.now(UTC))  # type: ignore[attr-defined]
        fragment = bool(getattr(request, "htmx", False))
        template = "gate/_held.html" if fragment else "gate/held.html"
        return render(request, template, {"people": sorted(people)}, status=200 if fragment else 403)


def _finishing(request: HttpRequest, now: datetime) -> tuple[Actor | None, frozenset[UUID] | None]:
    """A locked account with somebody on the line: whom it may finish with, and nothing else."""
    employee = _employee(request)
    if employee is None or not employee.is_active or employee.locked_at is None:
        return None, None
    signed = request.session.get(HASH_SESSION_KEY, "")
    people = people_in_hand(request.session, since=employee.locked_at, now=now)
    if not people or not constant_time_compare(signed, employee.get_session_auth_hash()):
        return None, None
    request.user = employee
    return finishing_actor_of(employee), people


def _end_session(request: HttpRequest, now: datetime) -> None:
    """The session names an employee who may hold none any more. Reported once: then it is gone."""
    employee = _employee(request)
    request.session.flush()
    if employee is not None:
        deny_session(actor=actor_of(employee), now=now)


def _employee(request: HttpRequest) -> Employee | None:
    return Employee.objects.filter(pk=request.session[SESSION_KEY]).first()
