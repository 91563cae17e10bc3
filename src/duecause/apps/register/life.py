"""What happened to a person's data after they came: linked, screened, objected to, restricted, to be erased.

The rooms that know register a teller each; the register tells of links, restriction and erasure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from duecause.apps.register.labels import LINKED
from duecause.apps.register.models import Person, Record, RecordLink
from duecause.engine.problems import Problem, gettext_noop

BY_RULE = "rule"


@dataclass(frozen=True, slots=True)
class Happened:
    """`what` is a sentence to render in the reader's language, `why` one more; `kind` is its code for
    programs. `group` is the field group one must be allowed to see. `record` None: all of the person.
    `numbers_only`: it concerns telephone numbers and no other field. `planned`: `at` is still to come.
    `meaning`: how the page marks it. `fields`: those it concerns, of any group; None for all.
    `source`: name of the source of a record that is gone."""

    at: datetime
    kind: str
    what: Problem
    why: Problem | None = None
    group: str = "provenance"
    meaning: str = "info"
    record: UUID | None = None
    numbers_only: bool = False
    planned: bool = False
    fields: frozenset[str] | None = None
    source: str = ""

    def concerns(self, field: str, *, number: bool) -> bool:
        return (number or not self.numbers_only) and (self.fields is None or field in self.fields)


Teller = Callable[[UUID, Sequence[UUID], datetime], Iterable[Happened]]
_tellers: list[Teller] = []


def tells_life(teller: Teller) -> Teller:
    """Register `teller(person, records of the person, now)`. It opens nothing and puts no value in a text."""
    _tellers.append(teller)
    return teller


def life_of(person: UUID, *, now: datetime) -> tuple[Happened, ...]:
    """Everything that happened to the person's records, and what is planned, the oldest first."""
    records = list(Record.objects.filter(person=person).order_by("pk").values_list("pk", flat=True))
    found = [happened for teller in _tellers for happened in teller(person, records, now)]
    return tuple(sorted(found, key=lambda happened: (happened.at, happened.kind, str(happened.record or ""))))


@tells_life
def links(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """Why two records count as one person; and where somebody separated them again."""
    shown = (RecordLink.State.LINKED, RecordLink.State.ENDED)
    rows = RecordLink.objects.filter(Q(a__in=records) | Q(b__in=records), state__in=shown)
    for link in rows.select_related("a__source", "b__source"):
        for record, other in ((link.a, link.b), (link.b, link.a)):
            if record.pk in set(records):
                yield _link(link, record, other)


def _link(link: RecordLink, record: Record, other: Record) -> Happened:
    place = {"source": other.source.name, "row": other.row}
    if link.state == RecordLink.State.ENDED:
        template = gettext_noop("Separated from row %(row)s of %(source)s: two people.")
        return Happened(link.decided_at, "separated", Problem("separated", template, place), record=record.pk)
    template = gettext_noop("Counted as the same person as row %(row)s of %(source)s.")
    why = None
    if link.decided_by == BY_RULE and link.rule in LINKED:
        why = Problem(link.rule, LINKED[link.rule])
    elif link.decided_by != BY_RULE:
        why = Problem("decided", gettext_noop("Somebody decided it."))
    return Happened(link.decided_at, "linked", Problem("linked", template, place), why, record=record.pk)


@tells_life
def limits(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    known = Person.objects.filter(pk=person).values_list("restricted_at", "erased_at").first()
    restricted, erased = known or (None, None)
    if restricted:
        template = gettext_noop("Restricted: stored, and used for nothing else (GDPR Art. 18).")
        yield Happened(restricted, "restricted", Problem("restricted", template), meaning="stopped")
    if erased:
        template = gettext_noop("Erased.")
        yield Happened(erased, "erased", Problem("erased", template), meaning="stopped")
