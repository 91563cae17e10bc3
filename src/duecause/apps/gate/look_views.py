"""What an employee looked at: for the employee, and, with a reason that is itself written down, for who
handles alarms."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from duecause.apps.gate import looks
from duecause.apps.gate.access_actions import look_at_employee
from duecause.apps.staff.models import Employee
from duecause.engine.problems import Refused
from duecause.web.access import needs, signed_in
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day, zone


@require_GET
@signed_in
def mine(request: PageRequest) -> HttpResponse:
    """My look-ups of a day: what stands about me in the ledger, and what became of my reasons."""
    now = datetime.now(UTC)
    on = looks.day_of(request.GET.get("day", ""), shown_day(now))
    since = datetime.combine(on, time(), zone())
    employee = Employee.objects.get(pk=request.actor.id)
    context = {
        "day": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1) if on < shown_day(now) else None,
        "looks": looks.looks_of(employee, since=since, until=since + timedelta(days=1)),
        "most": looks.MOST_OF_AN_EMPLOYEE,
    }
    return render(request, "gate/my_look_ups.html", context)


@require_http_methods(["GET", "POST"])
@needs("alarms.handle")
def of_employee(request: PageRequest) -> HttpResponse:
    """What one employee looked at in the last 30 days, for a reason in words. Asking is an event."""
    if request.method == "GET":
        return render(request, "gate/of_employee.html", {"username": "", "because": ""})
    username, because = request.POST.get("username", "")[:150].strip(), request.POST.get("because", "")[:500]
    now = datetime.now(UTC)
    context: dict[str, object] = {"username": username, "because": because}
    try:
        employee = look_at_employee(actor=request.actor, username=username, because=because, now=now)
    except Refused as refused:
        context["problem"] = _(refused.problem.template)
        return render(request, "gate/of_employee.html", context, status=422)
    context["employee"] = employee
    context["looks"] = looks.looks_of(employee, since=now - timedelta(days=30), until=now)
    context["most"] = looks.MOST_OF_AN_EMPLOYEE
    return render(request, "gate/of_employee.html", context)
