"""Emergencies to review: who opened one, why, and what came out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from duecause.apps.gate import emergency_actions
from duecause.apps.gate.emergencies import to_review
from duecause.apps.gate.models import Emergency
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day


@require_GET
@needs("alarms.handle")
def emergencies(request: PageRequest) -> HttpResponse:
    now = datetime.now(UTC)
    state = "reviewed" if request.GET.get("state") == "reviewed" else "open"
    tabs = [
        {"url": "?state=open", "label": _("To review"), "code": "open", "count": to_review("open").count()},
        {"url": "?state=reviewed", "label": _("Reviewed"), "code": "reviewed"},
    ]
    page = Paginator(to_review(state), 50).get_page(request.GET.get("page"))
    context = {"page_of": page, "tabs": tabs, "state": state, "today": shown_day(now), "me": request.actor.id}
    return render(request, "gate/emergencies.html", context)


@require_http_methods(["GET", "POST"])
@needs("alarms.handle")
def review(request: PageRequest, emergency_id: UUID) -> HttpResponse:
    """Read why, then say what came out."""
    emergency = get_object_or_404(Emergency.objects.select_related("employee__team"), pk=emergency_id)
    now = datetime.now(UTC)
    try:
        if request.method == "POST":
            outcome = request.POST.get("outcome", "")
            emergency_actions.review(actor=request.actor, emergency=emergency, outcome=outcome, now=now)
            return redirect("gate:emergencies")
        words = emergency_actions.words_of(actor=request.actor, emergency=emergency, now=now)
    except (NotPermitted, Refused):
        return redirect("gate:emergencies")
    context = {"emergency": emergency, "words": words, "short": str(emergency.person)[-6:]}
    return render(request, "gate/emergency.html", context)
