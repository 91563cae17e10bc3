"""Holds: which run, begin one, end one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.register import hold_actions as actions
from duecause.apps.register.models import Hold, Person, Record
from duecause.apps.rights import retention_showing as showing
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

SHOWN = 200


class HoldForm(forms.Form):
    reason = forms.ChoiceField(
        choices=[(code, showing.HELD[code]) for code in Hold.Reason], label=lazy("Why it is held")
    )
    reference = forms.CharField(
        max_length=actions.LONGEST_REFERENCE,
        required=False,
        label=lazy("Reference"),
        help_text=lazy("Of the file it is for. Never a name."),
    )
    until = forms.DateField(
        required=False,
        label=lazy("Last day"),
        help_text=lazy("Without one it runs until somebody ends it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    record = forms.ChoiceField(required=False, label=lazy("Which record"))
    fields_held = forms.MultipleChoiceField(
        required=False,
        label=lazy("Which fields"),
        help_text=lazy("Nothing ticked holds all of them."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, person: UUID, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = list(
            Record.objects.filter(person=person).select_related("source").order_by("recorded_at", "pk")
        )
        labels = showing.field_labels()
        names = sorted({name for row in rows for name in row.fields})
        options = {
            "record": [
                ("", lazy("All records of the person, also later ones")),
                *((str(row.pk), f"{row.source.name} ({row.recorded_at:%Y-%m-%d})") for row in rows),
            ],
            "fields_held": [(name, labels.get(name, name)) for name in names],
        }
        for name, choices in options.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@require_GET
@needs("rights.read")
def holds(request: PageRequest) -> HttpResponse:
    return _page(request)


@require_http_methods(["GET", "POST"])
@needs(actions.FUNCTION)
def begin(request: PageRequest, person_id: UUID) -> HttpResponse:
    if not Person.objects.filter(pk=person_id, records__isnull=False).exists():
        raise Http404
    form = HoldForm(request.POST or None, person=person_id)
    if request.method == "GET" or not form.is_valid():
        return _form(request, form, person_id, status=200 if request.method == "GET" else 422)
    data = form.cleaned_data
    try:
        actions.begin_hold(
            actor=request.actor,
            person=person_id,
            terms=actions.Terms(data["reason"], data["reference"], data["until"]),
            only=UUID(data["record"]) if data["record"] else None,
            fields=data["fields_held"],
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return _form(request, form, person_id, problem=refused.problem, status=422)
    return redirect("retention:holds")


@require_POST
@needs(actions.FUNCTION)
def end(request: PageRequest, hold_id: UUID) -> HttpResponse:
    hold = Hold.objects.filter(pk=hold_id).first()
    if hold is None:
        raise Http404
    try:
        actions.end_hold(actor=request.actor, hold=hold, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, problem=refused.problem)
    return redirect("retention:holds")


def _page(request: PageRequest, problem: Problem | None = None) -> HttpResponse:
    now = datetime.now(UTC)
    rows = [showing.hold_row(hold, now) for hold in Hold.objects.order_by("-begun_at")[:SHOWN]]
    context = {
        "rows": sorted(rows, key=lambda row: row["over"]),
        "problem": spoken(problem) if problem else "",
    }
    return render(request, "rights/holds.html", context, status=422 if problem else 200)


def _form(
    request: PageRequest, form: HoldForm, person: UUID, *, problem: Problem | None = None, status: int
) -> HttpResponse:
    context = {"form": form, "person": person, "problem": spoken(problem) if problem else ""}
    return render(request, "rights/hold.html", context, status=status)
