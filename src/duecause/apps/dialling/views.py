"""Lists: what was screened, asking for a new one, its report and its rows. No number is on these pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from duecause.apps.dialling import (
    actions,
    custody_forms,
    list_queries,
    release_actions,
    showing,
    showing_answers,
    showing_hours,
    texts,
)
from duecause.apps.dialling.custody_forms import CustodyForm
from duecause.apps.dialling.exchange_actions import may_deliver
from duecause.apps.dialling.forms import Screening
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.list_queries import RowFilter
from duecause.apps.dialling.models import Campaign, DialList
from duecause.apps.obligations.models import Step
from duecause.apps.parties.queries import gate_of
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.engine.tabular import write_csv
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import spoken

PER_PAGE = 50
FILTERS = ("campaign", "centre", "state")
EXPORT_COLUMNS = ("file", "sheet", "row", "country", "verdict", "reasons", "in words")


def today() -> date:
    return shown_day(datetime.now(UTC))


@require_GET
@needs("dialling.read")
def lists(request: PageRequest) -> HttpResponse:
    now = datetime.now(UTC)
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    found = list_queries.lists(**chosen, now=now)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = list_queries.source_names(page)
    rows = [
        {**showing.line(one, now), "made_of": texts.from_where(one.candidates_from, names)} for one in page
    ]
    every = (("", _("All")),)
    context = {
        "rows": rows,
        "page_of": page,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "query": urlencode({name: value for name, value in chosen.items() if value}),
        "campaigns": [*every, *Campaign.objects.order_by("name").values_list("code", "name")],
        "centres": [*every, *list_queries.call_centres().values_list("code", "name")],
        "tabs": tabs_for(request.actor, "lists"),
        "states": [*every, *((code, texts.STATES[code][1]) for code in list_queries.STATES)],
    }
    return render(request, "dialling/lists.html", context)


def _form(data: Any = None, files: Any = None, initial: dict[str, Any] | None = None) -> Screening:
    sources = [(source.code, source.name) for source in list_queries.sources_with_imports()]
    about = reverse("dialling:about")
    return Screening(data, files, initial=initial, today=today(), sources=sources, about=about)


@require_http_methods(["GET", "POST"])
@needs("dialling.screen")
def new(request: PageRequest) -> HttpResponse:
    """Ask for a screening: a worker judges the rows of sources or of a file, and the list tells how far."""
    if request.method == "GET":
        wanted = {name: request.GET[name] for name in ("campaign", "centre") if name in request.GET}
        return _ask(request, _form(initial=wanted))
    form = _form(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, form)
    try:
        return redirect("dialling:list", _screened(request, form).pk)
    except Refused as refused:
        return _ask(request, form, refused)


def _screened(request: PageRequest, form: Screening) -> DialList:
    given = form.cleaned_data
    now = datetime.now(UTC)
    asked: dict[str, Any] = {"actor": request.actor, "now": now} | {
        name: given[name] for name in ("campaign", "centre", "on")
    }
    upload = given["file"]
    file = upload and ListFile(data=upload.read(), name=upload.name, country=given["country"])
    return actions.request_screening(**asked, file=file, sources=given["sources"])[0]


def _ask(request: PageRequest, form: Screening, refused: Refused | None = None) -> HttpResponse:
    campaigns: Any = form.fields["campaign"]
    code = form["campaign"].value()
    campaign = campaigns.queryset.filter(code=code).first() or campaigns.queryset.first()
    centre = list_queries.call_centres().filter(code=form["centre"].value()).first()
    context = {
        "form": form,
        "refused": spoken(refused.problem) if refused else "",
        "about": campaign and showing.about(campaign, centre or list_queries.call_centres().first(), today()),
        "has_centres": list_queries.call_centres().exists(),
    }
    return render(request, "dialling/new.html", context, status=422 if form.is_bound else 200)


@require_GET
@needs("dialling.screen")
def about(request: PageRequest) -> HttpResponse:
    """What would be applied to this choice: asked again whenever campaign, centre or day changes."""
    campaign = get_object_or_404(Campaign, code=request.GET.get("campaign", ""))
    centre = list_queries.call_centres().filter(code=request.GET.get("centre", "")).first()
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = today()
    return render(request, "dialling/_about.html", {"about": showing.about(campaign, centre, on)})


def list_or_404(list_id: UUID) -> DialList:
    known = DialList.objects.select_related("campaign__controller", "campaign__purpose", "centre", "release")
    return get_object_or_404(known, pk=list_id)


@require_GET
@needs("dialling.read")
def detail(request: PageRequest, list_id: UUID) -> HttpResponse:
    return report(request, list_or_404(list_id))


def report(
    request: PageRequest,
    dial_list: DialList,
    *,
    refused: str = "",
    unconfirmed: str = "",
    custody_form: CustodyForm | None = None,
) -> HttpResponse:
    """The page of one list; `refused`: why nothing was released, `unconfirmed`: why nothing was recalled,
    `custody_form`: what could not be noted of the centre's word."""
    now = datetime.now(UTC)
    names = list_queries.source_names([dial_list])
    context = {
        "line": showing.line(dial_list, now),
        "list": dial_list,
        "made_of": texts.from_where(dial_list.candidates_from, names),
        "refused": refused,
        "unconfirmed": unconfirmed,
    }
    if dial_list.report:
        until, because = showing.expiry(dial_list)
        context |= {
            "chart": showing.waterfall(dial_list),
            "rules": showing.rules_applied(dial_list),
            "registers": showing.registers_used(dial_list),
            "until": until,
            "because": because,
            "nobody": showing.nobody_because(dial_list.campaign, dial_list.on),
            "hours": showing_hours.calling_hours(dial_list.campaign, dial_list.on, now),
            **standing(dial_list, now),
        }
        if context["release"] is None:
            context["answers"] = showing_answers.of_list(dial_list, now)
    else:
        context |= progress_of(dial_list, now)
    if custody_form:
        context["custody_form"] = custody_form
    wrong = refused or unconfirmed or custody_form
    return render(request, "dialling/list.html", context, status=422 if wrong else 200)


