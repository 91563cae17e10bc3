"""Puts the Actor on the request, once, for every view, API and template."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from duecause.apps.gate.actors import actor_of


class CurrentActor:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request.user) if request.user.is_authenticated else None
        request.actor = actor  # type: ignore[attr-defined]
        return self.get_response(request)
