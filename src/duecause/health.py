"""Is this process able to serve: reachable databases and keys, and nothing about what is in them."""

from __future__ import annotations

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from duecause.apps.vault import keyring
from duecause.engine.problems import Refused


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok", or 503 with the name of what is missing."""
    for alias in ("default", "keys"):
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return _answer(f"database {alias} is not reachable", 503)
    try:
        keyring.current()
    except Refused as refused:
        return _answer(refused.code, 503)
    return _answer("ok", 200)


def _answer(text: str, status: int) -> HttpResponse:
    return HttpResponse(
        f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"}
    )
