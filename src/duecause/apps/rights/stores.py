"""Where our own tables hold something about a person. One place, for plan, removal and reading back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet

from duecause.apps.consent.models import ConsentEvent, Objection, Suppression
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.interactions.models import Interaction
from duecause.apps.ledger.models import Event
from duecause.apps.notices.models import Notice, NoticeExemption
from duecause.apps.register.identifiers import PERSONAL
from duecause.apps.register.models import DialFact, ImportRow, Lookup, Record, RecordLink, RelationFact

REMOVED, BLANKED, KEPT = "removed", "blanked", "kept"


@dataclass(frozen=True, slots=True)
class Holder:
    """A call centre that was given the person's number. A list that has run out is still in its hands."""

    centre: str
    name: str
    campaign: str
    released_on: date
    state: str  # running, expired or recalled


def running_contracts(person: UUID, on: date) -> QuerySet[RelationFact]:
    """Contracts that have not ended, of records that hold something sealed about them."""
    return RelationFact.objects.filter(
        Q(until=None) | Q(until__gte=on), person=person, record__contract__isnull=False
    )


def list_rows(person: UUID) -> QuerySet[ListRow]:
    return ListRow.objects.filter(Q(person=person) | Q(record__person=person))


def release_rows(person: UUID) -> QuerySet[ReleaseRow]:
    """Also numbers that were handed out before this person was known by them, or shared them with others."""
    numbers = set(DialFact.objects.filter(person=person).values_list("token", flat=True))
    of_nobody = Q(person=None, record=None, token__in=numbers)
    return ReleaseRow.objects.filter(Q(person=person) | Q(record__person=person) | of_nobody)


def interactions(person: UUID) -> QuerySet[Interaction]:
    """Contacts with this person. One by a number that somebody else here has too stays: it may be theirs."""
    known = Lookup.objects.filter(kind__in=PERSONAL)
    tokens = {bytes(token) for token in known.filter(record__person=person).values_list("token", flat=True)}
    shared = known.filter(token__in=tokens).exclude(record__person=person).values_list("token", flat=True)
    return Interaction.objects.filter(Q(person=person) | Q(token__in=tokens - set(map(bytes, shared))))


def links(person: UUID) -> QuerySet[RecordLink]:
    return RecordLink.objects.filter(Q(a__person=person) | Q(b__person=person))


def counts(person: UUID, kept_records: set[UUID], on: date) -> list[dict[str, object]]:
    """Rows per table: how many, what becomes of them, and the code of the reason where they stay."""
    contracts = running_contracts(person, on).count()
    lookups = Lookup.objects.filter(record__person=person)
    stay = Lookup.objects.filter(record__in=kept_records, kind=Lookup.Kind.CUSTOMER_NO)
    found: list[tuple[type[Model], str, int, str]] = [
        (Record, REMOVED, Record.objects.filter(person=person).exclude(pk__in=kept_records).count(), ""),
        (Record, BLANKED, len(kept_records), "contract"),
        (Lookup, REMOVED, lookups.count() - stay.count(), ""),
        (Lookup, KEPT, stay.count(), "contract"),
        (DialFact, REMOVED, DialFact.objects.filter(person=person).count(), ""),
        (RelationFact, REMOVED, RelationFact.objects.filter(person=person).count() - contracts, ""),
        (RelationFact, KEPT, contracts, "contract"),
        (RecordLink, REMOVED, links(person).count(), ""),
        (ImportRow, BLANKED, ImportRow.objects.filter(record__person=person).count(), ""),
        (ListRow, BLANKED, list_rows(person).count(), ""),
        (ReleaseRow, BLANKED, release_rows(person).count(), ""),
        (Interaction, REMOVED, interactions(person).count(), ""),
        (Notice, REMOVED, Notice.objects.filter(person=person).count(), ""),
        (NoticeExemption, REMOVED, NoticeExemption.objects.filter(person=person).count(), ""),
        (ConsentEvent, KEPT, ConsentEvent.objects.filter(person=person).count(), "consent_proof"),
        (Objection, KEPT, Objection.objects.filter(person=person).count(), "objection"),
        (Suppression, KEPT, Suppression.objects.filter(objection__person=person).count(), "objection"),
    ]
    return [
        {"table": model._meta.label, "rows": rows, "becomes": becomes, "because": because}
        for model, becomes, rows, because in found
        if rows
    ]


def sealed_events(person: UUID) -> int:
    """Ledger entries with a part that identifies the person and dies with its key; the entries stay. Those of
    the consent room are sealed under the proof key, which is kept."""
    rows = Event.objects.filter(person=person, person_part__isnull=False)
    return rows.exclude(kind__startswith="consent.").count()


def newest_word(person: UUID) -> datetime | None:
    """When the person last consented, refused, withdrew or objected: the proof is kept from then."""
    said = ConsentEvent.objects.filter(person=person).order_by("-at").values_list("at", flat=True).first()
    objected = Objection.objects.filter(person=person).order_by("-at").values_list("at", flat=True).first()
    return max((at for at in (said, objected) if at), default=None)


def holders(person: UUID, now: datetime) -> list[Holder]:
    rows = (
        release_rows(person)
        .filter(release__expires_at__gt=F("release__released_at"))
        .select_related("release__centre", "release__campaign")
        .order_by("release__released_at")
    )
    found: dict[UUID, Holder] = {}
    for row in rows:
        release = row.release
        state = "recalled" if release.recalled_at else "running" if release.running(now) else "expired"
        found[release.pk] = Holder(
            release.centre.code,
            release.centre.name,
            release.campaign.code,
            release.released_at.date(),
            state,
        )
    return list(found.values())
