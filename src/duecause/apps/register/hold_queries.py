"""Which holds run, and what they cover. What the gate is told of them is registered here, at start."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from duecause.apps.gate.facts import provides_flag
from duecause.apps.register.models import Hold, Record
from duecause.engine import retention
from duecause.web.templatetags.formats import shown_day


def running(now: datetime) -> QuerySet[Hold]:
    """Not ended by anybody nor by their own last day."""
    return Hold.objects.filter(Q(until=None) | Q(until__gte=shown_day(now)), ended_at=None)


def people_of(hold: Hold) -> set[UUID]:
    return set(hold.records.values_list("person_id", flat=True))


@provides_flag("legal_hold", until="until")
def legal_hold(*, person: UUID) -> QuerySet[Hold, Any]:
    return Hold.objects.filter(records__person=person, ended_at=None)


def holds_on(now: datetime, **people: Any) -> dict[UUID, list[retention.Hold]]:
    """Per record of some people (`records__person__in`, or another filter like it) the holds that cover
    it."""
    found: dict[UUID, list[retention.Hold]] = defaultdict(list)
    rows = running(now).filter(**people).distinct()
    for hold in rows.prefetch_related("records"):
        covered = retention.Hold(hold.reason, frozenset(hold.fields))
        records = [each.pk for each in hold.records.all()]
        if hold.whole_person:
            owners = {each.person_id for each in hold.records.all()}
            records = list(Record.objects.filter(person__in=owners).values_list("pk", flat=True))
        for record in records:
            found[record].append(covered)
    return found
