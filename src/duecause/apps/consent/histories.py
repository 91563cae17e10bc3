"""The consents of a person as records: who asked for what, everything said about it, and what follows.

Said is what an event says, and what a record of a list says that was obtained with a wording naming the
controller. Nothing sealed is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from duecause.apps.catalogue.models import Purpose, Wording
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person, Record
from duecause.engine.consents import GIVEN, GIVING, Said, Standing, fold
from duecause.engine.periods import end_of_day, local_day, months_after


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said. `event` is None for a row of a list, whose `record` then says where it came from."""

    id: UUID
    at: datetime
    recorded_at: datetime
    state: str
    valid_to: date | None
    wording: Wording | None
    language: str
    act: str
    how: str
    country: str
    event: ConsentEvent | None
    record: Record | None


class Topic(NamedTuple):
    """Of whom, for whom, for what and how: one consent."""

    controller: Controller
    purpose: Purpose
    channel: str


@dataclass(frozen=True, slots=True)
class History:
    """One consent of one person; `words` oldest first, at least one. Its id is that of the first."""

    person: UUID
    topic: Topic
    words: tuple[Word, ...]

    @property
    def id(self) -> UUID:
        return self.words[0].id

    @property
    def standing(self) -> Standing:
        return fold(Said(word.at, str(word.id), word.state, word.valid_to) for word in self.words)

    @property
    def given(self) -> Word | None:
        """The newest yes: its wording is what counts."""
        return next((word for word in reversed(self.words) if word.state in GIVING), None)

    @property
    def newest(self) -> Word:
        return self.words[-1]

    def today(self, now: datetime) -> date:
        return local_day(now, self.topic.controller.country)

    def holds(self, now: datetime) -> bool:
        return self.standing.holds(self.today(now))


def histories(person: Person | UUID) -> list[History]:
    """Every consent of a person, the one spoken of last first."""
    found: dict[Topic, list[Word]] = {}
    pk = person.pk if isinstance(person, Person) else person
    events = ConsentEvent.objects.filter(person=pk).select_related("controller", "purpose", "wording")
    for event in events:
        topic = Topic(event.controller, event.purpose, event.channel)
        found.setdefault(topic, []).append(_of_event(event))
    records = Record.objects.filter(
        person=pk, basis="consent", wording__purpose__isnull=False, obtained_on__isnull=False
    ).select_related("wording__purpose", "source")
    for record in records.prefetch_related("wording__controllers"):
        for topic, word in _of_record(record):
            found.setdefault(topic, []).append(word)
    made = [
        History(pk, topic, tuple(sorted(words, key=lambda word: (word.at, str(word.id)))))
        for topic, words in found.items()
    ]
    return sorted(made, key=lambda each: each.newest.at, reverse=True)


def history(person: Person, topic: Topic) -> History | None:
    return next((each for each in histories(person) if each.topic == topic), None)


def history_of(person: UUID, consent_id: UUID) -> History | None:
    """The consent of this person that has this id, or a word with it."""
    return next(
        (each for each in histories(person) if any(word.id == consent_id for word in each.words)), None
    )


def _of_event(event: ConsentEvent) -> Word:
    return Word(
        id=event.pk,
        at=event.at,
        recorded_at=event.recorded_at,
        state=event.state,
        valid_to=event.valid_to,
        wording=event.wording,
        language=event.language,
        act=event.act,
        how=event.how,
        country=event.country,
        event=event,
        record=None,
    )


def _of_record(record: Record) -> Iterable[tuple[Topic, Word]]:
    wording, obtained = record.wording, record.obtained_on
    if wording is None or wording.purpose is None or obtained is None:
        return
    for controller in wording.controllers.all():
        # The row knows the day alone: the first moment of it.
        at = end_of_day(obtained - timedelta(days=1), controller.country).astimezone(UTC)
        end = months_after(obtained, wording.holds_months) if wording.holds_months else None
        for channel in wording.channels:
            yield (
                Topic(controller, wording.purpose, channel),
                Word(
                    # One row speaks for several controllers and channels; the same each time it is read.
                    id=uuid5(record.pk, f"{controller.code}/{wording.purpose.code}/{channel}"),
                    at=at,
                    recorded_at=record.recorded_at,
                    state=GIVEN,
                    valid_to=end,
                    wording=wording,
                    language=wording.language,
                    act="import",
                    how="import",
                    country=controller.country,
                    event=None,
                    record=record,
                ),
            )
