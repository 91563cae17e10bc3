"""Campaigns: how their calls go, and what is said in them. No number and no person is on these pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.dialling import showing
from duecause.apps.dialling.campaign_queries import WEEKS, Going, Tally, going
from duecause.apps.dialling.models import CallScript, Campaign
from duecause.apps.dialling.scripts import in_force, name_of, standing
from duecause.engine.periods import local_day
from duecause.packs.campaigns import Thresholds, thresholds
from duecause.web import charts
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import tabs_for
from duecause.web.templatetags.formats import day, number
from duecause.web.words import country_name, language_name


@require_GET
@needs("dialling.read")
def campaigns(request: PageRequest) -> HttpResponse:
    """Every campaign, those that have not ended first, with what is in force."""
    now = datetime.now(UTC)
    found = Campaign.objects.select_related("controller").order_by("name")
    rows = [_line(campaign, now) for campaign in found]
    context = {
        "rows": sorted(rows, key=lambda row: row["ended"]),
        "tabs": tabs_for(request.actor, "lists"),
    }
    return render(request, "dialling/campaigns.html", context)


def _line(campaign: Campaign, now: datetime) -> dict[str, Any]:
    today = local_day(now, campaign.controller.country)
    spoken = in_force(campaign.dated_scripts, today)
    return {
        "campaign": campaign,
        "countries": ", ".join(map(country_name, campaign.countries)),
        "ended": campaign.ended_on is not None and campaign.ended_on < today,
        "scripts": ", ".join(map(language_name, spoken)),
    }


@require_GET
@needs("dialling.read")
def campaign(request: PageRequest, code: str) -> HttpResponse:
    """Calls, refusals and objections of the last weeks, per centre, and the scripts."""
    found = get_object_or_404(Campaign.objects.select_related("controller"), code=code)
    now = datetime.now(UTC)
    today = local_day(now, found.controller.country)
    limits, how = thresholds(today), going(found, now)
    context = {
        "campaign": found,
        "nobody": showing.nobody_because(found, today),
        "total": how.total,
        "refused": number(how.total.refused_per_thousand(), 1),
        "objected": number(how.total.objected_per_thousand(), 1),
        "refused_meaning": "watch" if how.total.many_refusals(limits) else "",
        "objected_meaning": "watch" if how.total.many_objections(limits) else "",
        "read": number(100 * how.total.scripts / how.total.calls, 0) if how.total.calls else "",
        "limits": limits,
        "weeks": WEEKS,
        "warned": how.total.warns(limits) or any(each.warns(limits) for each in how.centres.values()),
        "centres": [_centre(name, tally, limits) for name, tally in sorted(how.centres.items())],
        "chart": _chart(how),
        "scripts": _scripts(found, today),
        "tabs": tabs_for(request.actor, "lists"),
    }
    return render(request, "dialling/campaign.html", context)


def _centre(name: str, tally: Tally, limits: Thresholds) -> dict[str, Any]:
    few = tally.calls < limits.warn_from_calls
    warns = tally.warns(limits)
    return {
        "name": name,
        "calls": tally.calls,
        "refused": number(tally.refused_per_thousand(), 1),
        "objected": number(tally.objected_per_thousand(), 1),
        "meaning": "waiting" if few else "watch" if warns else "ok",
        "word": _("Too few calls to tell") if few else _("Look into it") if warns else _("As usual"),
    }


def _chart(how: Going) -> charts.Chart:
    """Objections and refusals per 1,000 calls, week by week."""
    weeks = list(how.weeks.values())
    return charts.lines(
        _("Per 1,000 calls, by week"),
        [
            charts.Series(_("Refusals"), tuple(week.refused_per_thousand() or 0.0 for week in weeks)),
            charts.Series(_("Objections"), tuple(week.objected_per_thousand() or 0.0 for week in weeks)),
        ],
        labels=[day(monday) for monday in how.weeks],
        unit=_("Week from"),
    )


def _scripts(found: Campaign, today: date) -> list[dict[str, Any]]:
    """Every version, the newest first; the state of each on a day."""
    spoken = in_force(found.dated_scripts, today)
    rows = []
    for script in CallScript.objects.filter(campaign=found).order_by("language", "-version"):
        meaning, word = standing(script, spoken, today)
        rows.append(
            {
                "script": script,
                "name": name_of(script.language, script.version),
                "language": language_name(script.language),
                "meaning": meaning,
                "word": word,
            }
        )
    return rows
