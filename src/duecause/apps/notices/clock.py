"""Which records still need a notice, and until when: computed from records and the dated law, never stored.

Sources are few and records are millions, so conditions are made per source and the rest is the database's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from duecause.apps.notices.contacts import unheard_contact
from duecause.apps.notices.models import Notice, NoticeExemption, NoticeRecord
from duecause.apps.parties.models import Source
from duecause.apps.register.models import ImportBatch, Record, RelationFact
from duecause.engine import notices as engine
from duecause.engine.notices import Facts, Position, Standing
from duecause.engine.periods import end_of_day, local_day
from duecause.packs import law

NEVER = Q(pk__in=[])
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Counted:
    """Records of one source that fall under Art. 14. `open` = due + overdue; `soon`: due within a week.
    `planned`: of the open ones, in a letter or e-mail that has not gone out. `held`: restricted people."""

    source: Source
    open: int
    overdue: int
    soon: int
    planned: int
    held: int
    sent: int
    exempt: int
    next_due: date | None

    @property
    def due(self) -> int:
        return self.open - self.overdue


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one source on a day."""

    source: Source
    position: Position
    today: date
    country: str
    dated: frozenset[UUID]  # imports whose file said when each row was obtained
    exemptions: tuple[NoticeExemption, ...]

    @property
    def runs(self) -> bool:
        return self.source.kind in self.position.kinds

    def received_by(self, day: date) -> Q:
        """Records whose clock began on that day or before. A day in a list of consents is the day of the
        consent, not that on which we got the list, unless the file says so in a column of its own."""
        known = Q(obtained_on__lte=day) & self._dated
        recorded = Q(recorded_at__lt=end_of_day(day, self.country))
        given = self.source.obtained_on
        return recorded | known | (~self._dated if given is not None and given <= day else NEVER)

    @property
    def _dated(self) -> Q:
        return Q(obtained_on__isnull=False) & (~Q(basis="consent") | Q(batch__in=self.dated))

    @property
    def overdue(self) -> Q:
        """By its month, or since a call that did not say where the data came from."""
        last = engine.newest_overdue(self.position, today=self.today, country=self.country)
        before_today = end_of_day(self.today - timedelta(days=1), self.country)
        # Said of null too, so that it can be turned round.
        return self.received_by(last) | Q(unheard__isnull=False, unheard__lt=before_today)

    def due_by(self, day: date) -> Q:
        """Those whose last day is that day or before."""
        last = engine.newest_overdue(self.position, today=day + timedelta(days=1), country=self.country)
        return self.received_by(last) | Q(unheard__isnull=False)

    def records(self) -> QuerySet[Record]:
        """All that fall under the clock, told or not; nobody who was erased."""
        if not self.runs:
            return Record.objects.none()
        rows = Record.objects.filter(source=self.source, person__erased_at=None)
        return rows.annotate(unheard=unheard_contact())

    def open(self) -> QuerySet[Record]:
        """Not told, not exempt."""
        return self.records().filter(~Q(Exists(told())), ~self.exempt)

    @property
    def exempt(self) -> Q:
        return reduce(or_, map(self.covers, self.exemptions), NEVER) | self._people_exempt

    def covers(self, one: NoticeExemption) -> Q:
        found = ~NEVER if one.received_to is None else self.received_by(one.received_to)
        return found & Q(Exists(customers(self.today))) if one.customers else found

    @property
    def _people_exempt(self) -> Q:
        own = NoticeExemption.objects.filter(source=self.source, ended_at=None, person=OuterRef("person"))
        return Q(Exists(own))

    def obtained_on(self, record: Record) -> date | None:
        """The day on which we got the data, as far as somebody wrote it down."""
        consent = record.basis == "consent" and record.batch_id not in self.dated
        return self.source.obtained_on if consent or record.obtained_on is None else record.obtained_on

    def facts(self, record: Record) -> Facts:
        """Of a record of `records()`; without what was told or is exempt."""
        unheard: datetime | None = getattr(record, "unheard", None)
        return Facts(
            kind=self.source.kind,
            recorded_on=local_day(record.recorded_at, self.country),
            obtained_on=self.obtained_on(record),
            contacted_on=local_day(unheard, self.country) if unheard else None,
        )

    def standing(self, record: Record) -> Standing:
        return self.standing_with(record, None, "")

    def standing_with(self, record: Record, told_on: date | None, exempt: str) -> Standing:
        facts = replace(self.facts(record), told_on=told_on, exempt=exempt)
        return engine.standing(facts, self.position, today=self.today, country=self.country)


