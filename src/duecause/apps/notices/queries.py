"""Reads of notices: what is due and overdue by source, the records behind a number, batches, one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, Q, QuerySet

from duecause.apps.notices import clock
from duecause.apps.notices.clock import Clock, Counted
from duecause.apps.notices.models import Notice, NoticeBatch, NoticeExemption
from duecause.apps.parties.models import Controller, Source
from duecause.apps.register.models import Person, Record
from duecause.engine.notices import Standing
from duecause.engine.problems import Refused

STATES = ("overdue", "due", "planned", "held", "sent", "exempt")


@dataclass(frozen=True, slots=True)
class Told:
    """One source of a person: where its clock stands, and the notice that told of it, if any."""

    source: Source
    record: Record
    standing: Standing
    notice: Notice | None
    exemption: NoticeExemption | None

    @property
    def ground(self) -> str:
        """Code, or empty."""
        return self.exemption.ground if self.exemption else ""


def overview(now: datetime) -> list[Counted]:
    """Every source that falls under Art. 14, the most urgent first."""
    found = [clock.counted(each) for each in clock.clocks(now)]
    return sorted(found, key=lambda each: (-each.overdue, each.next_due or date.max, each.source.code))


def rows_of(each: Clock, state: str) -> QuerySet[Record]:
    """The records behind a number of the overview, in the order in which they are due."""
    free, held = Q(person__restricted_at=None), Q(person__restricted_at__isnull=False)
    rows = {
        "overdue": lambda: each.open().filter(free & each.overdue),
        "due": lambda: each.open().filter(free & ~each.overdue),
        "planned": lambda: each.open().filter(free & Q(Exists(clock.in_hand()))),
        "held": lambda: each.open().filter(held),
        "sent": lambda: each.records().filter(Exists(clock.told())),
        "exempt": lambda: each.records().filter(~Q(Exists(clock.told())), each.exempt),
    }[state if state in STATES else "due"]()
    return rows.select_related("source").defer("identity", "contract").order_by("recorded_at", "pk")


def of_person(person: Person, now: datetime) -> list[Told]:
    """Per record from somebody else, oldest first."""
    records = Record.objects.filter(person=person).select_related("source__controller")
    by_source: dict[int, Clock] = {}
    found = []
    notices = {
        record: notice
        for notice in Notice.objects.filter(person=person)
        .select_related("batch")
        .prefetch_related("covered")
        .order_by("batch__made_at", "pk")
        for record in (each.record_id for each in notice.covered.all())
    }
    for record in records.defer("identity", "contract").order_by("recorded_at", "pk"):
        each = by_source.setdefault(record.source_id, clock.clock_of(record.source, now))
        if not each.runs:
            continue
        row = each.records().filter(pk=record.pk).first()
        if row is None:
            continue
        notice = notices.get(record.pk)
        exemption = None if notice and notice.state in Notice.TOLD else _exemption(each, row)
        told_on = notice.sent_on if notice is not None and notice.state in Notice.TOLD else None
        standing = each.standing_with(row, told_on, exemption.ground if exemption else "")
        found.append(Told(record.source, row, standing, notice, exemption))
    return found


def _exemption(each: Clock, row: Record) -> NoticeExemption | None:
    for one in each.exemptions:
        if each.records().filter(each.covers(one), pk=row.pk).exists():
            return one
    return NoticeExemption.objects.filter(source=each.source, person=row.person_id, ended_at=None).first()


def batches() -> QuerySet[NoticeBatch]:
    rows = NoticeBatch.objects.select_related("controller").order_by("-made_at", "-pk")
    states = {
        f"count_{state}": Count("notices", filter=Q(notices__state=state)) for state in Notice.State.values
    }
    return rows.annotate(**states)


def batch_named(text: str) -> NoticeBatch:
    """By its id or the end of it. Raises Refused."""
    found = [each for each in batches()[:1000] if str(each.pk) == text or str(each.pk).endswith(text)]
    if len(found) != 1 or not text:
        raise Refused(
            "unknown_batch",
            "There is no single batch “%(batch)s”. See: duecause notices status",
            batch=text[:40],
        )
    return found[0]


def controllers_with_notices() -> list[Controller]:
    """Whose sources fall under Art. 14."""
    kinds = (Source.Kind.THIRD_PARTY, Source.Kind.PUBLIC, Source.Kind.UNKNOWN)
    return list(Controller.objects.filter(sources__kind__in=kinds).distinct().order_by("code"))


def exemptions(*, running: bool = True) -> Sequence[NoticeExemption]:
    rows = NoticeExemption.objects.select_related("source").filter(person=None).order_by("-made_at")
    return list(rows.filter(ended_at=None) if running else rows)


def as_json(counts: Counted) -> dict[str, Any]:
    return {
        "source": counts.source.code,
        "controller": counts.source.controller.code,
        "due": counts.due,
        "overdue": counts.overdue,
        "due_within_7_days": counts.soon,
        "planned": counts.planned,
        "held": counts.held,
        "sent": counts.sent,
        "exempt": counts.exempt,
        "next_due": counts.next_due.isoformat() if counts.next_due else None,
    }
