"""Error answers of the whole site; urls.py names them as handler400, handler403, handler404, handler500.

Somebody signed in keeps the frame with its menu, a fragment asked for by htmx gets a panel, others a page.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from duecause.engine.problems import Unavailable

from .uploads import UploadTooLarge
from .words import spoken

FRAGMENT, FRAMED, PLAIN = "web/_error.html", "base.html", "base_plain.html"


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if isinstance(exception, UploadTooLarge):
        return _answer(request, "413.html", 413, limit=settings.UPLOAD_LIMIT_BYTES // (1024 * 1024))
    if request.path.startswith("/api/"):  # a program asks: as the API answers what it cannot read
        return JsonResponse({"detail": "The address of this request cannot be read."}, status=400)
    return _answer(request, "400.html", 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: the form was opened before signing in, or lay open too long."""
    return _answer(request, "403_form.html", 403)


def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, "404.html", 404)


def unavailable(request: HttpRequest, silent: Unavailable) -> HttpResponse:
    response = _answer(request, "503.html", 503, problem=spoken(silent.problem))
    response["Retry-After"] = "60"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    # Whatever broke may break again: this page asks nothing of the database.
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def _answer(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        base = FRAGMENT
    else:
        base = FRAMED if getattr(request, "actor", None) else PLAIN
    return render(request, template, {"base": base, "whole": base != FRAGMENT, **context}, status=status)
