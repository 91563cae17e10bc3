"""Requests and other promises by their date, and what no worker will try again by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.obligations import linking, queries, texts
from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.actor import Actor
from duecause.web.access import needs
from duecause.web.http import PageRequest

MEANING = {
    Step.State.DONE: "ok",
    Step.State.REFUSED: "act",
    Step.State.DEAD: "act",
    Step.State.LEASED: "watch",
}
LATE = 0.85


@require_GET
@needs("obligations.read")
def due(request: PageRequest) -> HttpResponse:
    state = request.GET.get("state", Obligation.State.OPEN)
    if state not in Obligation.State.values:
        state = Obligation.State.OPEN
    page = Paginator(queries.due_list(state), 50).get_page(request.GET.get("page"))
    now = datetime.now(UTC)
    tabs = [
        {
            "url": "?state=open",
            "label": _("Open"),
            "code": "open",
            "count": queries.due_list(Obligation.State.OPEN).count(),
        },
        {"url": "?state=done", "label": _("Done"), "code": "done"},
        {"url": "?state=failed", "label": _("Stopped"), "code": "failed"},
    ]
    context = {
        "rows": [_row(obligation, now, request.actor) for obligation in page],
        "page_of": page,
        "tabs": tabs,
        "state": state,
        "stuck": [
            {
                "what": texts.kind_label(step.obligation.kind),
                "where": texts.system_label(step.system),
                "why": _(step.error["template"]) % step.error.get("params", {}) if step.error else "",
            }
            for step in queries.stuck()[:50]
        ],
    }
    return render(request, "obligations/due.html", context)


def _row(obligation: Obligation, now: datetime, actor: Actor) -> dict[str, object]:
    share = queries.share_of_time_used(obligation, now)
    return {
        "obligation": obligation,
        "label": texts.kind_label(obligation.kind),
        "page": linking.page_of(obligation, actor),
        "used": share,
        "meaning": "act" if share >= LATE else "watch" if share >= 0.5 else "ok",
        "steps": [
            {
                "name": texts.system_label(step.system),
                "meaning": MEANING.get(Step.State(step.state), "waiting"),
            }
            for step in obligation.steps.all()
        ],
    }
