"""Imports: what came in, what became of each row, what waits in quarantine. No row's values are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from duecause.apps.parties.models import Source
from duecause.apps.register import labels, queries, showing
from duecause.apps.register.models import ImportBatch, ImportRow
from duecause.engine.tabular import write_csv
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import url_or_none
from duecause.web.templatetags import formats

PER_PAGE = 50
EXPORT_COLUMNS = ("sheet", "row", "outcome", "problems", "columns", "looks like", "in words", "changed")


def tabs(request: PageRequest, current: str) -> list[dict[str, Any]]:
    """The views of this room that are for this person."""
    found: list[dict[str, Any]] = [
        {"url": reverse("register:imports"), "label": _("Imports"), "code": "imports"},
        {"url": reverse("register:quarantine"), "label": _("Quarantine"), "code": "quarantine"},
    ]
    if request.actor.may("register.link"):
        links: dict[str, Any] = {"url": reverse("register:links"), "label": _("Links"), "code": "links"}
        if current != "links":  # there the number stands with the pairs and changes with each decision
            links["count"] = queries.suggestions(request.actor.ref).count()
        found.append(links)
    consents = url_or_none("consents:overview")
    if consents and request.actor.may("consent.read"):
        found.append({"url": consents, "label": _("Consents"), "code": "consents"})
    notices = url_or_none("notices:overview")
    if notices and request.actor.may("notices.read"):
        found.append({"url": notices, "label": _("Notices"), "code": "notices"})
    registers = url_or_none("consent:registers")
    if registers:
        found.append({"url": registers, "label": _("Objections and registers"), "code": "registers"})
    return [{**tab, "current": tab["code"] == current} for tab in found]


@require_GET
@needs("register.read")
def imports(request: PageRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in ("source", "state")}
    page = Paginator(queries.imports(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    every = (("", _("All")),)
    context = {
        "tabs": tabs(request, "imports"),
        "totals": queries.totals(),
        "rows": [showing.line(batch) for batch in page],
        "page_of": page,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "query": urlencode({name: value for name, value in chosen.items() if value}),
        "sources": [*every, *Source.objects.order_by("name").values_list("code", "name")],
        "states": [*every, *((code, word) for code, (_meaning, word) in labels.STATES.items())],
    }
    return render(request, "register/imports.html", context)


def batch_or_404(batch_id: UUID) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.select_related("source"), pk=batch_id)


@require_GET
@needs("register.read")
def detail(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """How far an import is, then its report."""
    batch = batch_or_404(batch_id)
    if batch.state == ImportBatch.State.LOADING:
        return render(request, "register/importing.html", _progress(request, batch))
    wanted = _filter(request)
    found = queries.import_detail(batch)
    page, rows = queries.rows_of(batch, **wanted, page=request.GET.get("page"))
    query = urlencode({name: value for name, value in wanted.items() if value})
    names = showing.field_names()
    every = ("", _("All"))
    context = {
        **showing.line(batch),
        "chart": showing.outcome_chart(batch),
        "problems": showing.problems(found),
        "quarantined": sum(found.quarantine.values()),
        "sheets": [{"name": sheet["name"], "facts": showing.sheet_facts(sheet)} for sheet in batch.sheets],
        "columns": showing.mapping(batch.sheets, names),
        "names": names,
        "why_failed": labels.told(found.step.error) if found.step and found.step.error else "",
        "repeated": "again" in request.GET,
        "nothing_changed": set(batch.counts) <= {"unchanged"},
        "wanted": wanted,
        "rows": [_row(row, names) for row in rows],
        "page_of": page,
        "query": query,
        "outcomes": [every, *((one["code"], one["word"]) for one in showing.counts(batch.counts))],
        "codes": [every, *((code, code) for code in found.problems)],
        "export": f"{reverse('register:rows-csv', args=[batch.pk])}{'?' if query else ''}{query}",
    }
    return render(request, "register/report.html", context)


def _filter(request: PageRequest) -> dict[str, str]:
    outcome = request.GET.get("outcome", "")
    return {
        "outcome": outcome if outcome in ImportRow.Outcome.values else "",
        "problem": request.GET.get("problem", "")[:60],
    }


def _row(row: ImportRow, names: dict[str, str]) -> dict[str, Any]:
    meaning, word = labels.outcome(row.outcome)
    return {
        "row": row,
        "meaning": meaning,
        "word": word,
        "problems": [labels.told(problem) for problem in row.problems],
        "changes": [names.get(field, field) for field in row.changes],
    }


@require_GET
@needs("register.read")
def rows_csv(request: PageRequest, batch_id: UUID) -> StreamingHttpResponse:
    """Exactly the filtered rows, without a value of any."""
    batch = batch_or_404(batch_id)
    rows = queries.every_row_of(batch, **_filter(request))
    name = f"import_{batch.source.code}_{formats.shown_day(batch.started_at)}_rows.csv"
    return StreamingHttpResponse(
        write_csv(_cells(rows), EXPORT_COLUMNS, bom=True),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _cells(rows: Iterable[ImportRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        told = row.problems
        yield (
            row.sheet,
            row.row,
            row.outcome,
            " ".join(problem["code"] for problem in told),
            " | ".join(problem["column"] for problem in told if problem["column"]),
            " | ".join(problem["looks"] for problem in told if problem["looks"]),
            " ".join(labels.told(problem) for problem in told),
            " ".join(row.changes),
        )


@require_GET
@needs("register.read")
def progress(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Polled while a worker imports; at the end the page is drawn anew with the report."""
    batch = batch_or_404(batch_id)
    found = _progress(request, batch)
    if batch.state != ImportBatch.State.LOADING or found["stopped"]:
        return HttpResponseClientRefresh()
    return render(request, "register/_progress.html", found)


def _progress(request: PageRequest, batch: ImportBatch) -> dict[str, Any]:
    seen = (_count(request.GET.get("at", "")), _count(request.GET.get("rows", "")))
    return showing.progress(batch, queries.step_of(batch), seen=seen, now=datetime.now(UTC))


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


@require_GET
@needs("register.read")
def quarantine(request: PageRequest) -> HttpResponse:
    """Rows kept aside by reason, with the day they are deleted; never what they hold."""
    rows = [
        {
            **group,
            "words": labels.QUARANTINE.get(group["reason"], (group["reason"], "")),
            "report": reverse("register:import_detail", args=[group["batch"]]) + "?outcome=quarantined#rows",
        }
        for group in queries.quarantine()
    ]
    context = {"tabs": tabs(request, "quarantine"), "totals": queries.totals(), "rows": rows}
    return render(request, "register/quarantine.html", context)