def told() -> QuerySet[NoticeRecord]:
    return NoticeRecord.objects.filter(record=OuterRef("pk"), notice__state__in=Notice.TOLD)


def untold() -> QuerySet[Record]:
    """Records from others without a notice, exempt or not, whatever the day: for whoever cannot wait for
    more."""
    kinds = (Source.Kind.THIRD_PARTY, Source.Kind.PUBLIC, Source.Kind.UNKNOWN)
    return Record.objects.filter(~Q(Exists(told())), source__kind__in=kinds)


def in_hand() -> QuerySet[NoticeRecord]:
    return NoticeRecord.objects.filter(record=OuterRef("pk"), notice__state=Notice.State.PLANNED)


def customers(on: date) -> QuerySet[RelationFact]:
    return RelationFact.objects.filter(Q(until=None) | Q(until__gte=on), person=OuterRef("person"))


def position(on: date) -> Position:
    return law.notice_policy().on(on)


def clock_of(source: Source, now: datetime) -> Clock:
    country = source.controller.country
    today = local_day(now, country)
    at = position(today)
    if source.kind not in at.kinds:
        return Clock(source, at, today, country, frozenset(), ())
    running = NoticeExemption.objects.filter(source=source, ended_at=None, person=None)
    return Clock(source, at, today, country, _dated_imports(source), tuple(running.order_by("made_at")))


def clocks(now: datetime, sources: Iterable[Source] | None = None) -> list[Clock]:
    """Of every source that falls under Art. 14, or of those among `sources` that do."""
    rows = Source.objects.select_related("controller", "party").order_by("code")
    if sources is not None:
        rows = rows.filter(pk__in=[source.pk for source in sources])
    return [clock for clock in (clock_of(source, now) for source in rows) if clock.runs]


def _dated_imports(source: Source) -> frozenset[UUID]:
    batches = ImportBatch.objects.filter(source=source).values_list("pk", "sheets")
    return frozenset(pk for pk, sheets in batches if says_when_obtained(sheets))


def says_when_obtained(sheets: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the file of an import had a column for the day on which each row was obtained."""
    columns = (column for sheet in sheets for column in sheet.get("columns", ()))
    return any(column.get("field") == "obtained_on" for column in columns)


def counted(clock: Clock) -> Counted:
    """One look at the records of a source."""
    free = Q(person__restricted_at=None)
    found: dict[str, Any] = (
        clock.open()
        .annotate(in_hand=Exists(in_hand()))
        .aggregate(
            open=Count("pk", filter=free),
            overdue=Count("pk", filter=free & clock.overdue),
            soon=Count("pk", filter=free & clock.due_by(clock.today + SOON)),
            planned=Count("pk", filter=free & Q(in_hand=True)),
            held=Count("pk", filter=~free),
        )
    )
    every = clock.records()
    return Counted(
        source=clock.source,
        open=found["open"],
        overdue=found["overdue"],
        soon=found["soon"] - found["overdue"],
        planned=found["planned"],
        held=found["held"],
        next_due=next_due(clock) if found["open"] > found["overdue"] else None,
        sent=every.filter(Exists(told())).count(),
        exempt=every.filter(~Q(Exists(told())), clock.exempt).count(),
    )


def next_due(clock: Clock) -> date | None:
    """The nearest last day that has not passed."""
    rows = clock.open().filter(~clock.overdue, person__restricted_at=None)
    firsts = rows.filter(clock._dated).order_by("obtained_on").first(), rows.order_by("recorded_at").first()
    found = [clock.standing(one).due for one in firsts if one is not None]
    return min((day for day in found if day is not None), default=None)


def open_among(
    records: Iterable[UUID], now: datetime, *, sources: Sequence[Source] | None = None
) -> Iterable[tuple[Clock, Record]]:
    """Of many records, those whose notice is not given and needed. Read in parts; nothing sealed is read."""
    wanted = list(records)
    for clock in clocks(now, sources):
        for start in range(0, len(wanted), 5_000):
            rows = clock.open().filter(pk__in=wanted[start : start + 5_000])
            for record in rows.only(
                "pk", "person_id", "source_id", "batch_id", "language", "basis", "obtained_on", "recorded_at"
            ):
                yield clock, record
