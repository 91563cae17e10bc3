"""Who received what of a record, and for which lists it was judged: releases of today and lists of before
Duecause. The register asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.register.life import Happened, tells_life
from duecause.apps.register.models import DialFact
from duecause.apps.register.planning import slices
from duecause.apps.register.recipients import Handing, provides_recipients
from duecause.engine.problems import Problem, gettext_noop
from duecause.engine.screening.reasons import describe

COLUMNS = (
    "record_id", "token", "release_id", "release__centre__code", "release__centre__name",
    "release__campaign__code", "release__campaign__name", "release__released_at", "release__expires_at",
    "release__recalled_at", "release__fields", "release__dial_list_id",
)  # fmt: skip
Key = tuple[UUID, UUID]


@provides_recipients
def releases_with(records: Sequence[UUID]) -> list[Handing]:
    """A released row is of one record. A row of a former list says a number only: whoever has that number was
    on that list, also where several share it. Drafts that never left are no releases."""
    rows: dict[Key, tuple[Any, ...]] = {}
    numbers: dict[Key, set[int]] = {}
    for part in slices(records):
        places = _places(part)
        owners: dict[bytes, set[UUID]] = {}
        for record, token in places:
            owners.setdefault(token, set()).add(record)
        for row in _rows(part, list(owners)):
            record, token, release = row[0], bytes(row[1]), row[2]
            former = row[-1] is None
            holders = {record} | (owners.get(token, set()) if former else set())
            for holder in holders & set(part):
                rows.setdefault((holder, release), row)
                numbers.setdefault((holder, release), set()).update(places.get((holder, token), ()))
    return [_handing(key, row, numbers[key]) for key, row in rows.items()]


def _places(records: list[UUID]) -> dict[tuple[UUID, bytes], set[int]]:
    """Record and token → the places of that number among those of the record."""
    found: dict[tuple[UUID, bytes], set[int]] = {}
    facts = DialFact.objects.filter(record__in=records).values_list("record_id", "token", "ordinal")
    for record, token, ordinal in facts:
        found.setdefault((record, bytes(token)), set()).add(ordinal)
    return found


def _rows(records: list[UUID], tokens: list[bytes]) -> QuerySet[ReleaseRow, tuple[Any, ...]]:
    wanted = Q(record__in=records)
    if tokens:
        wanted |= Q(token__in=tokens, release__dial_list=None)
    rows = ReleaseRow.objects.filter(wanted).exclude(
        release__dial_list__isnull=False, release__expires_at=F("release__released_at")
    )
    return rows.order_by("pk").values_list(*COLUMNS)


def _handing(key: Key, row: tuple[Any, ...], numbers: set[int]) -> Handing:
    record, release = key
    _, _, _, code, name, campaign, campaign_name, at, until, recalled, fields, dial_list = row
    return Handing(
        record=record,
        release=release,
        recipient=code,
        recipient_name=name,
        campaign=campaign,
        campaign_name=campaign_name,
        at=at,
        expires_at=until,
        recalled_at=recalled,
        fields=frozenset(fields),
        numbers=frozenset(numbers),
        former=dial_list is None,
    )


@tells_life
def screenings(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """Each list for which a row of the person was judged: released, or why it stayed back."""
    for part in slices(records):
        rows = ListRow.objects.filter(record__in=part, dial_list__screened_at__isnull=False)
        columns = ("record_id", "released", "reasons", "dial_list__screened_at", "dial_list__campaign__name")
        for record, released, reasons, at, campaign in rows.order_by("pk").values_list(*columns):
            yield _screened(record, released, reasons, at, campaign)


def _screened(record: UUID, released: bool, reasons: list[str], at: datetime, campaign: str) -> Happened:
    named = {"campaign": campaign}
    if released:
        passed = Problem("screened", gettext_noop("Screened for %(campaign)s: may be called."), named)
        return Happened(at, "screened", passed, record=record, numbers_only=True)
    held = Problem("held_back", gettext_noop("Screened for %(campaign)s: held back."), named)
    return Happened(
        at, "held_back", held, describe(reasons[0]), meaning="stopped", record=record, numbers_only=True
    )
