"""What retention rules need to know of each record, read in bulk and person by person. Nothing is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.dialling.models import Attempt
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Source
from duecause.apps.register.fields import is_phone
from duecause.apps.register.hold_queries import holds_on
from duecause.apps.register.models import ENDED, DialFact, Person, Record, RelationFact, StoredField
from duecause.engine.consents import GIVING, Said, fold
from duecause.engine.periods import local_day, months_after
from duecause.engine.retention import Action, Book, Ending, Facts, Fate, Hold, Trigger

CHUNK = 1_000
Span = tuple[UUID, UUID]  # first and last id
RESTRICTED, REQUEST_OPEN = "restricted", "request_open"
Days = dict[UUID, date]


@dataclass(frozen=True, slots=True)
class Holding:
    """One record and what becomes of its fields. `called`: a list may still take up one of its numbers;
    `over`: one of them is out of marketing already; `stored`: fields that may only be stored already. `today`
    is the day where its controller is."""

    record: UUID
    source: int
    recorded_at: datetime
    today: date
    fates: tuple[Fate, ...]
    called: bool
    over: bool
    stored: frozenset[str]
    marketed: frozenset[str]  # fields with a marketing purpose

    def open(self, fate: Fate) -> Iterator[Ending]:
        """What of a fate has not been done yet."""
        for ending in fate.endings:
            if ending.action == Action.LEAVE_MARKETING:
                if self.called and is_phone(fate.field) and fate.field not in self.stored:
                    yield ending
            elif ending.action != Action.RESTRICT or fate.field not in self.stored:
                yield ending

    def back(self) -> set[str]:
        """Fields that were taken out of use and would not be by now: the person has spoken with us since, or
        the rules are others. Numbers come back together, when none of them is out any more."""
        if not (self.over or self.stored) or any(fate.held for fate in self.fates):
            return set()
        out = {fate.field for fate in self.fates if fate.overdue(self.today)}
        phones = {fate.field for fate in self.fates if is_phone(fate.field)} if self.over else set()
        return set(self.stored - out) | (phones if phones <= self.marketed - out else set())

    def due(self) -> dict[str, Ending]:
        """Per field the strictest that is due and that no hold stops."""
        found: dict[str, Ending] = {}
        for fate in self.fates:
            due = [] if fate.held else [ending for ending in self.open(fate) if ending.due(self.today)]
            if due:
                found[fate.field] = due[-1]
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """One person and their records."""

    person: UUID
    holdings: tuple[Holding, ...]


class Walk:
    """Goes over everybody in the order of their ids. `books` are asked side by side, so that two sets of
    rules can be compared in one reading: `each` gives as many holdings per record."""

    def __init__(self, books: Sequence[Book], now: datetime) -> None:
        self.books, self.now = books, now
        self.triggers = frozenset[Trigger]().union(*(book.triggers for book in books))

    def everybody(self, *, after: UUID | None = None) -> Iterator[list[tuple[Known, ...]]]:
        """Chunks of people, each once per book. Those whose erasure has begun are left out."""
        rows = Person.objects.filter(erased_at=None).order_by("pk").values_list("pk", flat=True)
        while True:
            people = list((rows.filter(pk__gt=after) if after else rows)[:CHUNK])
            if not people:
                return
            yield self._those(people, (people[0], people[-1]))
            after = people[-1]

    def each(self, people: Collection[UUID]) -> list[tuple[Known, ...]]:
        return self._those(people, None)

    def _those(self, people: Collection[UUID], span: Span | None) -> list[tuple[Known, ...]]:
        return [known for known in _Chunk(self, people, span).known() if known[0].holdings]

    @cached_property
    def sources(self) -> dict[int, tuple[str, date | None]]:
        """Source → country of its controller, when it was obtained."""
        rows = Source.objects.values_list("pk", "controller__country", "obtained_on")
        return {pk: (country, obtained) for pk, country, obtained in rows}

    @cached_property
    def todays(self) -> dict[str, date]:
        return {country: local_day(self.now, country) for country, _ in self.sources.values()}


_RECORDS = (
    "pk", "person_id", "source_id", "fields", "obtained_on", "recorded_at", "basis", "wording__holds_months",
)  # fmt: skip
_WORDS = ("person_id", "controller_id", "purpose_id", "channel", "at", "pk", "state", "valid_to",
          "controller__country")  # fmt: skip


class _Chunk:
    """The facts of some people. Only what a rule asks for is read."""

    def __init__(self, walk: Walk, people: Collection[UUID], span: Span | None) -> None:
        self.walk, self.people, self.span = walk, list(people), span
        rows = Record.objects.filter(**self.among("person")).order_by("person_id", "pk")
        self.rows = list(rows.values_list(*_RECORDS))
        self.stored = self._stored()
        bases = DialFact.objects.filter(**self.among("person")).values_list("record_id", "basis")
        self.called = {record for record, basis in bases if basis != ENDED}
        self.over = {record for record, basis in bases if basis == ENDED}
        self.holds = self._holds()
        asked = walk.triggers
        self.contracts = self._contracts() if Trigger.CONTRACT_ENDED in asked else {}
        self.contacts = self._contacts() if Trigger.LAST_CONTACT in asked else {}
        self.consents = self._consents() if Trigger.CONSENT_ENDED in asked else {}
        self.objections = self._objections() if Trigger.OBJECTED in asked else {}
        self.requests = self._requests() if Trigger.REQUEST_CLOSED in asked else {}

    def among(self, name: str) -> dict[str, Any]:
        """These people, for a filter on `name`: as a span of ids, whoever else it holds, where they are
        neighbours. Handing a thousand ids to each statement costs more than the database needs for it."""
        if self.span is None:
            return {f"{name}__in": self.people}
        return {f"{name}__gte": self.span[0], f"{name}__lte": self.span[1]}

    def known(self) -> Iterator[tuple[Known, ...]]:
        by_person: dict[UUID, list[tuple[Holding, ...]]] = {person: [] for person in self.people}
        for row in self.rows:
            if row[1] in by_person:
                by_person[row[1]].append(self._holding(row))
        for person, holdings in by_person.items():
            columns = list(zip(*holdings, strict=True)) or [()] * len(self.walk.books)
            yield tuple(Known(person, tuple(column)) for column in columns)

    def _holding(self, row: tuple[Any, ...]) -> tuple[Holding, ...]:
        record, person, source, names, obtained, recorded_at, basis, holds_months = row
        country, of_source = self.walk.sources[source]
        today = self.walk.todays[country]
        recorded = local_day(recorded_at, country)
        got = obtained or of_source or recorded
        asked = self.walk.triggers
        known = ((Trigger.RECORDED, recorded), (Trigger.OBTAINED, got))
        dates = {trigger: day for trigger, day in known if trigger in asked}
        running: set[Trigger] = set()
        if Trigger.LAST_CONTACT in asked:
            spoke = self.contacts.get(person)
            dates[Trigger.LAST_CONTACT] = max(got, local_day(spoke, country)) if spoke else got
        if Trigger.CONTRACT_ENDED in asked:
            _dated(Trigger.CONTRACT_ENDED, self.contracts.get(record), today, dates, running)
        if Trigger.CONSENT_ENDED in asked:
            ends = self.consents.get(person)
            if ends is None and basis == "consent":
                ends = [months_after(got, holds_months) if holds_months else None]
            _dated(Trigger.CONSENT_ENDED, ends, today, dates, running)
        for trigger, days in ((Trigger.OBJECTED, self.objections), (Trigger.REQUEST_CLOSED, self.requests)):
            if person in days:
                dates[trigger] = local_day(days[person], country)
        stored = self.stored.get(record, frozenset()) - set(names)
        facts = Facts(tuple(sorted({*names, *stored})), dates, frozenset(running))
        holds = self.holds.get(record, ())
        return tuple(
            Holding(
                record,
                source,
                recorded_at,
                today,
                book.fates(facts, holds),
                record in self.called,
                record in self.over,
                stored,
                book.marketed,
            )
            for book in self.walk.books
        )

    def _stored(self) -> dict[UUID, frozenset[str]]:
        found: dict[UUID, set[str]] = defaultdict(set)
        rows = StoredField.objects.filter(**self.among("record__person"))
        for record, field in rows.values_list("record_id", "field"):
            found[record].add(field)
        return {record: frozenset(names) for record, names in found.items()}

    def _holds(self) -> Mapping[UUID, Sequence[Hold]]:
        """By somebody's decision, by a restriction of the person (GDPR Art. 18), by an open request."""
        found: dict[UUID, list[Hold]] = {
            k: list(v) for k, v in holds_on(self.walk.now, **self.among("records__person")).items()
        }
        restricted = Person.objects.filter(restricted_at__isnull=False, **self.among("pk"))
        asking = Obligation.objects.filter(
            kind=ERASURE_REQUEST, state=Obligation.State.OPEN, **self.among("person")
        )
        stopped: list[tuple[set[Any], Hold]] = [
            (set(restricted.values_list("pk", flat=True)), Hold(RESTRICTED)),
            (set(asking.values_list("person", flat=True)), Hold(REQUEST_OPEN)),
        ]
        for people, hold in stopped:
            for row in self.rows if people else ():
                if row[1] in people:
                    found.setdefault(row[0], []).append(hold)
        return found

    def _contracts(self) -> dict[UUID, list[date | None]]:
        found: dict[UUID, list[date | None]] = defaultdict(list)
        rows = RelationFact.objects.filter(**self.among("person"))
        for record, until in rows.values_list("record_id", "until"):
            found[record].append(until)
        return found

    def _contacts(self) -> dict[UUID, datetime]:
        """When the person last spoke with us: an answered call, a word on a consent, an objection. A call
        that nobody answered is none: else calling would keep the number for ever."""
        calls = Attempt.objects.filter(outcome=Attempt.Outcome.ANSWERED)
        found: dict[UUID, datetime] = {}
        for rows in (
            calls.filter(**self.among("row__person")).values_list("row__person", "at"),
            calls.filter(**self.among("row__record__person")).values_list("row__record__person", "at"),
            ConsentEvent.objects.filter(**self.among("person"))
            .exclude(how__in=["import", "system"])
            .values_list("person", "at"),
            Objection.objects.filter(**self.among("person")).values_list("person", "at"),
        ):
            for person, at in rows:
                found[person] = max(at, found.get(person, at))
        return found

    def _consents(self) -> dict[UUID, list[date | None]]:
        """Per person when each consent ends or ended; None while it holds without end. A purpose is not told
        from another: while one of them holds, nothing ends by this event."""
        said: dict[tuple[Any, ...], list[tuple[Said, str]]] = defaultdict(list)
        rows = ConsentEvent.objects.filter(**self.among("person")).exclude(state=ConsentEvent.State.REQUESTED)
        for person, controller, purpose, channel, at, pk, state, valid_to, country in rows.values_list(
            *_WORDS
        ):
            said[person, controller, purpose, channel].append((Said(at, str(pk), state, valid_to), country))
        found: dict[UUID, list[date | None]] = defaultdict(list)
        for (person, *_), words in said.items():
            country = words[-1][1]
            standing = fold(word for word, _ in words)
            if standing.state in GIVING:
                found[person].append(standing.until)
            elif standing.since is not None:
                found[person].append(local_day(standing.since, country))
        return found

    def _objections(self) -> dict[UUID, datetime]:
        """The first that still holds."""
        rows = Objection.objects.filter(lifted_at=None, **self.among("person"))
        found: dict[UUID, datetime] = {}
        for person, at in rows.filter(scope=Objection.Scope.ALL_MARKETING).values_list("person", "at"):
            found[person] = min(at, found.get(person, at))
        return found

    def _requests(self) -> dict[UUID, datetime]:
        """The last request that was answered, so that nothing of it is open."""
        rows = Obligation.objects.filter(
            kind=ERASURE_REQUEST,
            state=Obligation.State.DONE,
            closed_at__isnull=False,
            **self.among("person"),
        )
        found: dict[UUID, datetime] = {}
        for person, at in rows.values_list("person", "closed_at"):
            if person is not None and at is not None:
                found[person] = max(at, found.get(person, at))
        return found


def _dated(
    trigger: Trigger,
    ends: Sequence[date | None] | None,
    today: date,
    dates: dict[Trigger, date],
    running: set[Trigger],
) -> None:
    """Running while one has no end; else the last end, which may be a day to come."""
    if not ends:
        return
    days = [end for end in ends if end is not None]
    if len(days) < len(ends):
        running.add(trigger)
    else:
        dates[trigger] = max(days)
