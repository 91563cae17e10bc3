"""The alarms queue."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.gate import actions, queries, texts
from duecause.apps.gate.models import Alarm
from duecause.web.access import needs
from duecause.web.http import PageRequest

OUTCOMES = ("explained", "mistake", "unjustified")


@require_GET
@needs("alarms.read")
def alarms(request: PageRequest) -> HttpResponse:
    state = "closed" if request.GET.get("state") == "closed" else "open"
    page = Paginator(queries.alarms(state), 50).get_page(request.GET.get("page"))
    rows = [
        {"alarm": alarm, "sentence": texts.sentence(alarm), "meaning": texts.severity_meaning(alarm)}
        for alarm in page
    ]
    tabs = [
        {"url": "?state=open", "label": _("Open"), "code": "open", "count": queries.alarms("open").count()},
        {"url": "?state=closed", "label": _("Closed"), "code": "closed"},
    ]
    return render(request, "gate/alarms.html", {"rows": rows, "page_of": page, "tabs": tabs, "state": state})


@require_POST
@needs("alarms.handle")
def close(request: PageRequest, alarm_id: UUID) -> HttpResponse:
    alarm = get_object_or_404(Alarm, pk=alarm_id)
    outcome = request.POST.get("outcome", "")
    if outcome in OUTCOMES:
        actions.close_alarm(actor=request.actor, alarm=alarm, outcome=outcome, now=datetime.now(UTC))
    return redirect("gate:alarms")
