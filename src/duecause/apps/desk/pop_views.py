"""A call rings and the telephony opens the desk: the card of who is on the line, with nothing typed.

The address carries a hint that is good once, for the employee who is called (interactions/pops.py). Opening
it is a POST of our own page: a program that only follows addresses uses no hint up.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from duecause.apps.desk import search
from duecause.apps.desk.views import card_of, not_here, page, slowed
from duecause.apps.gate import actions as gate
from duecause.apps.gate.explaining import found_reason
from duecause.apps.interactions import pops
from duecause.apps.register.identifiers import PERSONAL
from duecause.apps.register.models import Lookup
from duecause.apps.staff.queries import employee_by_id
from duecause.web.access import needs
from duecause.web.http import PageRequest

SEVERITY = {pops.FORGED: 3, pops.OTHERS: 3, pops.STALE: 1, pops.USED: 1}


@require_http_methods(["GET", "POST"])
@needs("desk.use")
def pop(request: PageRequest) -> HttpResponse:
    """Forged, old, used and somebody else's hint get one answer, and an alarm says which it was."""
    if request.method == "GET":
        return render(request, page(request, "desk/_pop.html"), {"hint": request.GET.get("hint", "")[:80]})
    now = datetime.now(UTC)
    employee = employee_by_id(UUID(request.actor.id))
    popped = pops.take(request.POST.get("hint", "")[:80], employee=employee.pk, now=now)
    if popped.interaction is None:
        gate.raise_alarm(
            actor=request.actor,
            kind="screen_pop",
            severity=SEVERITY[popped.wrong],
            facts={"wrong": popped.wrong},
            now=now,
        )
        return not_here(request)
    people = _people(popped.interaction.token)
    if len(people) == 1:
        reason = found_reason(employee, people[0], now)
        if reason is not None:
            return card_of(request, people[0], reason, now)
    return _choose(request, people, now)


def _people(token: bytes | None) -> list[UUID]:
    """Whoever has this number: a home with one telephone has several."""
    if token is None:
        return []
    rows = Lookup.objects.filter(kind__in=PERSONAL, token=bytes(token)).order_by("-record__recorded_at")
    return list(dict.fromkeys(rows.values_list("record__person_id", flat=True)[: search.MOST_RESULTS]))


def _choose(request: PageRequest, people: list[UUID], now: datetime) -> HttpResponse:
    found = gate.hints(actor=request.actor, people=people, groups=search.shown_groups(), now=now)
    if isinstance(found, gate.Slowed):
        return slowed(request)
    context = {"searched": True, "readable": True, "results": search.results(found), "numbers": []}
    return render(request, "desk/_results.html" if request.htmx else "desk/home.html", context)
