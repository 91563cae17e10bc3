"""The page of a request to be erased: who, what would happen, approval, progress, certificate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.desk import cards
from duecause.apps.gate import actions as gate
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import Person
from duecause.apps.rights import actions, certifying, queries, texts
from duecause.apps.rights.models import ErasureCase
from duecause.apps.rights.planning import REASON
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

UNDER_WAY = (ErasureCase.State.APPROVED, ErasureCase.State.APPLIED)


@require_GET
@needs("rights.read")
def case(request: PageRequest, request_id: UUID) -> HttpResponse:
    return _page(request, _request_or_404(request_id))


@require_POST
@needs("rights.read")
def person(request: PageRequest, request_id: UUID) -> HttpResponse:
    """Who it is, through the gate, because of this request."""
    asked = _request_or_404(request_id)
    revealed = gate.reveal(
        actor=request.actor, person=_person_of(asked), reason=REASON, now=datetime.now(UTC)
    )
    shown: dict[str, Any] = {"asked": asked, "denied": isinstance(revealed, gate.Denied)}
    if isinstance(revealed, gate.Revealed):
        known = Person.objects.get(pk=_person_of(asked))
        card = cards.build_card(known, revealed, language=get_language() or "en", now=datetime.now(UTC))
        shown |= {"card": card, "nothing": not revealed.values}
    if request.htmx:
        return render(request, "rights/_person.html", shown)
    return _page(request, asked, who=shown)


@require_POST
@needs("rights.plan")
def plan(request: PageRequest, request_id: UUID) -> HttpResponse:
    asked = _request_or_404(request_id)
    try:
        actions.plan_erasure(actor=request.actor, request=asked, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, asked, problem=refused.problem)
    return redirect("rights:case", asked.pk)


@require_POST
@needs("rights.approve")
def approve(request: PageRequest, request_id: UUID) -> HttpResponse:
    """Of the plan that was on the page: another one since then is refused."""
    asked = _request_or_404(request_id)
    seen = request.POST.get("plan", "")[:64]
    try:
        actions.approve_erasure(
            actor=request.actor, case=_case_or_404(asked), plan_hash=seen, now=datetime.now(UTC)
        )
    except Refused as refused:
        return _page(request, asked, problem=refused.problem)
    return redirect("rights:case", asked.pk)


@require_POST
@needs("rights.plan")
def refuse(request: PageRequest, request_id: UUID) -> HttpResponse:
    asked = _request_or_404(request_id)
    because = request.POST.get("because", "")
    try:
        actions.refuse_erasure(
            actor=request.actor, case=_case_or_404(asked), because=because, now=datetime.now(UTC)
        )
    except Refused as refused:
        return _page(request, asked, problem=refused.problem)
    return redirect("rights:case", asked.pk)


@require_GET
@needs("rights.read")
def progress(request: PageRequest, request_id: UUID) -> HttpResponse:
    """While a worker is at it; the whole page comes anew when it has ended."""
    asked = _request_or_404(request_id)
    answer = render(request, "rights/_progress.html", _standing(asked, _case_or_404(asked)))
    if _case_or_404(asked).state not in UNDER_WAY:
        answer["HX-Refresh"] = "true"
    return answer


@require_GET
@needs("rights.read")
def certificate(request: PageRequest, request_id: UUID) -> HttpResponse:
    """The certificate to read and print."""
    asked = _request_or_404(request_id)
    proven = _proven_or_404(asked)
    told = proven.certificate
    context = {
        "asked": asked,
        "case": proven,
        "told": told,
        "proof": certifying.with_proof(proven)["ledger"],
        "rows": [(texts.label(texts.TABLES, table), count) for table, count in told["rows"].items()],
        "kept": [_dated(queries.kept_in_words(kept)) for kept in told["kept"]],
        "guards": [(texts.label(texts.IDENTIFIERS, k), n) for k, n in told["guards"]["tokens"].items()],
        "guards_until": date.fromisoformat(told["guards"]["until"]),
        "holders": queries.holders_of(proven, told["call_centres"]),
        "final_on": date.fromisoformat(told["final_on"]),
        "checks": len(told["read_back"]),
    }
    return render(request, "rights/certificate.html", context)


@require_GET
@needs("rights.read")
def certificate_json(request: PageRequest, request_id: UUID) -> HttpResponse:
    proven = _proven_or_404(_request_or_404(request_id))
    return JsonResponse(
        certifying.with_proof(proven),
        json_dumps_params={"indent": 2, "sort_keys": True, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="erasure_{proven.pk}.json"'},
    )


def _page(
    request: PageRequest,
    asked: Obligation,
    problem: Problem | None = None,
    who: dict[str, Any] | None = None,
) -> HttpResponse:
    found = queries.case_of(asked)
    context: dict[str, Any] = {
        "asked": asked,
        "case": found,
        "state": texts.label(texts.STATES, found.state if found else ""),
        "problem": spoken(problem) if problem else "",
        "own_plan": found is not None and found.planned_by == request.actor.ref,
        "refusals": [
            ("", _("Choose")),
            *((code, texts.label(texts.REFUSALS, code)) for code in actions.REFUSALS),
        ],
        "refused_because": texts.label(texts.REFUSALS, found.refused_because) if found else "",
        **(who or {}),
    }
    if found is not None:
        plan = queries.plan_of(found)
        plan["kept"] = [_dated(kept) for kept in plan["kept"]]
        plan["guards_until"] = date.fromisoformat(plan["guards_until"])
        context |= {"plan": plan, **_standing(asked, found)}
    return render(request, "rights/case.html", context, status=422 if problem else 200)


def _standing(asked: Obligation, found: ErasureCase) -> dict[str, Any]:
    step = queries.job_of(found)
    stopped = spoken(_problem(step.error)) if step and step.error and step.state != "done" else ""
    return {
        "asked": asked,
        "case": found,
        "under_way": found.state in UNDER_WAY,
        "steps": queries.steps_of(found),
        "stopped": stopped,
    }


def _problem(error: dict[str, Any]) -> Problem:
    return Problem(error.get("code", ""), error.get("template", ""), error.get("params", {}))


def _dated(kept: dict[str, Any]) -> dict[str, Any]:
    return {**kept, "until": date.fromisoformat(kept["until"]) if kept["until"] else None}


def _request_or_404(request_id: UUID) -> Obligation:
    found = queries.request_of(request_id)
    if found is None:
        raise Http404
    return found


def _person_of(asked: Obligation) -> UUID:
    if asked.person is None:
        raise Http404
    return asked.person


def _case_or_404(asked: Obligation) -> ErasureCase:
    found = queries.case_of(asked)
    if found is None:
        raise Http404
    return found


def _proven_or_404(asked: Obligation) -> ErasureCase:
    found = _case_or_404(asked)
    if found.state != ErasureCase.State.PROVEN:
        raise Http404
    return found
