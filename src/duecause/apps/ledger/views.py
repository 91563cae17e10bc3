"""The log of events: its state, its entries, and the proof of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.ledger import actions, checking, later, naming, queries, texts
from duecause.apps.ledger.models import Event
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem
from duecause.engine.tlog.failures import Kind
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.templatetags.formats import zone
from duecause.web.words import spoken

PER_PAGE = 50
VERIFIED_IN_REQUEST = 20_000
SECONDS_IN_REQUEST = 8.0


class _TakesTooLong(Exception):
    pass


@require_GET
@needs("ledger.read")
def log(request: PageRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in texts.KINDS else ""
    day = _day(request.GET.get("day", ""))
    since = datetime.combine(day, time.min, tzinfo=zone()) if day else None
    before = request.GET.get("before", "")
    found = list(queries.events(kind=kind, since=since, before=_row_number(before))[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    asked = {
        name: value for name, value in (("kind", kind), ("day", day.isoformat() if day else "")) if value
    }
    older = urlencode({**asked, "before": shown[-1].pk}) if len(found) > PER_PAGE else ""
    context = {
        "rows": _rows(shown, request.actor),
        "older": older,
        "newest": "?" + urlencode(asked) if before else "",
        "tabs": tabs_for(request.actor, "evidence"),
        "kind": kind,
        "day": day.isoformat() if day else "",
        "kinds": [
            ("", _("All kinds")),
            *sorted(((k, str(v)) for k, v in texts.KINDS.items()), key=_by_label),
        ],
        **_state(),
    }
    return render(request, "ledger/log.html", context)


def _row_number(text: str) -> int | None:
    """Of what stands in an address: at most 18 digits, which every database can compare."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def _by_label(option: tuple[str, str]) -> str:
    return option[1].casefold()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _rows(events: list[Event], actor: Actor) -> list[dict[str, Any]]:
    records = queries.records_of(events)
    names = naming.names_of({str(record["actor"]) for record in records if record and record.get("actor")})
    return [
        {
            "event": event,
            "index": event.leaf.index if hasattr(event, "leaf") else None,
            "label": texts.kind_label(event.kind),
            "who": _who(event, record, names, actor),
        }
        for event, record in zip(events, records, strict=True)
    ]


def _who(event: Event, record: Mapping[str, Any] | None, names: Mapping[str, str], reader: Actor) -> str:
    """Employees are named to those who may see staff; what the record does not tell, its kind does."""
    fallback = str(texts.ACTORS.get(event.actor_kind, event.actor_kind))
    ref = str(record.get("actor", "")) if record else ""
    if not ref or (event.actor_kind == "employee" and not reader.may("staff.read")):
        return fallback
    if ref in names:
        return names[ref]
    if event.actor_kind in ("system", "partner"):
        return f"{fallback} ({ref.partition(':')[2]})"
    return fallback


def _state() -> dict[str, Any]:
    state = queries.log_state()
    health = queries.queue_health(datetime.now(UTC))
    verified = queries.last_verification()
    running = later.running()
    return {
        "state": state,
        "late": health.late,
        "silent": health.silent and not health.late,
        "verified": verified,
        "running": running,
        "failures": _failures(verified.found) if verified else [],
    }


def _failures(found: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "name": texts.failure_name(Kind(failure["kind"])),
            "where": failure["where"],
            "text": spoken(Problem("", failure["template"], failure["params"])),
            "mend": texts.remedy(Kind(failure["kind"])),
        }
        for failure in found.get("failures", [])
    ]


@require_POST
@needs("ledger.read")
def verify(request: PageRequest) -> HttpResponse:
    """At once for a log that is short enough, else as a job that the page shows."""
    now = datetime.now(UTC)
    done = Event.objects.count() <= VERIFIED_IN_REQUEST and _verify_now(request.actor, now)
    if not done and not later.start(actor=request.actor, now=now):
        messages.warning(request, _("This log is too long to verify here. Run: duecause ledger verify"))
    return redirect("ledger:log")


def _verify_now(actor: Actor, now: datetime) -> bool:
    """False: it would have taken too long."""

    def progress(done: int, total: int) -> None:
        if (datetime.now(UTC) - now).total_seconds() > SECONDS_IN_REQUEST:
            raise _TakesTooLong

    try:
        report = checking.verify_live(now=now, anchor=checking.own_anchor(), progress=progress)
    except _TakesTooLong:
        return False
    actions.record_verification(actor=actor, found=checking.summary(report), now=datetime.now(UTC))
    return True


@require_GET
@needs("ledger.read")
def progress(request: PageRequest) -> HttpResponse:
    return render(request, "ledger/_progress.html", {"running": later.running()})


@require_GET
@needs("ledger.read")
def event(request: PageRequest, uid: UUID) -> HttpResponse:
    found = _event(uid)
    record = queries.records_of([found])[0]
    names = naming.names_of([str(record["actor"])]) if record else {}
    told = {name: value for name, value in (record or {}).items() if name not in ("actor", "profile")}
    context = {
        "event": found,
        "label": texts.kind_label(found.kind),
        "who": _who(found, record, names, request.actor),
        "standing": queries.standing(found),
        "leaf": _lines(bytes(found.leaf_bytes)),
        "record": told.items() if record else None,
    }
    return render(request, "ledger/event.html", context)


def _lines(leaf: bytes) -> list[tuple[str, str]]:
    """The leaf's lines with what they are; of an event leaf (engine.tlog.leaf) there are six."""
    names = [
        _("Format"),
        _("Event"),
        _("Kind"),
        _("Time in microseconds since 1970"),
        _("Commitment to the person part"),
        _("Commitment to actor and decision"),
    ]
    lines = leaf.decode("ascii", "replace").rstrip("\n").split("\n")
    return list(zip_longest(names, lines, fillvalue=""))


@require_GET
@needs("ledger.read")
def proof(request: PageRequest, uid: UUID) -> HttpResponse:
    """The inclusion proof with its checkpoint, for any verifier of C2SP tlog-proof."""
    made = queries.standing(_event(uid)).proof
    if made is None:
        raise Http404
    return _download(str(made).encode(), f"{uid}.tlog-proof")


@require_GET
@needs("ledger.read")
def leaf(request: PageRequest, uid: UUID) -> HttpResponse:
    """The bytes that the proof is about."""
    return _download(bytes(_event(uid).leaf_bytes), f"{uid}.leaf")


def _event(uid: UUID) -> Event:
    found = Event.objects.select_related("leaf").filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


def _download(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
