"""Puts the Actor on the request, once, for every view, API and template."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from duecause.apps.gate.actions import deny_session
from duecause.apps.gate.actors import actor_of
from duecause.apps.staff.models import Employee


class CurrentActor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request.user) if request.user.is_authenticated else None
        if actor is None and SESSION_KEY in request.session:
            _end_session(request)
        request.actor = actor  # type: ignore[attr-defined]
        return self.get_response(request)


def _end_session(request: HttpRequest) -> None:
    """The session names an employee who may hold none any more. Reported once: then it is gone."""
    employee = Employee.objects.filter(pk=request.session[SESSION_KEY]).first()
    request.session.flush()
    if employee is not None:
        deny_session(actor=actor_of(employee), now=datetime.now(UTC))
