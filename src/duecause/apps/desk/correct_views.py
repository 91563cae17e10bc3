"""A datum that the customer says is wrong: put right at the desk, told to whoever received it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from duecause.apps.catalogue.models import Field
from duecause.apps.consent.telling import told_of
from duecause.apps.desk import contact
from duecause.apps.desk.act_views import LIVE
from duecause.apps.desk.cards import label_of, records_of
from duecause.apps.desk.consent_views import known_person
from duecause.apps.desk.views import denied, not_here, page
from duecause.apps.gate.actions import Denied
from duecause.apps.gate.queries import permitted_groups
from duecause.apps.register.correct_actions import FUNCTION, Saying, can_be_corrected, correct
from duecause.apps.register.models import Correction, Person
from duecause.apps.register.origins import noted_on
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import day
from duecause.web.words import spoken

# How somebody may have said it, the usual way at the desk first.
HOW = {
    "call": gettext_lazy("On the telephone"),
    "letter": gettext_lazy("By letter"),
    "mail": gettext_lazy("By e-mail"),
    "portal": gettext_lazy("In the portal"),
    "visit": gettext_lazy("In person"),
}


@require_http_methods(["GET", "POST"])
@needs(FUNCTION)
def correction(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Choose the field, write what is right, and see who is told. What was stored is not shown for it."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    fields = _fields(request, person_id, now)
    if known is None or (not fields and denied(request, person_id, action="edit", resource="name", now=now)):
        return not_here(request)
    if request.method == "GET":
        return _form(request, known, fields)
    try:
        done = correct(
            actor=request.actor,
            person=known,
            field=request.POST.get("field", "")[:40],
            value=request.POST.get("value", ""),
            saying=Saying(
                how=request.POST.get("how", "call"), reference=request.POST.get("reference", "").strip()
            ),
            reason=contact.current(request, person_id, now),
            record_id=_record(request.POST.get("record", "")),
            now=now,
        )
    except Refused as refused:
        return _form(request, known, fields, refused=refused)
    if isinstance(done, Denied):
        return not_here(request)
    return _receipt(request, done.act)


@require_GET
@needs(FUNCTION)
def correction_state(request: PageRequest, act: UUID) -> HttpResponse:
    """The receipt again, for who made the correction: who has acknowledged by now."""
    return _receipt(request, act)


def _fields(request: PageRequest, person_id: UUID, now: datetime) -> list[tuple[str, str]]:
    """Code and label of what this profile may correct for the reason of this contact."""
    reason = contact.current(request, person_id, now)
    groups = permitted_groups(actor=request.actor, person=person_id, reason=reason, action="edit", now=now)
    language = get_language() or "en"
    return [
        (field.code, label_of(field, language))
        for field in Field.objects.order_by("pk")
        if field.group in groups and can_be_corrected(field.code)
    ]


def _form(
    request: PageRequest, known: Person, fields: list[tuple[str, str]], *, refused: Refused | None = None
) -> HttpResponse:
    records = records_of(known)
    sources = [("", _("Wherever it says the same"))]
    sources += [
        (str(each.pk), f"{each.source.name}, {day(each.obtained_on or noted_on(each))}") for each in records
    ]
    context: dict[str, Any] = {
        "person_id": known.pk,
        "fields": fields,
        "sources": sources if len(records) > 1 else [],
        "ways": list(HOW.items()),
        "given": request.POST,
        "problem": spoken(refused.problem) if refused else "",
    }
    return render(request, page(request, "desk/_correct.html"), context, status=422 if refused else 200)


def _record(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)  # no record has it: refused as one that is not the person's


def _receipt(request: PageRequest, act: UUID) -> HttpResponse:
    made = list(
        Correction.objects.filter(act=act, actor=request.actor.ref).select_related("record").order_by("pk")
    )
    if not made:
        raise Http404
    told = told_of(act)
    waits = any(each.acknowledged_at is None for each in told)
    names = {field.code: label_of(field, get_language() or "en") for field in Field.objects.all()}
    context = {
        "act": act,
        "at": made[0].recorded_at,
        "fields": ", ".join(dict.fromkeys(names.get(each.field, each.field) for each in made)),
        "records": len({each.record_id for each in made}),
        "told": told,
        "live": waits and datetime.now(UTC) - made[0].recorded_at < LIVE,
        "person_id": made[0].record.person_id,
    }
    return render(request, page(request, "desk/_corrected.html"), context)
