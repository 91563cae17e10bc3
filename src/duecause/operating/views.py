"""For load balancers and monitoring. None of it says anything about what is stored."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from duecause.operating.checks import database, keys, ready
from duecause.operating.figures import figures, rendered

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process lives and reaches its databases and keys: 200 "ok", or 503 with what it does not reach."""
    failed = [check for check in (database("default"), database("keys"), keys()) if not check.ok]
    return _answer(f"{failed[0].name}: {failed[0].found}" if failed else "ok", 503 if failed else 200)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """This process should get requests: also its tables are up to date."""
    failed = ready(now=datetime.now(UTC))
    text = "\n".join(f"{check.name}: {check.found}" for check in failed) or "ready"
    return _answer(text, 503 if failed else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for who carries DUECAUSE_METRICS_TOKEN as bearer; without that setting, none."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given, settings.METRICS_TOKEN.encode()):
        raise Http404
    return _answer(rendered(figures(now=datetime.now(UTC))), 200, METRICS_TYPE)


def _answer(text: str, status: int, content_type: str = "text/plain") -> HttpResponse:
    return HttpResponse(
        text if text.endswith("\n") else f"{text}\n",
        status=status,
        content_type=content_type,
        headers={"Cache-Control": "no-store"},
    )
