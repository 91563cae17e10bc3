"""Consents whose last day is over and of which nobody noted it yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent.histories import History, histories
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.queries import GIVING, decided
from duecause.apps.register.models import Record
from duecause.engine.periods import months_after

# A row of a list whose consent ended longer ago was screened out each day since; nothing holds it any more.
LOOKED_BACK = timedelta(days=7)
FEW_DAYS = timedelta(days=4)


def run_out(now: datetime) -> Iterator[History]:
    """Whose newest word is a yes that no longer runs, by the day of each controller."""
    for person in sorted(_by_event(now) | _by_list(now), key=str):
        for known in histories(person):
            if known.standing.state in GIVING and not known.holds(now):
                yield known


def _by_event(now: datetime) -> set[UUID]:
    said_since = decided().filter(
        person=OuterRef("person"),
        controller=OuterRef("controller"),
        purpose=OuterRef("purpose"),
        channel=OuterRef("channel"),
        at__gt=OuterRef("at"),
    )
    # The day of the east has ended before ours: that day is looked at, and judged by its controller's clock.
    ended = ConsentEvent.objects.filter(~Exists(said_since), state__in=GIVING, valid_to__lte=now.date())
    return set(ended.values_list("person_id", flat=True))


def _by_list(now: datetime) -> set[UUID]:
    found: set[UUID] = set()
    today = now.date()
    for wording in Wording.objects.filter(holds_months__isnull=False, kind=Wording.Kind.CONSENT):
        months = wording.holds_months or 0
        # Months differ in length: a few days more on both sides, then the day itself.
        around = (
            months_after(today - LOOKED_BACK - FEW_DAYS, -months),
            months_after(today + FEW_DAYS, -months),
        )
        rows = Record.objects.filter(wording=wording, basis="consent", obtained_on__range=around)
        for person, obtained in rows.values_list("person_id", "obtained_on"):
            end = months_after(obtained, months) if obtained else None
            if end is not None and today - LOOKED_BACK <= end <= today:
                found.add(person)
    return found
