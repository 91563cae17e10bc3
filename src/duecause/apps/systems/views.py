"""Our own systems that follow what changes: how far each is, what it is told, its key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.systems import actions, queries
from duecause.apps.systems.forms import SystemForm
from duecause.apps.systems.models import System
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.words import spoken


@require_GET
@needs("parties.read")
def systems(request: PageRequest) -> HttpResponse:
    late = {one.code for one, _oldest in queries.silent(_now())}
    context = {
        "rows": [{**state, "late": state["system"] in late} for state in queries.states()],
        "tabs": tabs_for(request.actor, "partners"),
        "may_manage": request.actor.may("parties.manage"),
    }
    return render(request, "systems/systems.html", context)


@require_http_methods(["GET", "POST"])
@needs("parties.manage")
def new_system(request: PageRequest) -> HttpResponse:
    form, refused = SystemForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if System.objects.filter(code=code).exists():
            form.add_error("code", _("There is a system with this code already."))
        else:
            refused = _set_up(request, code, form)
            if not refused:
                return redirect("systems:system", code)
    context = {"form": form, "refused": refused}
    return render(request, "systems/new.html", context, status=422 if form.is_bound else 200)


@require_GET
@needs("parties.read")
def system(request: PageRequest, code: str) -> HttpResponse:
    return _page(request, get_object_or_404(System, code=code))


@require_POST
@needs("parties.manage")
def save(request: PageRequest, code: str) -> HttpResponse:
    """Also takes up again a system that had ended; it needs a new key then."""
    known = get_object_or_404(System, code=code)
    form = SystemForm(request.POST, known=True)
    refused = _set_up(request, known.code, form) if form.is_valid() else ""
    if form.errors or refused:
        return _page(request, known, form=form, refused=refused)
    messages.success(request, _("Saved. It holds from the next change on."))
    return redirect("systems:system", known.code)


@require_POST
@never_cache
@needs("apikeys.manage")
def make_key(request: PageRequest, code: str) -> HttpResponse:
    """The answer itself shows the key: it is kept nowhere, so it cannot be shown again."""
    known = _running(code)
    return _page(request, known, key=actions.make_key(actor=request.actor, system=known, now=_now()))


@require_POST
@never_cache
@needs("apikeys.manage")
def give_secret(request: PageRequest, code: str) -> HttpResponse:
    known = _running(code)
    return _page(request, known, secret=actions.give_secret(actor=request.actor, system=known, now=_now()))


@require_POST
@needs("parties.manage")
def end(request: PageRequest, code: str) -> HttpResponse:
    known = _running(code)
    actions.end(actor=request.actor, system=known, now=_now())
    messages.success(
        request, _("%(system)s follows nothing any more; its key has ended.") % {"system": known}
    )
    return redirect("systems:list")


def _now() -> datetime:
    return datetime.now(UTC)


def _running(code: str) -> System:
    return get_object_or_404(System, code=code, ended_at=None)


def _set_up(request: PageRequest, code: str, form: SystemForm) -> str:
    """What stood against it, in words; nothing once it is done."""
    given = form.cleaned_data
    try:
        actions.set_up(
            actor=request.actor,
            code=code,
            name=given["name"],
            sources=given["sources"],
            fields=given["fields_told"],
            webhook_url=given["webhook_url"],
            now=_now(),
        )
    except Refused as problem:
        return spoken(problem.problem)
    return ""


def _page(
    request: PageRequest,
    known: System,
    *,
    form: SystemForm | None = None,
    refused: str = "",
    key: str = "",
    secret: str = "",
) -> HttpResponse:
    known.refresh_from_db()
    [state] = queries.states(System.objects.filter(pk=known.pk))
    initial: dict[str, Any] = {
        "name": known.name,
        "sources": state["sources"],
        "fields_told": known.fields,
        "webhook_url": known.webhook_url,
    }
    context = {
        "system": known,
        "state": state,
        "form": form or SystemForm(initial=initial, known=True),
        "refused": refused,
        "key": key,
        "secret": secret,
        "may_manage": request.actor.may("parties.manage"),
        "may_keys": request.actor.may("apikeys.manage") and known.ended_at is None,
    }
    return render(request, "systems/system.html", context, status=422 if form else 200)
