"""Fictional pages. Everybody here is Imke Verhaegen of the privacy desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render

from duecause.engine.actor import Actor
from duecause.web import charts, context

NOW = datetime(2026, 11, 20, 17, 2, tzinfo=UTC)


class Somebody:
    is_authenticated = True
    display_name = "Imke Verhaegen"

    def get_username(self) -> str:
        return "imke"


def somebody(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        if request.COOKIES.get("who") != "nobody":
            request.user = Somebody()  # type: ignore[assignment]
            request.actor = Actor.system("look-book")  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def three_due(actor: Actor) -> int:
    return 3


context.register_due(three_due)


def waterfall() -> charts.Chart:
    return charts.waterfall(
        "From prospects to numbers you may call",
        start=charts.Bar("Rows offered", 48_210, href="#rows"),
        removed=[
            charts.Bar("Number cannot exist or is not in use", 2_914, meaning="waiting", href="#rows"),
            charts.Bar("Same person on another list or with another centre", 11_087, meaning="waiting"),
            charts.Bar("Objected to marketing", 3_402, href="#rows"),
            charts.Bar("On the national register (Do Not Call Me, 18 November)", 9_655, href="#rows"),
            charts.Bar("Consent text does not name this company", 6_120, meaning="watch"),
            charts.Bar("Under 18", 12),
        ],
        end_label="May be called",
        end_href="#rows",
        note="Rules of 1 October 2026",
    )


def every_chart() -> dict[str, charts.Chart]:
    days = [f"{day} Nov" for day in range(7, 21)]
    return {
        "waterfall": waterfall(),
        "bars": charts.bars(
            "Objections by centre, last 30 days",
            [
                charts.Bar("CC Gent", 412, href="#rows"),
                charts.Bar("CC Eindhoven", 268),
                charts.Bar("CC Casablanca with quite a long name of its own", 97, meaning="stopped"),
                charts.Bar("CC Lille", 0),
            ],
        ),
        "clock": charts.clock_ring(
            "Clock of request 1042",
            used=20,
            total=30,
            left="10 d",
            words="Answer by 30 Nov 2026, 23:59 CET",
            detail="One month from receipt (GDPR Art. 12(3))",
        ),
        "clock_late": charts.clock_ring(
            "Clock of the notification", used=70, total=72, left="2 h", words="Notify by 19:02 CET"
        ),
        "heat": charts.heat(
            "Look-ups without a verified reason",
            rows=["Inbound", "Outbound", "Technicians"],
            columns=[f"{hour}" for hour in range(8, 20)],
            values=[
                [0, 2, 3, 1, 0, 4, 6, 2, 1, 0, 0, 0],
                [1, 1, 0, 0, 2, 9, 14, 11, 3, 2, 1, 0],
                [0, 0, 0, 1, 0, 0, 1, 0, 0, 5, 0, 2],
            ],
        ),
        "timeline": charts.timeline(
            "Request 1042",
            [
                charts.Mark(NOW - timedelta(days=20), "Received by telephone", "ok"),
                charts.Mark(NOW - timedelta(days=19, hours=20), "Identity proven with customer number", "ok"),
                charts.Mark(NOW - timedelta(days=12), "Found in 7 of 9 systems", "watch"),
                charts.Mark(NOW - timedelta(days=1), "Erased in 6 systems, two partners waiting", "act"),
                charts.Mark(NOW + timedelta(days=10), "Answer due", "waiting"),
            ],
        ),
        "lines": charts.lines(
            "Requests received and closed",
            [
                charts.Series("Received", (12, 14, 9, 4, 3, 15, 18, 21, 19, 17, 6, 5, 22, 24)),
                charts.Series("Closed", (8, 11, 12, 6, 2, 12, 14, 20, 22, 19, 9, 4, 20, 23)),
            ],
            labels=days,
            area=True,
        ),
    }


def book(request: HttpRequest) -> HttpResponse:
    if request.GET.get("message"):
        messages.success(request, "Released 1,204 numbers to CC Gent.")
        messages.error(request, "CC Casablanca received nothing: its transfer basis ended on 1 November.")
    return render(request, "lookbook/book.html", {"now": NOW, "charts": every_chart(), **samples()})


def samples() -> dict[str, object]:
    return {
        "tabs": [
            {"label": "Open", "url": "#open", "code": "open", "count": 9},
            {"label": "Waiting for others", "url": "#waiting", "code": "waiting", "count": 4},
            {"label": "Closed", "url": "#closed", "code": "closed"},
        ],
        "rows": [
            ("Heat pumps, autumn", "BE", "CC Gent", 18_204, "ok", "Released"),
            ("Heat pumps, autumn", "NL", "CC Eindhoven", 1_204, "watch", "Expires in 2 days"),
            ("Insulation, winter", "FR", "CC Lille", 0, "stopped", "Sector banned"),
            ("Insulation, winter", "BE", "CC Casablanca", 0, "act", "No transfer basis"),
        ],
        "facts": [
            ("Received", "31 Oct 2026, by telephone"),
            ("Language", "Dutch"),
            ("Identity", "Proven by customer number and birth date"),
            ("Reference", "R-1042"),
        ],
        "reasons": [
            {
                "text": "The person objected to all marketing on 3 March.",
                "source": "GDPR Art. 21(2)",
                "code": "objection",
            },
            {
                "text": "The number is on the national register of 18 November.",
                "source": "WER VI.110",
                "code": "be_dncm",
                "mend": "The next version is loaded on 25 November.",
            },
            {"text": "No other call centre has this person.", "meaning": "ok", "code": "single"},
        ],
        "choices": [
            {"value": "caller", "label": "The customer is on the line"},
            {"value": "ticket", "label": "Open ticket", "detail": "Pick it in the next step"},
            {"value": "other", "label": "Other reason, in words"},
        ],
        "columns": ["Found", "Asked", "Erased", "Read back"],
        "matrix": [
            {
                "name": "Billing",
                "cells": [
                    {"meaning": "ok", "text": "3 rows"},
                    {"meaning": "ok", "text": "sent"},
                    {"meaning": "ok", "text": "3 rows"},
                    {"meaning": "ok", "text": "nothing left"},
                ],
            },
            {
                "name": "CC Gent",
                "cells": [
                    {"meaning": "ok", "text": "1 release"},
                    {"meaning": "waiting", "text": "since 18:02"},
                    {"text": ""},
                    {"text": ""},
                ],
            },
            {
                "name": "Mail archive",
                "cells": [
                    {"meaning": "ok", "text": "14 mails"},
                    {"meaning": "act", "text": "refused twice"},
                    {"text": ""},
                    {"text": ""},
                ],
            },
        ],
        "events": [
            {"at": NOW - timedelta(hours=3), "what": "Objection taken at the desk", "meaning": "ok"},
            {
                "at": NOW - timedelta(hours=2),
                "what": "Four of six centres acknowledged",
                "meaning": "watch",
                "detail": "CC Lille and CC Casablanca have until tomorrow 18:02.",
            },
            {"at": NOW, "what": "Releases to CC Lille stopped", "meaning": "stopped"},
        ],
        "sent": [
            {"name": "CC Gent", "text": "acknowledged 18:02"},
            {"name": "CC Eindhoven", "text": "acknowledged 18:02"},
            {"name": "CC Lille", "text": "waiting", "meaning": "waiting"},
        ],
        "changes": [
            ("Retention of call notes", "24 months", "12 months"),
            ("Purpose", "Sales", "Sales"),
            ("Reason asked", "", "always"),
        ],
    }


def form(request: HttpRequest) -> HttpResponse:
    return render(request, "lookbook/form.html", {"hostile": '"><b>bold</b> & "quotes"'})


def upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("list")
    return HttpResponse(f"{file.size} bytes" if file else "no file")


def swap(request: HttpRequest) -> HttpResponse:
    return render(request, "lookbook/_swap.html", {"choices": samples()["choices"]})


def poll(request: HttpRequest) -> HttpResponse:
    return render(request, "lookbook/_poll.html")


def found(request: HttpRequest) -> HttpResponse:
    return HttpResponse("found")


class FormLike:
    non_field_errors = ["wrong"]


def sign_in(request: HttpRequest) -> HttpResponse:
    return render(request, "web/sign_in.html", {"form": FormLike() if request.GET.get("wrong") else {}})


def data(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"answer": "deny"})


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        yield b"one\n"
        yield b"two\n"

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def tile(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"tile", headers={"Cache-Control": "public, immutable"})


def moved(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def refused(request: HttpRequest) -> HttpResponse:
    return render(request, "lookbook/_refused.html", status=422)
