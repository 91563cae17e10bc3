"""Two records, perhaps one human: a person decides. Only what tells them apart is shown: initials, town,
what differs in name, address and customer number, where each comes from, and what speaks for or against."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.gate.actions import Slowed, hints
from duecause.apps.parties.texts import BASES
from duecause.apps.register import labels, link_actions, link_value, queries
from duecause.apps.register.comparing import compare
from duecause.apps.register.masking import hint_of
from duecause.apps.register.models import Record, RecordLink
from duecause.apps.register.views import tabs
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

GROUPS = ("name", "address", "customer_no")


@require_GET
@needs("register.link")
def links(request: PageRequest) -> HttpResponse:
    context = {"tabs": tabs(request, "links"), **_next(request, _skipped(request.GET.get("skip", "")))}
    template = "register/_link.html" if request.htmx else "register/links.html"
    return render(request, template, context)


@require_POST
@needs("register.link")
def decide(request: PageRequest, link_id: int) -> HttpResponse:
    """`answer`: same or different. The next suggestion comes with a way back."""
    link = get_object_or_404(RecordLink, pk=link_id)
    answer = request.POST.get("answer", "")
    fault: Problem | None = None
    settled = True
    if answer in ("same", "different") and link.state == RecordLink.State.SUGGESTED:
        try:
            now = datetime.now(UTC)
            settled = link_actions.decide_link(actor=request.actor, link=link, same=answer == "same", now=now)
        except Refused as refused:
            fault = refused.problem
    return _answer(request, done=None if fault else link, fault=fault, settled=settled)


@require_POST
@needs("register.link")
def undo(request: PageRequest, link_id: int) -> HttpResponse:
    link = get_object_or_404(RecordLink, pk=link_id)
    try:
        link_actions.reopen_link(actor=request.actor, link=link, now=datetime.now(UTC))
    except Refused as refused:
        return _answer(request, fault=refused.problem)
    return _answer(request, first=link.pk)


def _answer(
    request: PageRequest,
    *,
    done: RecordLink | None = None,
    fault: Problem | None = None,
    first: int | None = None,
    settled: bool = True,
) -> HttpResponse:
    context: dict[str, Any] = {
        **_next(request, _skipped(request.POST.get("skip", "")), first),
        "fault": spoken(fault) if fault else "",
        "done": done,
        "said": _("Kept as one person.") if done and done.state == RecordLink.State.LINKED else "",
    }
    if done and done.state == RecordLink.State.REJECTED:
        context["said"] = _("Kept as two people.")
    if done and not settled:
        context["said"] = _("Noted. Nothing changes until somebody else says the same.")
    template = "register/_link.html" if request.htmx else "register/links.html"
    if not request.htmx:
        context["tabs"] = tabs(request, "links")
    return render(request, template, context, status=422 if fault else 200)


def _skipped(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 12][-200:]


def _next(request: PageRequest, skipped: list[int], first: int | None = None) -> dict[str, Any]:
    """The suggestion to decide now. Skipped ones wait until the others are done."""
    waiting = queries.suggestions(request.actor.ref)
    link = waiting.filter(pk=first).first() if first else None
    stakes = link_value.at_stake([link], now=datetime.now(UTC))[link.pk] if link else ()
    if link is None:
        link, stakes = _most_valuable(waiting.exclude(pk__in=skipped))
    if link is None and skipped:
        skipped = []
        link, stakes = _most_valuable(waiting)
    if link is None:
        return {"link": None, "count": 0}
    return {
        "link": link,
        "stakes": [labels.word(labels.STAKES, code) for code in stakes],
        "count": waiting.count(),
        "deciders": queries.deciders_of(link),
        "rule": labels.word(labels.RULES, link.rule),
        "evidence": _evidence(link),
        **_shown(request, link),
        "skip": ",".join(str(pk) for pk in skipped),
        "skip_next": ",".join(str(pk) for pk in [*skipped, link.pk]),
    }


def _most_valuable(waiting: QuerySet[RecordLink]) -> tuple[RecordLink | None, tuple[str, ...]]:
    ranked = link_value.most_valuable_first(waiting[: link_value.SORTED_AT_ONCE], now=datetime.now(UTC))
    return ranked[0] if ranked else (None, ())


def _evidence(link: RecordLink) -> list[dict[str, str]]:
    known = [labels.EVIDENCE[code] for code in link.evidence if code in labels.EVIDENCE]
    return [{"meaning": meaning, "text": str(word)} for meaning, word in known]


def _shown(request: PageRequest, link: RecordLink) -> dict[str, Any]:
    """The two records, and where they differ if both may be seen."""
    seen: dict[UUID, dict[str, Any]] = {}
    records = {record.person_id: record.pk for record in (link.a, link.b)}
    if request.actor.may("desk.use"):
        now = datetime.now(UTC)
        found = hints(actor=request.actor, people=list(records), groups=GROUPS, now=now, records=records)
        seen = {} if isinstance(found, Slowed) else found
    sides = [_side(record, seen.get(record.person_id, {})) for record in (link.a, link.b)]
    both = len(seen) == len(records) == 2
    compared = compare(seen[link.a.person_id], seen[link.b.person_id]) if both else None
    return {"sides": sides, "compared": compared}


def _side(record: Record, values: dict[str, Any]) -> dict[str, Any]:
    initials, town = hint_of(values)
    return {
        "record": record,
        "initials": initials,
        "town": town,
        "basis": labels.word(BASES, record.basis),
        "others": Record.objects.filter(person=record.person_id).exclude(pk=record.pk).count(),
    }
