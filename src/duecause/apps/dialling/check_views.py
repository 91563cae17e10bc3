"""Check one number with all reasons. The number is posted: it never stands in an address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from duecause.apps.dialling import checking, showing, texts, views
from duecause.apps.dialling.forms import Check
from duecause.apps.dialling.models import Campaign
from duecause.engine.phone import format_international, parse_e164, read_cell
from duecause.engine.problems import Problem, Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken

SPEAKS_FOR = {"known": "info", "consent": "ok", "released": "info"}


@require_http_methods(["GET", "POST"])
@needs("dialling.check")
def check(request: PageRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, Check(today=views.today()))
    form = Check(request.POST, today=views.today())
    if not form.is_valid():
        return _page(request, form)
    campaign: Campaign = form.cleaned_data["campaign"]
    number = _international(form.cleaned_data["number"], campaign)
    try:
        checked = checking.check(actor=request.actor, number=number, campaign=campaign, now=datetime.now(UTC))
    except Refused as refused:
        form.add_error("number", spoken(refused.problem))
        return _page(request, form)
    parsed = parse_e164(number)
    shown = format_international(parsed.e164) if parsed else number
    return _page(request, form, checked=_shown(checked), number=shown, campaign=campaign)


def _international(text: str, campaign: Campaign) -> str:
    """A number written as in the campaign's country, where it has only one, with its country code."""
    region = campaign.countries[0] if len(campaign.countries) == 1 else ""
    numbers = read_cell(text, region=region, policy="dial").numbers if region else ()
    return f"+{numbers[0].e164}" if len(numbers) == 1 else text


def _shown(checked: checking.Checked) -> dict[str, Any]:
    findings = [
        {
            "text": spoken(finding),
            "meaning": SPEAKS_FOR.get(finding.code, "stopped"),
        }
        for finding in checked.findings
        if not _of_centre(finding)
    ]
    return {
        "allowed": checked.allowed,
        "against": [row for row in findings if row["meaning"] == "stopped"],
        "centres": [showing.reason_row(finding) for finding in checked.findings if _of_centre(finding)],
        "known": [row for row in findings if row["meaning"] != "stopped"],
        "answers": [
            {
                "centre": centre.name,
                "meaning": "ok" if decision.allowed else "stopped",
                "word": texts.answer("allow" if decision.allowed else decision.reason),
                "not_before": decision.not_before,
            }
            for centre, decision in checked.decisions
        ],
    }


def _of_centre(finding: Problem) -> bool:
    """Said about a call centre, whatever the number."""
    return finding.code.startswith("party_")


def _page(request: PageRequest, form: Check, **context: Any) -> HttpResponse:
    refused = form.is_bound and not form.is_valid()
    if "checked" not in context:
        form.fields["number"].widget.attrs["autofocus"] = True
    status = 422 if refused else 200
    return render(request, "dialling/check.html", {"form": form, **context}, status=status)
