"""What goes when, the records behind each number, the nights and their proof."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.catalogue import retention_queries as rules
from duecause.apps.catalogue.models import RetentionVersion
from duecause.apps.catalogue.retention_texts import ACTION_NAMES
from duecause.apps.catalogue.views import tabs
from duecause.apps.rights import retention_counting as counting
from duecause.apps.rights import retention_queries as queries
from duecause.apps.rights import retention_showing as showing
from duecause.apps.rights.models import RetentionCertificate
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day

PAGE = 50
VERSIONS = 20


@require_GET
@needs("catalogue.read")
def forecast(request: PageRequest) -> HttpResponse:
    now = datetime.now(UTC)
    found = queries.counted(now)
    waiting = rules.waiting()
    versions = RetentionVersion.objects.order_by("-number")[:VERSIONS]
    context: dict[str, Any] = {
        "tabs": tabs(),
        "counted": found,
        "waiting": waiting,
        "rules": showing.rule_rows(found.version),
        "versions": [showing.version_row(version, request.actor.ref) for version in versions],
        "nights": queries.nights() if request.actor.may("rights.read") else [],
    }
    if found.content is not None:
        today = shown_day(found.at)
        context |= {
            "chart": showing.forecast_chart(found.content, today) if found.content["months"] else None,
            "months": showing.forecast_rows(found.content, today),
            "held": showing.held_rows(found.content),
            "unruled": showing.unruled(found.content),
            "people": found.content["people"],
        }
    return render(request, "rights/retention.html", context)


@require_GET
@needs("rights.read")
def rows(request: PageRequest) -> HttpResponse:
    """The records behind a number. What is in them is not shown: it takes a reason to see that."""
    given = {name: request.GET.get(name, "")[:20] for name in ("month", "action", "held")}
    try:
        after = UUID(request.GET["after"]) if "after" in request.GET else None
    except ValueError:
        raise Http404 from None
    found, last = counting.page(datetime.now(UTC), counting.Asked(**given), after=after, size=PAGE)
    more = {name: value for name, value in given.items() if value} | {"after": last}
    context = {
        "rows": [showing.due_row(row) for row in found],
        "heading": _heading(given),
        "next": urlencode(more) if last else "",
    }
    return render(request, "rights/retention_rows.html", context)


def _heading(asked: dict[str, str]) -> str:
    if asked["held"]:
        return str(showing.HELD.get(asked["held"], asked["held"]))
    words = [showing.month_words(asked["month"])] if _is_month(asked["month"]) else []
    return ", ".join(
        [*words, *([str(ACTION_NAMES[asked["action"]])] if asked["action"] in ACTION_NAMES else [])]
    )


def _is_month(text: str) -> bool:
    if text in (counting.OVERDUE, counting.BEYOND):
        return True
    try:
        datetime.strptime(text, "%Y-%m")
    except ValueError:
        return False
    return True


@require_GET
@needs("rights.read")
def night(request: PageRequest, run: UUID) -> HttpResponse:
    """What one run took, person by person."""
    found = RetentionCertificate.objects.filter(run=run).order_by("pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        raise Http404
    context = {
        "page_of": page,
        "rows": [
            {
                "certificate": each,
                "what": showing.certificate_row(each.content),
                "centres": list(each.content["call_centres"]),
                "proven": each.stage == RetentionCertificate.Stage.PROVEN,
            }
            for each in page
        ],
        "at": found[0].removed_at,
        "version": found[0].version,
        "title": _("What retention took"),
    }
    return render(request, "rights/retention_night.html", context)


@require_GET
@needs("rights.read")
def certificate(request: PageRequest, certificate_id: UUID) -> HttpResponse:
    found = RetentionCertificate.objects.filter(pk=certificate_id).first()
    if found is None:
        raise Http404
    return JsonResponse(
        queries.with_proof(found),
        json_dumps_params={"indent": 2, "sort_keys": True, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="retention_{found.pk}.json"'},
    )