def standing(dial_list: DialList, now: datetime) -> dict[str, Any]:
    """Whether the list may be released now, or what became of its release."""
    release = list_queries.release_of(dial_list)
    against = [] if release else showing.against_release(dial_list, now)
    banned = any(problem.code == "campaign_banned" for problem in against)
    # The ban stands above the report already, in more words.
    told = [] if banned and showing.nobody_because(dial_list.campaign, dial_list.on) else against
    return {
        "release": release,
        **(custody_forms.shown(release, now) if release else {}),
        "last_day": dial_list.report and release_actions.last_day(dial_list),
        "may_release": not release and not against,
        "by_exchange": may_deliver(dial_list.centre),
        "against": [showing.reason_row(problem) for problem in told],
        "overridden": showing.gate_rows(
            gate_of(dial_list.centre, local_day(now, dial_list.campaign.controller.country), now=now)
        )["overridden"],
        "screen_again": any(problem.code == "list_stale" for problem in against),
        "count": showing.released_count(dial_list),
        "without_script": "" if release else showing.without_script(dial_list, now),
    }


@require_GET
@needs("dialling.read")
def progress(request: PageRequest, list_id: UUID) -> HttpResponse:
    """Polled while a worker screens; at the end the page is drawn anew with the report."""
    dial_list = list_or_404(list_id)
    found = progress_of(dial_list, datetime.now(UTC), _seen(request))
    if dial_list.state != DialList.State.SCREENING or found["stopped"]:
        return HttpResponseClientRefresh()
    return render(request, "dialling/_progress.html", {"list": dial_list, **found})


def _seen(request: PageRequest) -> tuple[float, int]:
    """When the page first looked, and the rows done then."""
    at, rows = request.GET.get("at", "0"), request.GET.get("rows", "0")
    return (float(at), int(rows)) if at.isdecimal() and rows.isdecimal() else (0.0, 0)


