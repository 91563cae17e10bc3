"""The list of partners with the state of their gates, and where data come from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from duecause.apps.parties import actions, queries, showing, texts
from duecause.apps.parties.feed_states import feed_states
from duecause.apps.parties.forms import PartnerForm
from duecause.apps.parties.models import Partner, Source
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import country_name, language_name, spoken


@require_GET
@needs("parties.read")
def partners(request: PageRequest) -> HttpResponse:
    today = shown_day(datetime.now(UTC))
    known, feeds = queries.partners(), feed_states()
    context = {
        "lines": [
            showing.line(queries.gate_of(partner, today), today, feeds.get(partner.code))
            for partner in known
            if partner.kind != Partner.Kind.LIST_SELLER
        ],
        "tabs": tabs_for(request.actor, "partners"),
        "may_review": request.actor.may("parties.review"),
        "sellers": [partner for partner in known if partner.kind == Partner.Kind.LIST_SELLER],
        "sources": [_source_row(source) for source in queries.sources()],
    }
    return render(request, "parties/partners.html", context)


@require_http_methods(["GET", "POST"])
@needs("parties.review")
def new_partner(request: PageRequest) -> HttpResponse:
    form, refused = PartnerForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_partner(actor=request.actor, now=datetime.now(UTC), **form.cleaned_data)
        except Refused as problem:
            refused = spoken(problem.problem)
        else:
            return redirect("parties:partner", made.code)
    status = 422 if form.is_bound else 200
    return render(request, "parties/new.html", {"form": form, "refused": refused}, status=status)


def _source_row(source: Source) -> dict[str, Any]:
    return {
        "source": source,
        "kind": texts.SOURCE_KINDS.get(source.kind, source.kind),
        "basis": texts.BASES.get(source.claimed_basis, source.claimed_basis),
        "country": country_name(source.default_country),
        "wordings": [
            {"name": f"{wording.code} {wording.version}", "language": language_name(wording.language)}
            for wording in source.wordings.all()
        ],
        "bare": source.claimed_basis == "consent" and not source.wordings.all(),
    }
