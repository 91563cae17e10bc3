"""Emergency access at the desk: what it is and who will be told, the reason and the password, the end of
it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.desk import contact
from duecause.apps.desk.views import card_of, not_here, page
from duecause.apps.gate.emergencies import EMERGENCY, banner, may_open
from duecause.apps.gate.emergency_actions import SHORTEST, end_emergency, open_emergency
from duecause.apps.gate.telling import officers
from duecause.apps.register.models import Person
from duecause.engine.problems import Refused
from duecause.packs.interactions import terms
from duecause.web.access import needs
from duecause.web.http import PageRequest


@require_http_methods(["GET", "POST"])
@needs("desk.use")
def emergency(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Says nothing about whether the person exists, before and after."""
    if not may_open(request.actor):
        return not_here(request)
    now = datetime.now(UTC)
    context: dict[str, object] = {
        "person_id": person_id,
        "minutes": terms(now.date()).emergency.seconds // 60,
        "least": SHORTEST,
        "officers": _officers(request.actor.id),
    }
    if request.method == "GET":
        return render(request, page(request, "desk/_emergency.html"), context)
    words, password = request.POST.get("words", ""), request.POST.get("password", "")
    known = Person.objects.filter(pk=person_id, records__isnull=False).exists()
    try:
        open_emergency(actor=request.actor, person=person_id, words=words, password=password, now=now)
    except Refused as refused:
        context |= {"words": words[:1000], "problem": _(refused.problem.template), "code": refused.code}
        return render(request, page(request, "desk/_emergency.html"), context)
    reason = contact.reason_from(EMERGENCY)
    return card_of(request, person_id, reason, now) if known else not_here(request)


@require_GET
@needs("desk.use")
def emergency_state(request: PageRequest, person_id: UUID) -> HttpResponse:
    """How long it lasts, asked every minute by an open card."""
    context = {"person_id": person_id, **banner(request.actor, person_id, datetime.now(UTC))}
    return render(request, page(request, "desk/_emergency_banner.html"), context)


@require_POST
@needs("desk.use")
def end(request: PageRequest, person_id: UUID) -> HttpResponse:
    now = datetime.now(UTC)
    end_emergency(actor=request.actor, person=person_id, now=now)
    return render(request, page(request, "desk/_emergency_ended.html"), {})


def _officers(own: str) -> list[str]:
    """By name: who opens an emergency knows beforehand who will read why."""
    return sorted(each.display_name for each in officers() if str(each.pk) != own)
