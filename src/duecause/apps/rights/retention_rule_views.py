"""Change a rule: propose, see what it would do to whom, have somebody else agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.catalogue import retention_actions as actions
from duecause.apps.catalogue import retention_queries as queries
from duecause.apps.catalogue.models import RetentionVersion
from duecause.apps.catalogue.retention_texts import ACTION_NAMES, EVENT_NAMES, EVENT_NOTES
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.rights import retention_showing as showing
from duecause.apps.rights.retention_queries import countable, under_way
from duecause.engine.problems import Problem, Refused
from duecause.engine.retention import OF_RULES
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

UNITS = {"months": lazy("months"), "days": lazy("days")}


class RuleForm(forms.Form):
    purpose = forms.ChoiceField(label=lazy("Purpose"))
    field = forms.ChoiceField(
        required=False,
        label=lazy("Field"),
        help_text=lazy("A rule for one field takes the place of the purpose’s other rules for it."),
    )
    trigger = forms.ChoiceField(choices=list(EVENT_NAMES.items()), label=lazy("Counted from"))
    length = forms.IntegerField(min_value=0, max_value=actions.LONGEST_DAYS, label=lazy("How long"))
    unit = forms.ChoiceField(choices=list(UNITS.items()), label=lazy("In"))
    action = forms.ChoiceField(
        choices=[(str(code), ACTION_NAMES[code]) for code in OF_RULES], label=lazy("What happens then")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, options in (
            ("purpose", list(showing.purpose_names().items())),
            ("field", [("", _("All fields of the purpose")), *showing.field_labels().items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = sorted(options, key=lambda option: (option[0] != "", option[1]))

    def rule(self) -> dict[str, Any]:
        """In the words of `engine.retention.as_plain`."""
        data = self.cleaned_data
        months, days = (data["length"], 0) if data["unit"] == "months" else (0, data["length"])
        plain = {name: data[name] for name in ("purpose", "field", "trigger", "action")}
        return {**plain, "months": months, "days": days}


@require_http_methods(["GET", "POST"])
@needs(actions.PROPOSE)
def rule(request: PageRequest) -> HttpResponse:
    """`of`: the rule that is changed, as `purpose|field|event|action`; without it a new one."""
    before = _rule_of(request.GET.get("of", ""))
    if request.method == "GET":
        return _form(request, RuleForm(initial=_initial(before)), before)
    form = RuleForm(request.POST)
    drop = "drop" in request.POST and before is not None
    if not drop and not form.is_valid():
        return _form(request, form, before, status=422)
    now = datetime.now(UTC)
    try:
        version = actions.change_rule(
            actor=request.actor, before=before, after=None if drop else form.rule(), now=now
        )
    except Refused as refused:
        return _form(
            request,
            form if form.is_bound and not drop else RuleForm(initial=_initial(before)),
            before,
            problem=refused.problem,
            status=422,
        )
    _count(request, version, now)
    return redirect("retention:version", version.number)


@require_GET
@needs("catalogue.read")
def version(request: PageRequest, number: int) -> HttpResponse:
    return _page(request, _version_or_404(number))


@require_POST
@needs(actions.PROPOSE)
def count(request: PageRequest, number: int) -> HttpResponse:
    found = _version_or_404(number)
    _count(request, found, datetime.now(UTC))
    return redirect("retention:version", number)


@require_POST
@needs(actions.APPROVE)
def approve(request: PageRequest, number: int) -> HttpResponse:
    """Of the figures that were on the page: newer ones have to be read first."""
    found = _version_or_404(number)
    try:
        seen = parse_datetime(request.POST.get("counted_at", ""))
    except ValueError:
        seen = None
    try:
        actions.approve_rules(actor=request.actor, version=found, counted_at=seen, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, found, problem=refused.problem)
    return redirect("retention:version", number)


@require_POST
@needs(actions.PROPOSE)
def refuse(request: PageRequest, number: int) -> HttpResponse:
    found = _version_or_404(number)
    try:
        actions.refuse_rules(actor=request.actor, version=found, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, found, problem=refused.problem)
    return redirect("retention:forecast")


def _count(request: PageRequest, version: RetentionVersion, now: datetime) -> None:
    """At once where that is quick; else the worker does it."""
    if version.state != RetentionVersion.State.PROPOSED:
        return
    if countable():
        actions.count_impact(actor=request.actor, version=version, now=now)
    elif not under_way(version):
        with transaction.atomic():
            facts = {"version": version.number}
            open_obligation(
                actor=request.actor, kind=actions.COUNT, now=now, systems=["duecause"], facts=facts
            )


def _form(
    request: PageRequest,
    form: RuleForm,
    before: dict[str, Any] | None,
    *,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "before": before,
        "events": [(EVENT_NAMES[code], EVENT_NOTES[code]) for code in EVENT_NAMES],
        "problem": spoken(problem) if problem else "",
    }
    return render(request, "rights/retention_rule.html", context, status=status)


def _page(request: PageRequest, found: RetentionVersion, problem: Problem | None = None) -> HttpResponse:
    waits = found.state == RetentionVersion.State.PROPOSED
    context = {
        **showing.version_row(found, request.actor.ref),
        "rows": showing.differences(found),
        "rules": showing.rule_rows(found),
        "impact": showing.impact_rows(found),
        "waits": waits,
        "counting": waits and found.counted_at is None and under_way(found),
        "counted": found.counted_at.isoformat() if found.counted_at else "",
        "problem": spoken(problem) if problem else "",
    }
    return render(request, "rights/retention_version.html", context, status=422 if problem else 200)


def _rule_of(key: str) -> dict[str, Any] | None:
    rules = queries.plain_rules(queries.waiting() or queries.in_force())
    found = next((rule for rule in rules if showing.key_of(rule) == key), None)
    if key and found is None:
        raise Http404
    return found


def _initial(before: dict[str, Any] | None) -> dict[str, Any]:
    if before is None:
        return {"unit": "months"}
    unit = "months" if before["months"] else "days"
    return {**before, "length": before[unit], "unit": unit}


def _version_or_404(number: int) -> RetentionVersion:
    found = RetentionVersion.objects.filter(number=number).first()
    if found is None:
        raise Http404
    return found
