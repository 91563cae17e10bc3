"""Who may open a page or call the API: one decorator on every view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from duecause.apps.gate.actions import deny_function

View = Callable[..., HttpResponse]


def needs(function: str) -> Callable[[View], View]:
    """Let a view run only for actors who may `function`. Anybody else signed in is blocked and alarmed;
    who is not signed in is asked to. The code stays on the view for the authorisation matrix."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.actor is None:
                return redirect_to_login(request.get_full_path())
            if not request.actor.may(function):
                deny_function(actor=request.actor, function=function, now=datetime.now(UTC))
                return refuse(request)
            return view(request, *args, **kwargs)

        guarded.needs = function  # type: ignore[attr-defined]
        return guarded

    return decorate


def refuse(request: HttpRequest) -> HttpResponse:
    """The same neutral answer for everything that is not for this profile or does not exist for it."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "not_permitted"}, status=403)
    return render(request, "403.html", status=403)
