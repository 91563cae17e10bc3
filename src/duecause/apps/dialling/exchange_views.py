"""How files travel to and from call centres by SFTP: the state of the last round, and one at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.dialling import exchange_actions
from duecause.apps.dialling.models import Exchange
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.words import spoken


@require_GET
@needs("dialling.read")
def exchanges(request: PageRequest) -> HttpResponse:
    """Every centre with which an exchange is agreed; asks again by itself while a round is under way."""
    now = datetime.now(UTC)
    agreed = Exchange.objects.select_related("partner").order_by("partner__name")
    going = _under_way(now)
    rows = [_row(each, each.partner.code in going) for each in agreed]
    context = {"rows": rows, "going": bool(going), "tabs": tabs_for(request.actor, "lists")}
    return render(request, "dialling/exchanges.html", context)


@require_POST
@needs(exchange_actions.ASK)
def exchange_now(request: PageRequest, code: str) -> HttpResponse:
    centre = get_object_or_404(Partner, code=code)
    try:
        exchange_actions.ask_round(actor=request.actor, partner=centre, now=datetime.now(UTC))
    except Refused as refused:
        messages.error(request, spoken(refused.problem))
    return redirect("dialling:exchanges")


def _under_way(now: datetime) -> set[str]:
    """Codes of centres whose round is at work or about to begin."""
    steps = Step.objects.filter(obligation__kind=exchange_actions.ROUND)
    working = steps.filter(state=Step.State.LEASED) | steps.filter(state=Step.State.DUE, next_at__lte=now)
    return set(working.values_list("system", flat=True))


def _row(exchange: Exchange, going: bool) -> dict[str, Any]:
    error, problems = exchange.last_error, exchange.last_problems
    if going:
        meaning, word = "info", _("Under way")
    elif error:
        meaning, word = "act", _("Failed")
    elif exchange.last_done_at is None:
        meaning, word = "waiting", _("None yet")
    else:
        meaning, word = ("watch", _("Not all could be read")) if problems else ("ok", _("Went well"))
    return {
        "exchange": exchange,
        "meaning": meaning,
        "word": word,
        "error": _(error["text"]) % error["places"] if error else "",
        "problems": problems,
        "waiting": exchange_actions.lists_waiting(exchange.partner),
        "going": going,
    }
