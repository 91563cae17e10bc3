"""Corrections: which call centres must hear of each, and who still holds what was wrong. No value is
shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.catalogue.models import Field
from duecause.apps.dialling.correction_queries import CorrectionState, Recipient, acts, shown_acts
from duecause.apps.dialling.correction_values import NUMBER
from duecause.apps.parties.models import Source
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.words import own_words

PER_PAGE = 50


@require_GET
@needs("dialling.read")
def corrections(request: PageRequest) -> HttpResponse:
    """Those that somebody still holds first asked for; `show=all` for every one."""
    everything = request.GET.get("show") == "all"
    found = Paginator(acts(open_only=not everything), PER_PAGE).get_page(request.GET.get("page"))
    now, names = datetime.now(UTC), _field_names()
    sources = dict(Source.objects.values_list("code", "name"))
    context = {
        "rows": [_row(state, names, sources, now) for state in shown_acts(found)],
        "page_of": found,
        "everything": everything,
        "query": "show=all" if everything else "",
        "tabs": tabs_for(request.actor, "lists"),
        "choices": [("", _("Still held")), ("all", _("All"))],
        "chosen": "all" if everything else "",
    }
    return render(request, "dialling/corrections.html", context)


def _row(
    state: CorrectionState, names: dict[str, str], sources: dict[str, str], now: datetime
) -> dict[str, Any]:
    holding = state.holding
    late = bool(holding) and state.due_at is not None and state.due_at <= now
    return {
        "state": state,
        "fields": ", ".join(names.get(code, code) for code in state.fields),
        "said": sources.get(state.source, state.source) if state.source else _("The person"),
        "meaning": "act" if late else "watch" if holding else "ok",
        "word": _("Overdue") if late else _("Still held") if holding else _("Right everywhere"),
        "centres": [(each, _meaning(each, late)) for each in state.recipients],
        "confirmed": len(state.recipients) - len(holding),
    }


def _meaning(each: Recipient, late: bool) -> str:
    if each.acknowledged_at is not None:
        return "ok"
    return "act" if late else "watch"


def _field_names() -> dict[str, str]:
    names = {code: own_words(label, code) for code, label in Field.objects.values_list("code", "label")}
    return names | {NUMBER: _("Telephone number")}
