"""Measures that watch employees: which may run, what is missing for the others, and from which day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.gate.activation import Standing, standings
from duecause.apps.gate.activation_actions import FUNCTION, file_paper, withdraw_paper
from duecause.apps.gate.activation_models import MeasurePaper
from duecause.engine.problems import Refused
from duecause.packs.activation import NOTICE
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

MEASURES = {
    "lookup_review": gettext_lazy("Review of look-ups"),
    "employer_alarms": gettext_lazy("Alarms to the employer that name an employee"),
    "screen_recording": gettext_lazy("Recording of screens"),
    "call_recording": gettext_lazy("Recording of calls"),
    "mail_check": gettext_lazy("Check of outgoing mail"),
    "drive_check": gettext_lazy("Check of removable drives"),
}
KINDS = {
    NOTICE: gettext_lazy("Notice to the employees"),
    "basis": gettext_lazy("Legal basis"),
    "assessment": gettext_lazy("Impact assessment"),
    "works_council": gettext_lazy("Record of the works council"),
}


class PaperForm(forms.Form):
    reference = forms.CharField(max_length=200, label=gettext_lazy("Where it lies"))
    dated = forms.DateField(
        label=gettext_lazy("Given, signed or told on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_GET
@needs("alarms.read")
def measures(request: PageRequest) -> HttpResponse:
    return _page(request)


@require_POST
@needs(FUNCTION)
def file(request: PageRequest, measure: str, kind: str) -> HttpResponse:
    _standing(measure, kind)
    form = PaperForm(request.POST, prefix=f"{measure}-{kind}")
    if not form.is_valid():
        return _page(request, wrong=form)
    try:
        file_paper(
            actor=request.actor, measure=measure, kind=kind, now=datetime.now(UTC), **form.cleaned_data
        )
    except Refused as refused:
        form.add_error(None, spoken(refused.problem))
        return _page(request, wrong=form)
    messages.success(request, _("Filed: %(paper)s.") % {"paper": KINDS[kind]})
    return redirect("gate:measures")


@require_POST
@needs(FUNCTION)
def withdraw(request: PageRequest, measure: str, kind: str) -> HttpResponse:
    paper = _standing(measure, kind).papers.get(kind)
    if paper is not None:
        withdraw_paper(actor=request.actor, paper=paper, now=datetime.now(UTC))
    messages.success(request, _("Withdrawn. “%(measure)s” is off.") % {"measure": MEASURES[measure]})
    return redirect("gate:measures")


def _standing(measure: str, kind: str) -> Standing:
    found = next((each for each in standings(datetime.now(UTC)) if each.measure == measure), None)
    if found is None or kind not in KINDS:
        raise Http404
    return found


def _page(request: PageRequest, *, wrong: PaperForm | None = None) -> HttpResponse:
    rows = [_row(each, wrong) for each in standings(datetime.now(UTC))]
    context = {"rows": rows, "may_file": request.actor.may(FUNCTION)}
    return render(request, "gate/measures.html", context, status=422 if wrong else 200)


def _row(standing: Standing, wrong: PaperForm | None) -> dict[str, Any]:
    if standing.running:
        meaning = "ok"
    else:
        meaning = "stopped" if standing.missing else "waiting"
    return {
        "code": standing.measure,
        "name": MEASURES.get(standing.measure, standing.measure),
        "meaning": meaning,
        "missing": len(standing.missing),
        "runs_from": standing.runs_from,
        "papers": [_paper(standing, kind, wrong) for kind in KINDS],
    }


def _paper(standing: Standing, kind: str, wrong: PaperForm | None) -> dict[str, Any]:
    prefix = f"{standing.measure}-{kind}"
    filed: MeasurePaper | None = standing.papers.get(kind)
    form = wrong if wrong is not None and wrong.prefix == prefix else PaperForm(prefix=prefix)
    return {"kind": kind, "name": KINDS[kind], "filed": filed, "form": form, "open": form is wrong}
