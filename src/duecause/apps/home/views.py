"""The start page: for each job what waits, and how things stand. Agents start at the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET

from duecause.apps.dialling import showing
from duecause.apps.dialling.release_actions import last_day
from duecause.apps.gate import queries as gate
from duecause.apps.gate.policies import engine
from duecause.apps.home import due, queries
from duecause.apps.ledger.queries import log_state, queue_health
from duecause.apps.obligations.queries import share_of_time_used
from duecause.apps.obligations.texts import kind_label
from duecause.apps.parties.queries import gate_of
from duecause.apps.register.models import ImportBatch
from duecause.web import charts
from duecause.web.access import refuse, signed_in
from duecause.web.http import PageRequest
from duecause.web.navigation import url_or_none
from duecause.web.templatetags.formats import day, relative, shown_day

SHOWN = 12
IMPORT_MEANING = {
    ImportBatch.State.COMPLETE: ("ok", gettext_noop("Complete")),
    ImportBatch.State.LOADING: ("waiting", gettext_noop("Running")),
    ImportBatch.State.FAILED: ("act", gettext_noop("Failed")),
}


@require_GET
@signed_in
def home(request: PageRequest) -> HttpResponse:
    actor = request.actor
    now = datetime.now(UTC)
    if actor.may("alarms.handle"):
        return render(request, "home/privacy.html", _privacy(request, now))
    if actor.may("dialling.screen"):
        return render(request, "home/manager.html", _manager(now))
    if actor.may("organisation.apply"):
        return render(request, "home/system.html", _system(now))
    if actor.may("evidence.read") and not actor.may("desk.use"):
        return render(request, "home/audit.html", _audit(request, now))
    return redirect("desk:home") if actor.may("desk.use") else refuse(request)


@require_GET
@signed_in
def all_due(request: PageRequest) -> HttpResponse:
    """Everything that waits for the actor, not only the most urgent."""
    return render(request, "home/due.html", {"queue": due.queue(request.actor, datetime.now(UTC))})


def _privacy(request: PageRequest, now: datetime) -> dict[str, Any]:
    queue = due.queue(request.actor, now)
    return {
        "queue": queue[:SHOWN],
        "more": len(queue) - SHOWN,
        "imports": queries.imports_since(now - queries.WEEK),
        "imports_url": url_or_none("register:imports") or "",
        "persons": queries.persons(),
        "alarms": gate.alarms("open").count(),
        "clock": _clock(now),
        "last_imports": _last_imports(),
        **_ledger(now),
    }


def _clock(now: datetime) -> charts.Chart | None:
    """The nearest date that was promised to somebody."""
    nearest = due.nearest_obligation()
    if nearest is None or nearest.due_at is None:
        return None
    return charts.clock_ring(
        kind_label(nearest.kind),
        used=share_of_time_used(nearest, now),
        total=1.0,
        left=_left(nearest.due_at - now),
        words=_("%(what)s by %(when)s") % {"what": kind_label(nearest.kind), "when": day(nearest.due_at)},
        detail=_("Received %(when)s") % {"when": relative(nearest.opened_at, now)},
    )


def _left(left: timedelta) -> str:
    if left <= timedelta(0):
        return _("late")
    if left < timedelta(days=2):
        return _("%(n)d h") % {"n": left // timedelta(hours=1)}
    return _("%(n)d d") % {"n": left.days}


def _ledger(now: datetime) -> dict[str, Any]:
    return {
        "ledger": log_state(),
        "ledger_meaning": queries.queue_meaning(queue_health(now)),
        "ledger_url": url_or_none("ledger:log") or "",
    }


def _last_imports() -> list[dict[str, Any]]:
    rows = []
    for batch in queries.last_imports():
        meaning, word = IMPORT_MEANING[ImportBatch.State(batch.state)]
        rows.append({"batch": batch, "meaning": meaning, "word": _(word)})
    return rows


def _manager(now: datetime) -> dict[str, Any]:
    newest = queries.newest_report()
    today = shown_day(now)
    per_day = queries.objections_per_day(now)
    return {
        "newest": newest,
        "chart": newest and showing.waterfall(newest),
        "newest_line": newest and showing.line(newest, now),
        "releases": [
            (one, last_day(one.dial_list)) for one in queries.running_releases(now) if one.dial_list
        ],
        "centres": [
            {"centre": centre, **showing.gate_rows(gate_of(centre, today))}
            for centre in queries.call_centres()
        ],
        "objections": sum(count for _day, count in per_day),
        "objections_chart": charts.lines(
            _("Objections per day"),
            [charts.Series(_("Objections"), tuple(count for _day, count in per_day))],
            labels=[day(one) for one, _count in per_day],
            area=True,
            unit=_("Day"),
            note=_("last 30 days"),
        ),
    }


def _audit(request: PageRequest, now: datetime) -> dict[str, Any]:
    """For who checks and changes nothing: how things stand, and where the evidence lies."""
    return {
        "queue": due.queue(request.actor, now)[:SHOWN],
        "alarms": gate.alarms("open").count(),
        "staff_count": sum(map(len, queries.staff_by_profile().values())),
        "work": queries.work(now),
        **_ledger(now),
    }


def _system(now: datetime) -> dict[str, Any]:
    work = queries.work(now)
    labels = engine().vocabulary.labels["profiles"]
    staff = queries.staff_by_profile()
    return {
        "work": work,
        "work_meaning": work.meaning(now),
        "requests_url": url_or_none("obligations:list") or "",
        "keys": queries.api_keys(),
        "keys_url": url_or_none("parties:list") or "",
        "staff": [
            {"profile": _(labels.get(code, code)), "people": people} for code, people in sorted(staff.items())
        ],
        "staff_count": sum(map(len, staff.values())),
        **_ledger(now),
    }
