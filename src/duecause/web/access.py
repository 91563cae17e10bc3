"""Who may open a page or call the API: one decorator on every view of every room.

What happens to an attempt that is not permitted (event, alarm) is the gate's business; it registers here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from duecause.engine.actor import Actor
from duecause.web.errors import not_allowed

View = Callable[..., HttpResponseBase]
OnDenied = Callable[[Actor, str], None]
_on_denied: list[OnDenied] = []


def register_denial(handler: OnDenied) -> OnDenied:
    """Called with the actor and the code of what was tried. Called in AppConfig.ready; once per handler."""
    if handler not in _on_denied:
        _on_denied.append(handler)
    return handler


def needs(function: str) -> Callable[[View], View]:
    """Let a view run only for actors who may `function`. Anybody else signed in is refused and reported;
    who is not signed in is asked to. The code stays on the view, for the authorisation matrix."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return ask_to_sign_in(request)
            if not actor.may(function):
                for handler in _on_denied:
                    handler(actor, function)
                return refuse(request)
            return view(request, *args, **kwargs)

        guarded.needs = function  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """For the few pages that everybody signed in has, such as the start page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request, "actor", None) is None:
            return ask_to_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "not_signed_in"}, status=401)
    return redirect_to_login(request.get_full_path())


def refuse(request: HttpRequest) -> HttpResponse:
    """The same neutral answer for everything that is not for this profile."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "not_permitted"}, status=403)
    return not_allowed(request)
