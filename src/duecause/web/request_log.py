"""One log line per request: which view, by whom, with what status and how long it took. Never the address:
it may name an object, and what was asked for is in the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from duecause.engine.ids import uuid7
from duecause.logs import about, facts

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Asked every few seconds by machines; what is wrong there has a status of its own.
QUIET = ("healthz", "readyz", "metrics")
log = logging.getLogger(__name__)


class RequestLog:
    """The id is made here, since one that was sent could hold anything; the answer carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        number = uuid7().hex
        with about(request=number):
            response = self.get_response(request)
            route = request.resolver_match.view_name if request.resolver_match else ""
            ended_well = response.status_code < 400
            level = logging.DEBUG if route in QUIET and ended_well else logging.INFO
            if log.isEnabledFor(level):
                log.log(
                    level,
                    "request",
                    extra=facts(
                        method=request.method if request.method in METHODS else "other",
                        route=route or "none",
                        status=response.status_code,
                        ms=round((time.perf_counter() - started) * 1000, 1),
                        **_actor(request),
                    ),
                )
        response["X-Request-ID"] = number
        return response


def _actor(request: HttpRequest) -> dict[str, str]:
    """Kind and opaque id."""
    actor = getattr(request, "actor", None)
    if actor is not None:
        return {"actor": actor.ref}
    partner = getattr(getattr(request, "auth", None), "pk", None)
    return {"actor": f"partner:{partner}"} if partner else {}
