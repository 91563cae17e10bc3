"""Whether notices are overdue, for a check that somebody waits on: one query that is assembled once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from duecause.apps.notices.clock import open_among, position, says_when_obtained
from duecause.apps.notices.contacts import unheard_contact
from duecause.apps.notices.models import NoticeExemption
from duecause.apps.register.models import Record
from duecause.apps.statements import Statement
from duecause.engine.notices import newest_overdue
from duecause.engine.periods import local_day


def overdue(records: Collection[UUID], now: datetime) -> set[UUID]:
    """Of records without a notice, those whose last day has passed. The same answer as that of their clocks,
    which are asked where an exemption of the source runs."""
    found, unsure = set(), set()
    for pk, kind, given, country, basis, obtained, recorded, sheets, unheard, exempt in _UNTOLD.rows(
        records=list(records)
    ):
        today = local_day(now, country)
        at = position(today)
        if kind not in at.kinds:
            continue
        if exempt:
            unsure.add(pk)
            continue
        if obtained is None or (basis == "consent" and not says_when_obtained(sheets or ())):
            obtained = given
        recorded_on = local_day(recorded, country)
        received = recorded_on if obtained is None else min(obtained, recorded_on)
        called = unheard is not None and local_day(_aware(unheard), country) < today
        if called or received <= newest_overdue(at, today=today, country=country):
            found.add(pk)
    if unsure:
        found |= {row.pk for each, row in open_among(unsure, now) if each.standing(row).state == "overdue"}
    return found


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _untold(*, records: list[UUID]) -> QuerySet[Record, Any]:
    running = NoticeExemption.objects.filter(source=OuterRef("source"), ended_at=None)
    rows = Record.objects.filter(pk__in=records, person__erased_at=None).order_by()
    return rows.annotate(unheard=unheard_contact(), exempt=Exists(running)).values_list(
        "pk",
        "source__kind",
        "source__obtained_on",
        "source__controller__country",
        "basis",
        "obtained_on",
        "recorded_at",
        "batch__sheets",
        "unheard",
        "exempt",
    )


_UNTOLD = Statement(_untold)
