"""Consents over time, and the wordings they were given with. Nobody's name or number is on these pages."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_skeleton
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from duecause.apps.catalogue.models import Purpose
from duecause.apps.catalogue.texts import CHANNELS
from duecause.apps.consent import consent_queries as queries
from duecause.apps.parties.models import Controller
from duecause.engine.consents import EXPIRED, GIVEN, REFUSED, WITHDRAWN
from duecause.web import charts
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.navigation import url_or_none
from duecause.web.templatetags.formats import locale, shown_day, zone
from duecause.web.words import own_words

MOST_MONTHS = 36
USUAL_MONTHS = 12
WORDS = {
    GIVEN: lazy("Yes"),
    REFUSED: lazy("No"),
    WITHDRAWN: lazy("Withdrawn"),
    EXPIRED: lazy("Ran out or not valid"),
}


def tabs(current: str) -> list[dict[str, Any]]:
    found = [
        {"url": reverse("consents:overview"), "label": _("Over time"), "code": "overview"},
        {"url": reverse("consents:wordings"), "label": _("Wordings"), "code": "wordings"},
    ]
    return [{**tab, "current": tab["code"] == current} for tab in found]


@require_GET
@needs("consent.read")
def overview(request: PageRequest) -> HttpResponse:
    """Given, refused, withdrawn and ended per month, by purpose; every filter stands in the address."""
    asked, wrong = _asked(request)
    counts = queries.over_time(asked, zone())
    purposes = list(Purpose.objects.order_by("code"))
    every = ("", _("All"))
    context = {
        "tabs": tabs("overview"),
        "chart": _chart(asked, counts) if counts else None,
        "rows": _rows(purposes, counts),
        "states": list(WORDS.values()),
        "wrong": wrong,
        "chosen": {
            "controller": asked.controller,
            "purpose": asked.purpose,
            "channel": asked.channel,
            "first": f"{asked.first:%Y-%m}",
            "last": f"{asked.last:%Y-%m}",
        },
        "months": _choices(asked),
        "controllers": [every, *Controller.objects.order_by("legal_name").values_list("code", "legal_name")],
        "purposes": [every, *((each.code, own_words(each.name, each.code)) for each in purposes)],
        "channels": [every, *((code, str(word)) for code, word in CHANNELS.items())],
        "letter": url_or_none("desk:letter") if request.actor.may("consent.object") else None,
    }
    return render(request, "consent/consents.html", context)


@require_GET
@needs("consent.read")
def wordings(request: PageRequest) -> HttpResponse:
    """Each version with the companies it names, and what changed since the one before."""
    context = {"tabs": tabs("wordings"), "groups": queries.wording_versions()}
    return render(request, "consent/wordings.html", context)


def _asked(request: PageRequest) -> tuple[queries.Asked, str]:
    this_month = shown_day(datetime.now(UTC)).replace(day=1)
    usual = this_month
    for _step in range(USUAL_MONTHS - 1):
        usual = _before(usual)
    first, last, wrong = usual, this_month, ""
    try:
        first = _month(request.GET.get("first", ""), usual)
        last = _month(request.GET.get("last", ""), this_month)
    except ValueError:
        wrong = _("This is not a month. Write it as 2026-11. Shown are the last twelve.")
    if not wrong and not 0 <= (last.year - first.year) * 12 + last.month - first.month < MOST_MONTHS:
        first, last = usual, this_month
        wrong = _("Choose up to 36 months, the first before the last. Shown are the last twelve.")
    given = {name: request.GET.get(name, "")[:40] for name in ("controller", "purpose", "channel")}
    return queries.Asked(first, last, **given), wrong


def _month(text: str, usual: date) -> date:
    return date.fromisoformat(f"{text}-01") if text else usual


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _choices(asked: queries.Asked) -> list[tuple[str, str]]:
    """The last 36 months, newest first, and what is chosen."""
    month = shown_day(datetime.now(UTC)).replace(day=1)
    found = {asked.first, asked.last}
    for _step in range(MOST_MONTHS):
        found.add(month)
        month = _before(month)
    return [(f"{each:%Y-%m}", _spoken(each)) for each in sorted(found, reverse=True)]


def _spoken(month: date) -> str:
    return str(format_skeleton("yMMM", month, locale=locale()))


def _chart(asked: queries.Asked, counts: Counter[tuple[str, date, str]]) -> charts.Chart:
    months = asked.months
    by_month: Counter[tuple[date, str]] = Counter()
    for (_purpose, month, state), events in counts.items():
        by_month[month, state] += events
    series = [
        charts.Series(str(WORDS[state]), tuple(by_month[month, state] for month in months))
        for state in queries.SHOWN
    ]
    labels = [_spoken(month) for month in months]
    return charts.lines(
        _("What people answered, per month"),
        series,
        labels=labels,
        unit=_("Month"),
        note=_("Consents that came with a list are counted with the list, not here."),
    )


def _rows(purposes: list[Purpose], counts: Counter[tuple[str, date, str]]) -> list[dict[str, Any]]:
    totals: Counter[tuple[str, str]] = Counter()
    for counted, events in counts.items():
        totals[counted[0], counted[2]] += events
    return [
        {
            "purpose": own_words(each.name, each.code),
            "cells": [(WORDS[state], totals[each.code, state]) for state in queries.SHOWN],
        }
        for each in purposes
        if any(totals[each.code, state] for state in queries.SHOWN)
    ]
