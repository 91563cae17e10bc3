"""Who must still be told where we got their data, by when; nobody's name stands on these pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.ledger.naming import names_of
from duecause.apps.notices import clock, mailing, queries, texts
from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.parties.models import Source
from duecause.apps.register.views import tabs
from duecause.engine.problems import Problem
from duecause.packs.law import notice_policy
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import language_name, spoken

ROWS = 50
BATCHES = 20


@require_GET
@needs("notices.read")
def overview(request: PageRequest) -> HttpResponse:
    return page_of_all(request)


def page_of_all(request: PageRequest, problem: Problem | None = None, **more: Any) -> HttpResponse:
    """The whole overview, with what was refused on it."""
    now = datetime.now(UTC)
    found = queries.overview(now)
    position = notice_policy().on(shown_day(now))
    waiting = sum(each.open - each.planned for each in found)
    context: dict[str, Any] = {
        "tabs": tabs(request, "notices"),
        "sources": found,
        "totals": {
            "overdue": sum(each.overdue for each in found),
            "due": sum(each.due for each in found),
            "sent": sum(each.sent for each in found),
        },
        "waiting": waiting,
        "controllers": queries.controllers_with_notices(),
        "relay": mailing.configured(),
        "position": position,
        "first_contact": texts.FIRST_CONTACT[position.first_contact],
        "batches": [line(each) for each in queries.batches()[:BATCHES]],
        "exemptions": [
            {"row": each, "ground": texts.ground(each.ground), "by": who(each.made_by)}
            for each in queries.exemptions()
        ],
        "problem": spoken(problem) if problem else "",
        **more,
    }
    return render(request, "notices/overview.html", context, status=422 if problem else 200)


@require_GET
@needs("notices.read")
def rows(request: PageRequest, code: str) -> HttpResponse:
    return page_of_source(request, source_or_404(code))


def page_of_source(request: PageRequest, source: Source, problem: Problem | None = None) -> HttpResponse:
    """The records behind the numbers of one source, and its exemptions."""
    now = datetime.now(UTC)
    each = clock.clock_of(source, now)
    if not each.runs:
        raise Http404
    asked = request.GET.get("state", "")
    state = asked if asked in queries.STATES else "due"
    page = Paginator(queries.rows_of(each, state), ROWS).get_page(request.GET.get("page"))
    meaning, word = texts.STATES[state]
    counts = clock.counted(each)
    context = {
        "source": source,
        "counts": counts,
        "state": state,
        "word": word,
        "meaning": meaning,
        "choices": [
            {
                "url": f"?{urlencode({'state': name})}",
                "label": label,
                "current": name == state,
                "count": getattr(counts, name),
            }
            for name, (_meaning, label) in texts.STATES.items()
        ],
        "rows": [{"row": row, "standing": each.standing(row), "why": _why(each, row)} for row in page],
        "page_of": page,
        "query": urlencode({"state": state}),
        "grounds": [("", _("Choose")), *((g.code, texts.ground(g.code)) for g in notice_policy().grounds)],
        "exemptions": [
            {"row": one, "ground": texts.ground(one.ground), "by": who(one.made_by)}
            for one in each.exemptions
        ],
        "problem": spoken(problem) if problem else "",
        "asked": request.POST,
    }
    return render(request, "notices/rows.html", context, status=422 if problem else 200)


def _why(each: clock.Clock, row: Any) -> str:
    return " ".join(spoken(problem) for problem in each.standing(row).why)


@require_GET
@needs("notices.read")
def batch(request: PageRequest, batch_id: UUID) -> HttpResponse:
    return page_of_batch(request, batch_or_404(batch_id))


def page_of_batch(request: PageRequest, found: NoticeBatch, problem: Problem | None = None) -> HttpResponse:
    """One run of letters or e-mails with the evidence per notice."""
    rows = Notice.objects.filter(batch=found).order_by("pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {
        "batch": found,
        "line": line(found),
        "rows": [_notice(each) for each in page],
        "page_of": page,
        "today": shown_day(datetime.now(UTC)),
        "problem": spoken(problem) if problem else "",
    }
    return render(request, "notices/batch.html", context, status=422 if problem else 200)


def line(found: NoticeBatch) -> dict[str, Any]:
    meaning, word = texts.BATCHES[NoticeBatch.State(found.state)]
    counts = [
        (texts.NOTICES[state][1], count)
        for state in Notice.State
        if (count := getattr(found, f"count_{state.value}", 0))
    ]
    return {
        "row": found,
        "channel": texts.CHANNELS[NoticeBatch.Channel(found.channel)],
        "meaning": meaning,
        "word": word,
        "counts": counts,
        "by": who(found.actor),
        "confirmed_by": who(found.confirmed_by),
    }


def _notice(each: Notice) -> dict[str, Any]:
    meaning, word = texts.NOTICES[Notice.State(each.state)]
    return {
        "row": each,
        "meaning": meaning,
        "word": word,
        "why": texts.why(each.why) if each.why else "",
        "language": language_name(each.language) if each.language else "",
    }


def who(actor: str) -> str:
    """The name of an actor, where somebody knows it."""
    return names_of([actor]).get(actor, actor)


def source_or_404(code: str) -> Source:
    return get_object_or_404(Source.objects.select_related("controller"), code=code)


def batch_or_404(batch_id: UUID) -> NoticeBatch:
    return get_object_or_404(queries.batches(), pk=batch_id)
