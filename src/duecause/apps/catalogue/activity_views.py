"""The page of processing activities, and moving one to another status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.catalogue import activity_actions, queries, texts
from duecause.apps.catalogue.models import Activity
from duecause.apps.catalogue.views import tabs
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import own_words, spoken


@require_GET
@needs("catalogue.read")
def activities(request: PageRequest) -> HttpResponse:
    return _page(request)


@require_POST
@needs("catalogue.approve")
def move(request: PageRequest, code: str) -> HttpResponse:
    activity = Activity.objects.filter(code=code).first()
    if activity is None:
        raise Http404
    try:
        activity_actions.move_activity(
            actor=request.actor, activity=activity, to=request.POST.get("to", ""), now=datetime.now(UTC)
        )
    except Refused as refused:
        return _page(request, refused=(code, refused.problem), status=422)
    return redirect("catalogue:activities")


def _page(
    request: PageRequest, *, refused: tuple[str, Problem] | None = None, status: int = 200
) -> HttpResponse:
    may_move = request.actor.may("catalogue.approve")
    rows = [_row(activity, may_move) for activity in queries.activities()]
    for row in rows:
        row["refused"] = spoken(refused[1]) if refused and refused[0] == row["code"] else ""
    return render(request, "catalogue/activities.html", {"tabs": tabs(), "rows": rows}, status=status)


def _row(activity: Activity, may_move: bool) -> dict[str, Any]:
    meaning, word = texts.STATUSES[activity.status]
    dpia_meaning, dpia = texts.ASSESSMENTS[activity.dpia]
    moves = activity_actions.MOVES[activity.status] if may_move else ()
    return {
        "activity": activity,
        "code": activity.code,
        "name": own_words(activity.name, activity.code),
        "meaning": meaning,
        "status": word,
        "moves": [(to, texts.MOVES[to]) for to in moves],
        "dpia": dpia,
        "dpia_meaning": dpia_meaning,
        "facts": [
            (_("Role"), f"{texts.ROLES[activity.role]}, {activity.controller.legal_name}"),
            (_("Purposes"), _joined([own_words(one.name, one.code) for one in activity.purposes.all()])),
            (_("About"), _joined(texts.subjects(activity.subjects))),
            (_("Fields"), _joined([own_words(one.label, one.code) for one in queries.fields_of(activity)])),
            (_("Processors"), _joined([partner.name for partner in activity.processors.all()])),
            (_("Answers for it"), activity.owner),
        ],
    }


def _joined(words: list[str]) -> str:
    return ", ".join(words) or "–"
