"""Past objections and national registers: what is in use, how old it is, taking in a new file. No number of
anybody is on any of these pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from duecause.apps.consent import queries, upload_actions
from duecause.apps.consent.forms import NewVersion, PastObjections
from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.register_load_actions import rule_of
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.models import Source
from duecause.engine.problems import Problem
from duecause.engine.screening import Rule
from duecause.web import charts
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import day, locale, shown_day

KINDS = (upload_actions.LOAD, upload_actions.OBJECTIONS)
STOPPED = (Step.State.REFUSED, Step.State.DEAD)
SOON = 0.75
OUTCOMES = {
    "recorded": ("ok", lazy("Recorded for a person")),
    "recorded_number": ("ok", lazy("Recorded for a number nobody is known by")),
    "recorded_email": ("ok", lazy("Recorded for an address nobody is known by")),
    "already": ("waiting", lazy("Held already")),
    "refused": ("stopped", lazy("Refused")),
}


def today() -> date:
    return shown_day(datetime.now(UTC))


@require_GET
@needs("register.read")
def registers(request: PageRequest) -> HttpResponse:
    context = {
        "rows": [_register(register) for register in NationalRegister.objects.order_by("code")],
        "files": [_line(job) for job in queries.file_jobs(KINDS)[:20]],
        "objections": queries.running_objections(),
    }
    return render(request, "consent/registers.html", context)


def _register(register: NationalRegister) -> dict[str, Any]:
    """The active version, its age, and until when the law lets it be used."""
    active = queries.active_versions([register.code]).get(register.code)
    on = today()
    rule = rule_of(register, on)
    if rule is not None and rule.text("access") == "submit":
        return _asked(register, rule, on)
    days = rule.number("max_file_age_days") if rule else None
    age = (on - active.version_date).days if active else None
    if rule is None:
        meaning, word = "waiting", _("Asked for by no rule today")
    elif active is None or (days is not None and age is not None and age > days):
        meaning, word = "act", _("Missing") if active is None else _("Too old")
    elif days and age is not None and age >= days * SOON:
        meaning, word = "watch", _("Due soon")
    else:
        meaning, word = "ok", _("In use")
    return {
        "register": register,
        "country": str(locale().territories.get(register.country, register.country)),
        "active": active,
        "version": active and active.version_date,
        "numbers": active and active.rows,
        "age": age,
        "days": days,
        "due": date.fromordinal(active.version_date.toordinal() + days) if active and days else None,
        "meaning": meaning,
        "word": word,
    }


def _asked(register: NationalRegister, rule: Rule, on: date) -> dict[str, Any]:
    """A register that numbers are submitted to: when it answered last. Each list needs answers of its own."""
    newest = queries.newest_answers([register.code]).get(register.code)
    days = rule.number("max_file_age_days")
    age = (on - newest).days if newest else None
    if age is None:
        meaning, word = "waiting", _("Never asked")
    elif age > days:
        meaning, word = "act", _("Too old")
    else:
        meaning, word = ("watch", _("Due soon")) if age >= days * SOON else ("ok", _("In use"))
    return {
        "register": register,
        "country": str(locale().territories.get(register.country, register.country)),
        "asked": True,
        "version": newest,
        "age": age,
        "days": days,
        "due": newest and date.fromordinal(newest.toordinal() + days),
        "meaning": meaning,
        "word": word,
    }


@require_http_methods(["GET", "POST"])
@needs("registers.load")
def load(request: PageRequest, code: str) -> HttpResponse:
    register = get_object_or_404(NationalRegister, code=code)
    if request.method == "POST":
        form = NewVersion(request.POST, request.FILES, today=today())
        if form.is_valid():
            file = form.cleaned_data["file"]
            job = upload_actions.queue_register(
                actor=request.actor,
                register=register,
                data=file.read(),
                file_name=file.name,
                version_date=form.cleaned_data["version"],
                force_shrunken=form.cleaned_data["shrunken"],
                sha256=form.cleaned_data["sha256"],
                now=datetime.now(UTC),
            )
            return redirect("consent:job", job.pk)
    else:
        form = NewVersion(today=today())
    context = {"form": form, **_register(register)}
    return render(request, "consent/load.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@needs("register.import")
def import_objections(request: PageRequest) -> HttpResponse:
    codes = Source.objects.order_by("default_country").values_list("default_country", flat=True).distinct()
    countries = [(code, str(locale().territories.get(code, code))) for code in codes]
    if request.method == "POST":
        form = PastObjections(request.POST, request.FILES, countries=countries)
        if form.is_valid():
            file = form.cleaned_data["file"]
            job = upload_actions.queue_objections(
                actor=request.actor,
                controller=form.cleaned_data["controller"],
                data=file.read(),
                file_name=file.name,
                country=form.cleaned_data["country"],
                now=datetime.now(UTC),
            )
            return redirect("consent:job", job.pk)
    else:
        form = PastObjections(countries=countries)
    return render(request, "consent/import.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
@needs("register.read")
def job(request: PageRequest, job_id: UUID) -> HttpResponse:
    """How far a file is, then what became of it."""
    return render(request, "consent/job.html", _job(job_id))


@require_GET
@needs("register.read")
def progress(request: PageRequest, job_id: UUID) -> HttpResponse:
    context = _job(job_id)
    if context["ended"]:
        return HttpResponseClientRefresh()
    return render(request, "consent/_progress.html", context)


def _job(job_id: UUID) -> dict[str, Any]:
    found = get_object_or_404(queries.file_jobs(KINDS), pk=job_id)
    step = found.steps.all()[0]
    counts = step.receipt.get("counts", {})
    bars = [
        charts.Bar(str(word), counts[code], meaning=meaning)
        for code, (meaning, word) in OUTCOMES.items()
        if counts.get(code)
    ]
    return {
        **_line(found),
        "step": step,
        "ended": step.state in (*STOPPED, Step.State.DONE),
        "stopped": step.state in STOPPED,
        "why": _told(step.error) if step.error else "",
        "chart": charts.bars(_("What became of the rows"), bars, unit=_("Rows")) if bars else None,
        "problems": [{**row, "text": _told(row)} for row in step.receipt.get("rows", [])],
        "problem_count": sum(step.receipt.get("problems", {}).values()),
    }


def _line(found: Obligation) -> dict[str, Any]:
    states = {
        Obligation.State.OPEN: ("waiting", _("Being read")),
        Obligation.State.DONE: ("ok", _("Taken in")),
        Obligation.State.FAILED: ("act", _("Refused")),
    }
    meaning, word = states.get(Obligation.State(found.state), ("stopped", _("Stopped")))
    loads = found.kind == upload_actions.LOAD
    return {
        "job": found,
        "loads": loads,
        "what": _("National register %(code)s") % {"code": found.facts["register"]}
        if loads
        else _("Past objections"),
        "version": date.fromisoformat(found.facts["version"]) if loads else None,
        "meaning": meaning,
        "word": word,
    }


def _told(stored: Any) -> str:
    params = {name: _day_or_same(value) for name, value in (stored.get("params") or {}).items()}
    problem = Problem(str(stored["code"]), str(stored["template"]), params)
    return _(problem.template) % problem.params if problem.params else _(problem.template)


def _day_or_same(value: object) -> object:
    """Days became text on their way through the database."""
    try:
        return day(date.fromisoformat(str(value)))
    except ValueError:
        return value
