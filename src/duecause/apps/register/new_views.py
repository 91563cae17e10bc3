"""Import a list: choose it, see how it is read, mend the mapping, import. Nothing is kept before that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from duecause.apps.parties.models import Source
from duecause.apps.register import actions, showing, upload_actions, uploading
from duecause.apps.register.forms import Choosing, Reading
from duecause.apps.register.models import ImportBatch
from duecause.apps.register.trial import SHOWN_ROWS, Trial, Upload, sheets_in, trial
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.errors import not_found
from duecause.web.http import PageRequest
from duecause.web.words import spoken

MOST_COLUMNS = 2_000


@require_http_methods(["GET", "POST"])
@needs("register.import")
def new(request: PageRequest) -> HttpResponse:
    """Choose a source and a file. A file that cannot be read at all is refused here and not kept."""
    if request.method == "GET":
        return _choose(request, Choosing(initial={"source": request.GET.get("source", "")}))
    form = Choosing(request.POST, request.FILES)
    if not form.is_valid():
        return _choose(request, form)
    file = form.cleaned_data["file"]
    data = file.read()
    try:
        sheets = sheets_in(actor=request.actor, data=data, name=file.name)
    except Refused as refused:
        return _choose(request, form, refused.problem)
    now = datetime.now(UTC)
    upload = upload_actions.keep_upload(actor=request.actor, data=data)
    source = form.cleaned_data["source"].code
    gone = uploading.remember(
        request, upload, source=source, name=file.name, size=len(data), sheets=sheets, now=now
    )
    for old in gone:
        upload_actions.drop_upload(actor=request.actor, upload=old)
    return redirect("register:preview", upload)


def _choose(request: PageRequest, form: Choosing, refused: Problem | None = None) -> HttpResponse:
    context = {
        "form": form,
        "sources": showing.sources(),
        "chosen": form["source"].value(),
        "refused": spoken(refused) if refused else "",
    }
    return render(request, "register/new.html", context, status=422 if form.is_bound else 200)


@require_GET
@needs("register.import")
def preview(request: PageRequest, upload: UUID) -> HttpResponse:
    """How the file is read by itself."""
    return _look(request, upload, "register/preview.html")


@require_POST
@needs("register.import")
def again(request: PageRequest, upload: UUID) -> HttpResponse:
    """The same with the mapping as it stands on the page."""
    template = "register/_preview.html" if request.htmx else "register/preview.html"
    return _look(request, upload, template)


def _look(
    request: PageRequest, upload: UUID, template: str, fault: Problem | None = None, status: int = 200
) -> HttpResponse:
    known = uploading.waiting(request, upload)
    if known is None:
        return not_found(request)
    if known.batch:
        return _go(request, reverse("register:import_detail", args=[known.batch]))
    now = datetime.now(UTC)
    data = _content(request, upload, known, now)
    if data is None:
        return _gone(request, upload)
    given = _given(request, known, data)
    try:
        tried = trial(actor=request.actor, upload=given, now=now)
    except Refused as refused:
        fault, tried = refused.problem, Trial([], 0, [], 0, {}, {})
    fault = fault or tried.refused
    context = _context(request, upload, known, given, tried, fault)
    return render(request, template, context, status=422 if fault and request.method == "POST" else status)


def _content(request: PageRequest, upload: UUID, known: uploading.Waiting, now: datetime) -> bytes | None:
    if known.until < now.timestamp():
        upload_actions.drop_upload(actor=request.actor, upload=upload)
        return None
    return upload_actions.open_upload(actor=request.actor, upload=upload, now=now)


def _given(request: PageRequest, known: uploading.Waiting, data: bytes) -> Upload:
    """The upload, read as the form says. An answer that the form did not offer is no answer."""
    source = Source.objects.select_related("controller").get(code=known.source)
    form = _reading(request, known, source)
    chosen = form.cleaned_data if form.is_valid() else {}
    return Upload(
        source=source,
        data=data,
        name=known.name,
        sheet=chosen.get("sheet", ""),
        explicit=_explicit(request),
        country=chosen.get("country", ""),
    )


def _reading(request: PageRequest, known: uploading.Waiting, source: Source) -> Reading:
    codes = Source.objects.order_by("default_country").values_list("default_country", flat=True).distinct()
    others = [(code, showing.country(code)) for code in codes if code != source.default_country]
    return Reading(
        request.POST if request.method == "POST" else {},
        sheets=known.sheets,
        countries=others,
        source_country=showing.country(source.default_country),
    )


def _explicit(request: PageRequest) -> dict[str, str]:
    """What somebody chose, column by column: whatever differs from what was recognised by itself."""
    rows = [request.POST.getlist(name)[:MOST_COLUMNS] for name in ("column", "field", "was")]
    return {column: field for column, field, was in zip(*rows, strict=False) if field != was}


def _context(
    request: PageRequest,
    upload: UUID,
    known: uploading.Waiting,
    given: Upload,
    tried: Trial,
    fault: Problem | None,
) -> dict[str, Any]:
    names = showing.field_names()
    return {
        "upload": upload,
        "known": known,
        "source": given.source,
        "form": _reading(request, known, given.source),
        "several": len(known.sheets) > 1,
        "trial": tried,
        "limit": SHOWN_ROWS,
        "sheets": [{"name": sheet["name"], "facts": showing.sheet_facts(sheet)} for sheet in tried.sheets],
        "columns": showing.mapping(tried.sheets, names, given.explicit if tried.refused else None),
        "fields": [("", _("Do not keep")), *sorted(names.items(), key=lambda pair: pair[1].casefold())],
        "counts": showing.counts(tried.outcomes),
        "shown": showing.tried_rows(tried, names),
        "fault": spoken(fault) if fault else "",
    }


@require_POST
@needs("register.import")
def take(request: PageRequest, upload: UUID) -> HttpResponse:
    """Hand the file to the worker, once however often the button is pressed."""
    known = uploading.waiting(request, upload)
    if known is None:
        return not_found(request)
    if known.batch:
        return redirect("register:import_detail", known.batch)
    now = datetime.now(UTC)
    data = _content(request, upload, known, now)
    if data is None:
        return _gone(request, upload)
    given = _given(request, known, data)
    options = {"sheet": given.sheet, "map": given.explicit, "country": given.country}
    try:
        batch = actions.queue_import(
            actor=request.actor,
            source=given.source,
            data=data,
            file_name=known.name,
            options=options,
            now=now,
        )
    except Refused as refused:
        return _look(request, upload, "register/preview.html", refused.problem)
    upload_actions.drop_upload(actor=request.actor, upload=upload)
    uploading.imported(request, upload, batch.pk)
    repeated = "?again=1" if batch.state == ImportBatch.State.COMPLETE else ""
    return redirect(reverse("register:import_detail", args=[batch.pk]) + repeated)


@require_POST
@needs("register.import")
def leave(request: PageRequest, upload: UUID) -> HttpResponse:
    """Destroy the upload."""
    if uploading.waiting(request, upload) is None:
        return not_found(request)
    upload_actions.drop_upload(actor=request.actor, upload=upload)
    uploading.forget(request, upload)
    messages.info(request, _("The file was destroyed; nothing of it was kept."))
    return redirect("register:imports")


def _gone(request: PageRequest, upload: UUID) -> HttpResponse:
    uploading.forget(request, upload)
    messages.warning(request, _("The file was destroyed after 30 minutes. Choose it again."))
    return _go(request, reverse("register:new"))


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    return redirect(url)