@require_POST
@needs("dialling.screen")
def stop(request: PageRequest, list_id: UUID) -> HttpResponse:
    """End a screening before its end; whoever works on it hears of it at the next rows."""
    actions.fail_list(actor=request.actor, dial_list=list_or_404(list_id))
    return redirect("dialling:list", list_id)


def progress_of(dial_list: DialList, now: datetime, seen: tuple[float, int] = (0.0, 0)) -> dict[str, Any]:
    step = list_queries.screening_step(dial_list)
    stopped = step is not None and step.state in (Step.State.REFUSED, Step.State.DEAD)
    waited = (now - dial_list.created_at).total_seconds()
    return {
        **showing.pace(dial_list, step, seen=seen, now=now),
        "stopped": stopped,
        "why": texts.told(step.error) if step and stopped and step.error else "",
        "nobody_works": step is not None
        and step.state == Step.State.DUE
        and not step.attempts
        and waited > 15,
    }


def _filter(request: PageRequest) -> RowFilter:
    return RowFilter(
        reason=request.GET.get("reason", "")[:60],
        every=request.GET.get("every") == "1",
        released=request.GET.get("released") == "1",
    )


@require_GET
@needs("dialling.read")
def rows(request: PageRequest, list_id: UUID) -> HttpResponse:
    """The rows behind a bar, named as in their source: reasons, never numbers."""
    dial_list = list_or_404(list_id)
    wanted = _filter(request)
    found = list_queries.rows(dial_list, wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode(
        {name: request.GET[name] for name in ("reason", "every", "released") if name in request.GET}
    )
    codes = list(dial_list.report.get("totals", {}))
    context = {
        "list": dial_list,
        "wanted": wanted,
        "page_of": page,
        "query": query,
        "rows": [
            {"row": row, "reasons": [(texts.reason_label(c), texts.reason_sentence(c)) for c in row.reasons]}
            for row in page
        ],
        "meanings": _meanings({code for row in page for code in row.reasons}),
        "heading": texts.reason_label(wanted.reason) if wanted.reason else "",
        "sentence": texts.reason_sentence(wanted.reason) if wanted.reason else "",
        "reasons": [("", _("All")), *((code, texts.reason_label(code)) for code in codes)],
        "tabs": _reason_tabs(dial_list, wanted) if wanted.reason else [],
        "export": reverse("dialling:rows-csv", args=[dial_list.pk]) + (f"?{query}" if query else ""),
    }
    return render(request, "dialling/rows.html", context)


def _meanings(codes: Iterable[str]) -> list[tuple[str, str]]:
    return sorted((texts.reason_label(code), texts.reason_sentence(code)) for code in codes)


def _reason_tabs(dial_list: DialList, wanted: RowFilter) -> list[dict[str, Any]]:
    kinds = ((False, _("Held back by this reason first")), (True, _("All rows with this reason")))
    return [
        {
            "url": showing.rows_url(dial_list, reason=wanted.reason, **({"every": "1"} if every else {})),
            "label": label,
            "current": wanted.every == every,
            "count": list_queries.rows(dial_list, RowFilter(wanted.reason, every=every)).count(),
        }
        for every, label in kinds
    ]


@require_GET
@needs("dialling.read")
def rows_csv(request: PageRequest, list_id: UUID) -> StreamingHttpResponse:
    """Exactly the filtered rows, without numbers."""
    dial_list = list_or_404(list_id)
    found = list_queries.rows(dial_list, _filter(request))
    name = f"{dial_list.campaign.code}_{dial_list.centre.code}_{dial_list.on}_rows.csv"
    return StreamingHttpResponse(
        write_csv(_cells(found), EXPORT_COLUMNS, bom=True),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _cells(found: Any) -> Iterator[tuple[object, ...]]:
    for row in found.iterator(chunk_size=2_000):
        words = " ".join(texts.reason_sentence(code) for code in row.reasons)
        verdict = "release" if row.released else "hold"
        yield row.file, row.sheet, row.row, row.country, verdict, " ".join(row.reasons), words
