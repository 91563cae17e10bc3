"""Which records make up a person: the connected groups of linked records. Called by `actions` alone, inside
its transaction; no sealed byte is touched.

Rooms above keep things by person (consents, interactions). They register with `follows_records` and are told
which records went to which person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, ManyToOneRel

from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import DialFact, Person, Record, RecordLink, RelationFact
from duecause.apps.register.planning import slices
from duecause.engine.matching.linking import groups
from duecause.engine.problems import Refused, gettext_noop

Moved = Mapping[UUID, UUID]
"""record → the person it belongs to now"""

_followers: list[Callable[[Moved], None]] = []


def follows_records(follower: Callable[[Moved], None]) -> Callable[[Moved], None]:
    """Register who must know when records change their person; called inside the transaction."""
    _followers.append(follower)
    return follower


def people_of(records: Collection[UUID]) -> dict[UUID, UUID]:
    """record → person, of those that are stored."""
    found: dict[UUID, UUID] = {}
    for part in slices(records):
        found.update(Record.objects.filter(pk__in=part).values_list("pk", "person_id"))
    return found


_requests: set[str] = set()


def keeps_together(kind: str) -> None:
    """Register a kind of obligation that must reach every record of its person while it is open."""
    _requests.add(kind)


def refuse_open_request(people: Collection[UUID]) -> None:
    """Raises Refused where a request would lose sight of records that leave its person."""
    running = Obligation.objects.filter(kind__in=_requests, person__in=people, state=Obligation.State.OPEN)
    if running.exists():
        raise Refused(
            "request_open",
            gettext_noop(
                "A request of this person is being worked on and must reach all their records. Separate them "
                "when it is closed."
            ),
        )


def joined_people(pairs: Sequence[tuple[UUID, UUID]]) -> list[set[UUID]]:
    """Connected groups, where a stored record stands for its person: groups share no person. They hold
    persons, and records that are not stored yet."""
    people = people_of({record for pair in pairs for record in pair})
    return groups((people.get(a, a), people.get(b, b)) for a, b in pairs)


def merge_people(people: Collection[UUID]) -> UUID:
    """Make one person of several: the one with most records stays (of equals the oldest), the others' records
    come to it. Returns the one that stays."""
    if len(people) == 1:
        return next(iter(people))
    counted = list(Person.objects.filter(pk__in=people).annotate(size=Count("records")))
    stays = min(counted, key=lambda person: (-person.size, person.pk)).pk
    restricted = [person.restricted_at for person in counted if person.restricted_at]
    if restricted:  # what one of them asked for holds for the whole human
        Person.objects.filter(pk=stays).update(restricted_at=min(restricted))
    others = set(people) - {stays}
    moved = dict.fromkeys(Record.objects.filter(person__in=others).values_list("pk", flat=True), stays)
    for model in (Record, DialFact, RelationFact):
        model.objects.filter(person__in=others).update(person=stays)
    _tell(moved)
    drop_unused(others)
    return stays


def kept_apart(people: Collection[UUID]) -> RecordLink | None:
    """A decision by a person that records of two of these people are not the same human, if there is one."""
    decided = (RecordLink.State.REJECTED, RecordLink.State.ENDED)
    apart = RecordLink.objects.filter(state__in=decided, a__person__in=people, b__person__in=people)
    return apart.exclude(a__person=F("b__person")).first()


def refuse_contradiction(people: Collection[UUID]) -> None:
    """Raises Refused where joining these people would overrule an earlier decision without saying so."""
    other = kept_apart(people)
    if other is not None:
        raise Refused(
            "kept_apart",
            gettext_noop(
                "Linking these would join two persons whom somebody has kept apart (link %(link)s). "
                "Decide that link first."
            ),
            link=other.pk,
        )


def regroup(records: Iterable[UUID], *, now: datetime) -> Moved:
    """After links ended: give each connected group its own person. The largest group keeps the person all
    had, another gets a new one. Returns the records that moved."""
    parts: list[set[UUID]] = []
    for record in records:
        if not any(record in part for part in parts):
            parts.append(_component(record))
    before = people_of({record for part in parts for record in part})
    moved: dict[UUID, UUID] = {}
    taken: set[UUID] = set()
    for group in sorted(parts, key=lambda group: (-len(group), min(group))):
        usual = [person for person, _ in Counter(before[record] for record in group).most_common()]
        target = next((person for person in usual if person not in taken), None)
        if target is None:
            target = _new_like(usual[0], now=now)
        taken.add(target)
        moved.update({record: target for record in group if before[record] != target})
    by_person: dict[UUID, list[UUID]] = defaultdict(list)
    for record, person in moved.items():
        by_person[person].append(record)
    for person, arrived in by_person.items():
        Record.objects.filter(pk__in=arrived).update(person=person)
        DialFact.objects.filter(record__in=arrived).update(person=person)
        RelationFact.objects.filter(record__in=arrived).update(person=person)
    _tell(moved)
    drop_unused({before[record] for record in moved})
    return moved


def drop_unused(people: Iterable[UUID]) -> None:
    """Remove persons without records that nothing else refers to."""
    for person in Person.objects.filter(pk__in=list(people), records__isnull=True, erased_at__isnull=True):
        relations = [r for r in Person._meta.related_objects if isinstance(r, ManyToOneRel)]
        referred = any(
            relation.related_model._default_manager.filter(**{relation.field.name: person}).exists()
            for relation in relations
        )
        told = Event.objects.filter(person=person.pk).exists()
        if not referred and not told and not Obligation.objects.filter(person=person.pk).exists():
            person.delete()


def _component(start: UUID) -> set[UUID]:
    group, edge = {start}, {start}
    while edge:
        reached: set[UUID] = set()
        linked = RecordLink.objects.filter(state=RecordLink.State.LINKED)
        for part in slices(edge):
            reached |= set(linked.filter(a__in=part).values_list("b_id", flat=True))
            reached |= set(linked.filter(b__in=part).values_list("a_id", flat=True))
        edge = reached - group
        group |= edge
    return group


def _new_like(person: UUID, *, now: datetime) -> UUID:
    before = Person.objects.get(pk=person)
    return Person.objects.create(
        language=before.language, restricted_at=before.restricted_at, created_at=now
    ).pk


def _tell(moved: Moved) -> None:
    if moved:
        for follower in _followers:
            follower(moved)
