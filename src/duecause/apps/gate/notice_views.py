"""What I was told about my own attempts, and my answer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.gate import case_actions, notice_texts
from duecause.apps.gate.models import StaffNotice
from duecause.engine.problems import Refused
from duecause.web.access import signed_in
from duecause.web.http import PageRequest

SHOWN = 50


@require_GET
@signed_in
def mine(request: PageRequest) -> HttpResponse:
    own = StaffNotice.objects.filter(employee_id=request.actor.id).select_related("alarm__employee", "case")
    rows = [
        {
            "notice": notice,
            "text": notice_texts.text(notice),
            "meaning": "ok" if notice.read_at else notice_texts.meaning(notice),
            "answers": notice.kind in notice_texts.ANSWERED,
        }
        for notice in own.order_by("-raised_at")[:SHOWN]
    ]
    return render(request, "gate/mine.html", {"rows": rows})


@require_POST
@signed_in
def reason(request: PageRequest, notice_id: UUID) -> HttpResponse:
    """Say why; the words go to the privacy officer."""
    words = request.POST.get("words", "")
    try:
        case_actions.give_reason(
            actor=request.actor, notice=_own(request, notice_id), words=words, now=datetime.now(UTC)
        )
    except Refused as refused:
        messages.warning(request, refused.problem.text)
    else:
        messages.success(request, _("Your reason is with the privacy officer."))
    return redirect("gate:mine")


@require_POST
@signed_in
def read(request: PageRequest, notice_id: UUID) -> HttpResponse:
    case_actions.read(actor=request.actor, notice=_own(request, notice_id), now=datetime.now(UTC))
    return redirect("gate:mine")


def _own(request: PageRequest, notice_id: UUID) -> StaffNotice:
    """Somebody else's is answered as one that does not exist."""
    return get_object_or_404(StaffNotice, pk=notice_id, employee_id=request.actor.id)
