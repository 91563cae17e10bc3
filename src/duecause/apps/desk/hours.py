"""When a person on a running list may be called, by the clock where the number is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from duecause.apps.register.models import DialFact
from duecause.apps.statements import Statement
from duecause.packs import law
from duecause.web.templatetags.formats import moment_text
from duecause.web.words import country_name


@dataclass(frozen=True, slots=True)
class CallsNow:
    """`meaning` is ok while calls are allowed, watch while they are not."""

    country: str
    meaning: str
    words: str


_NUMBERS = Statement(
    lambda *, person: (
        DialFact.objects.filter(person=person)
        .order_by("country", "zone", "region")
        .values_list("country", "zone", "region")
        .distinct()
    )
)


def calls_now(person: UUID, now: datetime) -> list[CallsNow]:
    """One line per place of the person's numbers where calling hours hold."""
    found = {}
    for country, zone, region in _NUMBERS.rows(person=person):
        hours = law.calling_times().at(country, now, zone=zone, subdivision=region)
        if hours.zone_unknown:
            told = CallsNow(country_name(country), "watch", _("No sales call: the time zone is not known"))
        elif hours.open and hours.until:
            words = _("Sales calls until %(moment)s") % {"moment": moment_text(hours.until)}
            told = CallsNow(country_name(country), "ok", words)
        elif hours.next_open:
            words = _("No sales call before %(moment)s") % {"moment": moment_text(hours.next_open)}
            told = CallsNow(country_name(country), "watch", words)
        else:
            continue
        found[(country, told.words)] = told
    return list(found.values())
