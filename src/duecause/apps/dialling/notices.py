"""Who may not be called yet because nobody told them where their data came from (GDPR Art. 14), and what the
notices room must know of calls. Imported once at start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.db.models.expressions import Combinable

from duecause.apps.dialling.campaign_actions import texts_of
from duecause.apps.dialling.models import Attempt, Campaign
from duecause.apps.notices.clock import clocks, open_among, position
from duecause.apps.notices.contacts import provides_contacts
from duecause.apps.parties.models import Partner, Source
from duecause.engine import notices as engine


@provides_contacts
def unheard_contact() -> Combinable:
    """The first answered call about a record on a list whose script did not say where the data came from."""
    calls = Attempt.objects.filter(
        row__record=OuterRef("pk"), row__release__notice="", outcome=Attempt.Outcome.ANSWERED
    )
    return Subquery(calls.order_by("at").values("at")[:1])


def languages(campaign: Campaign, on: date) -> frozenset[str]:
    """Languages in which the script of the campaign carries the short notice on a day."""
    if not campaign.notice:
        return frozenset()
    texts = texts_of(campaign.notice, campaign.notice_version, campaign.controller.code)
    current = texts.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on).exclude(text="")
    return frozenset(current.values_list("language", flat=True))


def name_of(campaign: Campaign) -> str:
    return f"{campaign.notice} {campaign.notice_version}".strip()


def stopped(
    campaign: Campaign, centre: Partner, records: Iterable[UUID], now: datetime, on: date
) -> dict[UUID, str]:
    """Record → why nobody may be called for it: `notice_overdue`, or `notice_untold` where the first call
    would come before the notice."""
    said = languages(campaign, on)
    found = {}
    sources = list(Source.objects.filter(controller=campaign.controller))
    for clock, record in open_among(records, now, sources=sources):
        reason = engine.stops_contact(
            clock.facts(record),
            clock.position,
            today=on,
            country=clock.country,
            short_notice=record.language in said,
            to_controller=centre.role == Partner.Role.CONTROLLER,
        )
        if reason is not None:
            found[record.pk] = reason
    return found


def held_back(
    campaign: Campaign,
    centre: Partner,
    numbers: Iterable[tuple[int, int, str | None, UUID | None]],
    now: datetime,
    on: date,
) -> Iterator[tuple[int, int, str]]:
    """(place of the row, ordinal of the number, reason), for screening, of numbers with the source and record
    they come from. Those of sources that need no notice are not looked at."""
    under = {clock.source.code for clock in clocks(now)}
    places: dict[UUID, list[tuple[int, int]]] = {}
    for row, ordinal, source, record in numbers if under else ():
        if source in under and record is not None:
            places.setdefault(record, []).append((row, ordinal))
    for record, reason in stopped(campaign, centre, places, now, on).items():
        for row, ordinal in places[record]:
            yield row, ordinal, reason


def applied(campaign: Campaign, on: date) -> Mapping[str, Any]:
    """The dated position and the short notice, as they stand in the report and the certificate."""
    at = position(on)
    return {
        "position": at.id,
        "valid_from": at.valid_from.isoformat(),
        "law": at.law,
        "confidence": at.confidence,
        "reviewed_by": at.reviewed_by,
        "short_notice": name_of(campaign),
        "languages": sorted(languages(campaign, on)),
    }
