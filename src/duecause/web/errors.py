"""Error answers of the whole site; urls.py names them as handler400, handler403, handler404, handler500."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from .uploads import UploadTooLarge


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if isinstance(exception, UploadTooLarge):
        limit = settings.UPLOAD_LIMIT_BYTES // (1024 * 1024)
        return render(request, "413.html", {"limit": limit}, status=413)
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: the form was opened before signing in, or lay open too long."""
    return render(request, "403_form.html", status=403)


def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    # Whatever broke may break again: this page asks nothing of the database.
    return HttpResponse(loader.render_to_string("500.html"), status=500)
