"""Calling hours as the pages of lists show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from duecause.apps.dialling import calling_times, texts
from duecause.apps.dialling.models import Campaign
from duecause.engine.screening.calling_times import Hours
from duecause.web.templatetags.formats import moment_text
from duecause.web.words import country_name


def calling_hours(campaign: Campaign, on: date, now: datetime) -> list[dict[str, Any]]:
    """Per country with calling hours on a day: what they are, and how they stand now."""
    found = calling_times.of_countries(campaign.countries, on, now)
    return [
        {
            "country": country_name(each.country),
            "words": texts.rule_words(each.rule),
            "state": state_words(each.now),
            "meaning": "ok" if each.now.open else "watch",
        }
        for each in found
        if each.rule is not None
    ]


def state_words(hours: Hours) -> str:
    if hours.zone_unknown:
        return _("Closed: the time zone is not known")
    if hours.open:
        return _("Open until %(moment)s") % {"moment": moment_text(hours.until)}
    if hours.next_open is None:
        return _("Closed for weeks")
    return _("Closed until %(moment)s") % {"moment": moment_text(hours.next_open)}
