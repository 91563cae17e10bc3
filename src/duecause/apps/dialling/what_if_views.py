"""A list under the rules of another day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.catalogue import texts as catalogue_texts
from duecause.apps.dialling import texts, views
from duecause.apps.dialling import what_if as judging
from duecause.engine.problems import Refused
from duecause.engine.screening import Rule
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken


@require_GET
@needs("dialling.read")
def what_if(request: PageRequest, list_id: UUID) -> HttpResponse:
    """Reason by reason, as screened and on the day that was chosen."""
    dial_list = views.list_or_404(list_id)
    context: dict[str, object] = {"list": dial_list}
    try:
        on = date.fromisoformat(request.GET.get("on") or views.today().isoformat())
    except ValueError:
        on = views.today()
        context["wrong"] = _("This is not a day. Write it as 2026-11-21.")
    context["on"] = on
    try:
        found = judging.what_if(
            actor=request.actor, dial_list=dial_list, on=on, now=datetime.now(UTC), most=judging.MOST_ROWS
        )
    except Refused as refused:
        context["refused"] = spoken(refused.problem)
    else:
        context |= {
            "found": found,
            "reasons": [(texts.reason_label(row.code), row.before, row.then) for row in found.reasons],
            "begin": [_words(rule) for rule in found.begin],
            "end": [_words(rule) for rule in found.end],
        }
    return render(request, "dialling/what_if.html", context, status=422 if "refused" in context else 200)


def _words(rule: Rule) -> dict[str, str]:
    return {
        "text": f"{catalogue_texts.KINDS[rule.kind]}: {texts.rule_words(rule)}",
        "mend": rule.law if rule.reviewed_by else f"{rule.law} · {_('not reviewed by counsel')}",
        "meaning": "info",
    }
