"""Requests and other promises by their date, the steps of each, and what no worker tries again by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.obligations import actions, linking, queries, runner, texts
from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest

MEANING = {
    Step.State.DONE: "ok",
    Step.State.REFUSED: "act",
    Step.State.DEAD: "act",
    Step.State.LEASED: "watch",
}
LATE = 0.85
STUCK = (Step.State.REFUSED, Step.State.DEAD)
MOVING = (Step.State.DUE, Step.State.LEASED)


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
        "may_retry": request.actor.may("obligations.retry"),
        "stuck": [
            {**_step(step), "what": texts.kind_label(step.obligation.kind)} for step in queries.stuck()[:50]
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


@require_GET
@needs("obligations.read")
def steps(request: PageRequest, obligation_id: UUID) -> HttpResponse:
    """One obligation, system by system: state, tries, what went wrong, when it goes on."""
    return render(request, "obligations/steps.html", _steps(request, obligation_id))


@require_GET
@needs("obligations.read")
def state(request: PageRequest, obligation_id: UUID) -> HttpResponse:
    """The table alone, which asks again while something moves."""
    return render(request, "obligations/_steps.html", _steps(request, obligation_id))


@require_POST
@needs("obligations.retry")
def retry(request: PageRequest, step_id: UUID) -> HttpResponse:
    step = get_object_or_404(Step.objects.select_related("obligation"), pk=step_id)
    try:
        actions.retry_step(actor=request.actor, step=step, now=datetime.now(UTC))
    except Refused as refused:
        messages.warning(request, _(refused.problem.template))
    else:
        messages.success(request, _("It is tried again within seconds."))
    return redirect("obligations:steps", step.obligation_id)


def _steps(request: PageRequest, obligation_id: UUID) -> dict[str, object]:
    obligation = get_object_or_404(Obligation.objects.prefetch_related("steps"), pk=obligation_id)
    found = sorted(obligation.steps.all(), key=lambda step: step.system)
    return {
        "obligation": obligation,
        "label": texts.kind_label(obligation.kind),
        "page": linking.page_of(obligation, request.actor),
        "rows": [_step(step) for step in found],
        "done": sum(step.state == Step.State.DONE for step in found),
        "may_retry": request.actor.may("obligations.retry"),
        "moving": any(step.state in MOVING for step in found),
    }


def _step(step: Step) -> dict[str, object]:
    """What a table shows of a step. `percent`: how far one is that works now."""
    works = step.state == Step.State.LEASED and step.progress_total > 0
    stuck = step.state in STUCK
    again = runner.may_try_again(step.obligation.kind)
    return {
        "step": step,
        "where": texts.system_label(step.system),
        "state": texts.state_label(step),
        "meaning": MEANING.get(Step.State(step.state), "waiting"),
        "percent": 100 * step.progress_done // step.progress_total if works else None,
        "why": texts.spoken_error(step),
        "next": step.next_at if step.state == Step.State.DUE and step.attempts else None,
        "retry": stuck and again,
        "start_over": stuck and not again,
    }
