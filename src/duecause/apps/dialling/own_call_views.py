"""How a call that one of our own agents made from a list ended, reported at the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from duecause.apps.desk import contact
from duecause.apps.desk.spoken import LINK
from duecause.apps.desk.views import not_here, page
from duecause.apps.dialling.own_calls import CALL, ENDINGS, Ended, report_own_call
from duecause.apps.register.models import Person
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken


@require_POST
@needs(CALL)
def own_call(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Only within a look-up that was made for such a call; the look-up is the moment of the call."""
    now = datetime.now(UTC)
    known = Person.objects.filter(pk=person_id).first()
    ending, script = request.POST.get("ended", ""), request.POST.get("script", "")[:10]
    if known is None or contact.current(request, person_id, now).link != LINK or ending not in ENDINGS:
        return not_here(request)
    ended = Ended(at=contact.begun(request, person_id), ending=ending, script=script)
    context = {"ending": ENDINGS[ending], "script": script, "person_id": person_id, "problem": ""}
    try:
        row = report_own_call(
            actor=request.actor, person=known, campaign=request.POST.get("campaign", ""), ended=ended, now=now
        )
        if row is None:
            return not_here(request)
        context["campaign"] = row.release.campaign.name
    except Refused as refused:
        context["problem"] = spoken(refused.problem)
    return render(request, page(request, "dialling/_own_call.html"), context)
