"""The record of processing on a page, as a file, and its sign-off by customer service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.catalogue import texts as catalogue
from duecause.apps.evidence import actions, changing, queries, showing
from duecause.apps.evidence.exporting import FORMS, signed_words
from duecause.apps.evidence.filters import Filter, narrowed, scope_of
from duecause.apps.evidence.queries import Standing
from duecause.apps.evidence.record import Record, Scope, scopes
from duecause.apps.ledger.naming import names_of
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.words import own_words, spoken

FORM_NAMES = {"xlsx": "XLSX", "json": "JSON", "pdf": "PDF", "html": "HTML"}


@require_GET
@needs("evidence.read")
def record(request: PageRequest) -> HttpResponse:
    return _record_page(request, Filter.read(request.GET))


def _record_page(request: PageRequest, by: Filter, problem: Problem | None = None) -> HttpResponse:
    """Where the filter names something unknown, the whole record is shown beside what is wrong."""
    now = datetime.now(UTC)
    context: dict[str, Any] = {"tabs": tabs_for(request.actor, "evidence"), "by": by}
    try:
        scope = scope_of(by.scope)
        found = queries.standing(scope, now=now) if scope else None
        part = narrowed(found.record, by) if found else None
    except Refused as refused:
        problem = refused.problem
        by = Filter(by.scope if any(by.scope == each.code for each in scopes()) else "")
        scope = scope_of(by.scope)
        found = queries.standing(scope, now=now) if scope else None
        part = found.record if found else None
    if scope and found and part:
        context |= _record_context(request.actor, by, scope, found, part)
    context["problem"] = spoken(problem) if problem else ""
    return render(request, "evidence/record.html", context, status=422 if problem else 200)


def _record_context(actor: Actor, by: Filter, scope: Scope, found: Standing, part: Record) -> dict[str, Any]:
    shown = showing.shown(part, by, signed=signed_words(found))
    return {
        "by": by,
        "shown": shown,
        "standing": found,
        "scope": scope,
        "options": _options(scope, found.record),
        "exports": [
            (f"{reverse('evidence:export')}?form={form}&{by.query}", FORM_NAMES[form]) for form in FORMS
        ]
        if actor.may("evidence.export")
        else [],
        "sign_url": f"{reverse('evidence:sign-off')}?of={scope.code}",
    }


def _options(scope: Scope, whole: Record) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers: only what this record holds."""
    content = whole.content
    everything = ("", _("All"))
    classes = {one["law_class"] for one in content["fields"].values()}
    return {
        "of": [(each.code, showing.short_title(each)) for each in scopes()],
        "purpose": [
            everything,
            *((code, own_words(one["name"], code)) for code, one in content["purposes"].items()),
        ],
        "class": [everything, *((code, catalogue.law_class(code)) for code in sorted(classes))],
        "partner": [everything, *((code, one["name"]) for code, one in content["recipients"].items())],
    }


@require_GET
@needs("evidence.export")
def export(request: PageRequest) -> HttpResponse:
    """A file of exactly what the same filter shows on the page."""
    by = Filter.read(request.GET)
    try:
        out = actions.export_record(
            actor=request.actor,
            by=by,
            form=request.GET.get("form", "")[:20],
            who=names_of([request.actor.ref]).get(request.actor.ref, request.actor.ref),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return _record_page(request, by, refused.problem)
    return HttpResponse(
        out.content,
        content_type=out.media_type,
        headers={"Content-Disposition": f'attachment; filename="{out.name}"', "Cache-Control": "no-store"},
    )


@require_GET
@needs("evidence.read")
def sign_off(request: PageRequest) -> HttpResponse:
    """What changed since the last signature, and what a signature is about."""
    return _for_scope(request, request.GET.get("of", ""), _sign_page)


@require_POST
@needs("evidence.sign")
def sign(request: PageRequest) -> HttpResponse:
    return _for_scope(request, request.POST.get("of", ""), _signed)


def _for_scope(
    request: PageRequest, code: str, answer: Callable[[PageRequest, Scope], HttpResponse]
) -> HttpResponse:
    try:
        scope = scope_of(code[:60])
    except Refused as refused:
        return _record_page(request, Filter(), refused.problem)
    return answer(request, scope) if scope else redirect("evidence:record")


def _signed(request: PageRequest, scope: Scope) -> HttpResponse:
    version, now = request.POST.get("version", "")[:64], datetime.now(UTC)
    try:
        actions.sign_off(actor=request.actor, scope=scope, version=version, now=now)
    except Refused as refused:
        return _sign_page(request, scope, refused.problem)
    messages.success(request, _("Signed off. What changes from now on is shown here until it is signed."))
    return redirect(f"{reverse('evidence:sign-off')}?of={scope.code}")


def _sign_page(request: PageRequest, scope: Scope, problem: Problem | None = None) -> HttpResponse:
    found = queries.standing(scope, now=datetime.now(UTC))
    whole = Filter(scope.code)
    past = list(queries.history(scope)[:20])
    names = names_of({each.actor for each in past})
    context = {
        "scope": scope,
        "title": showing.title(scope),
        "scopes": [(each.code, showing.short_title(each)) for each in scopes()],
        "standing": found,
        "shown": showing.shown(found.record, whole, signed=signed_words(found)),
        "changes": changing.rows(found),
        "may_sign": request.actor.may("evidence.sign") and not found.signed,
        "past": [(each, names.get(each.actor, each.actor)) for each in past],
        "problem": spoken(problem) if problem else "",
        "record_url": f"{reverse('evidence:record')}?of={scope.code}",
    }
    return render(request, "evidence/sign_off.html", context, status=422 if problem else 200)
