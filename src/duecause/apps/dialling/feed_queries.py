"""Reads of the partner feed. What a partner may see passes `entries_of`, which knows one partner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, prefetch_related_objects

from duecause.apps.consent.models import Objection
from duecause.apps.consent.telling import Taken, Told, provides_told
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.feed_wall import walled
from duecause.apps.dialling.models import Campaign, FeedEntry, FeedStream, ReleaseRow
from duecause.apps.ledger.models import Checkpoint
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import provides_feed_overdue
from duecause.apps.register.models import Lookup
from duecause.apps.vault import indexes

MOST_ENTRIES = 500
ALARM_AFTER = timedelta(hours=4)
STOP_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is what to acknowledge and to ask after next; `sha256` is of `entries` (see `hash_of`)."""

    entries: list[dict[str, Any]]
    cursor: int
    more: bool
    checkpoint: str
    sha256: str


def entries_of(partner: Partner, *, after: int, up_to: int | None = None) -> QuerySet[FeedEntry]:
    rows = FeedEntry.objects.filter(partner=partner, cursor__gt=after)
    if up_to is not None:
        rows = rows.filter(cursor__lte=up_to)
    return rows.order_by("cursor")


def read_entries(
    partner: Partner, *, after: int, up_to: int | None = None, limit: int | None = None
) -> list[FeedEntry]:
    """What the partner may see, read behind both walls."""
    with walled(partner):
        found = list(entries_of(partner, after=after, up_to=up_to)[:limit])
    prefetch_related_objects(found, "release")
    return found


def shown(entry: FeedEntry) -> dict[str, Any]:
    """An entry as its partner sees it. `list` is the watermark of a list whose rows are all meant."""
    return {
        "cursor": entry.cursor,
        "kind": entry.kind,
        "references": entry.references,
        "list": entry.release.watermark if entry.release else "",
        "scope": entry.scope,
        "at": entry.at.isoformat(),
    }


def hash_of(entries: Iterable[dict[str, Any]]) -> str:
    """SHA-256 of the entries as JSON with sorted keys and without spaces, in UTF-8."""
    text = json.dumps(list(entries), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stream_of(partner: Partner) -> FeedStream:
    return FeedStream.objects.filter(partner=partner).first() or FeedStream(partner=partner)


def newest_checkpoint() -> str:
    return Checkpoint.objects.order_by("-size").values_list("note", flat=True).first() or ""


def rows_to_tell(taken: Taken) -> dict[int, list[str]]:
    """Partner id → references of the rows in its hands that an objection reaches. A list that has run out is
    still in the centre's hands; one that was recalled is not, once the recall is acknowledged."""
    objection = taken.objection
    # A release that is being put in force holds this lock: either it sees the objection, or we see its rows.
    list(
        Campaign.objects.select_for_update(no_key=True)
        .filter(controller=objection.controller)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    rows = ReleaseRow.objects.filter(
        _reached(taken),
        release__campaign__controller=objection.controller,
        release__expires_at__gt=F("release__released_at"),
    ).exclude(release__in=given_back())
    if objection.channel:
        rows = rows.filter(release__campaign__channel=objection.channel)
    if objection.campaign:
        rows = rows.filter(release__campaign__code=objection.campaign)
    told: dict[int, list[str]] = {}
    for centre, reference in rows.order_by("reference").values_list("release__centre", "reference"):
        told.setdefault(centre, []).append(reference)
    return told


def centres_of(rows: Collection[int]) -> dict[int, list[str]]:
    """Partner id → references of these released rows."""
    told: dict[int, list[str]] = {}
    for part in chunks(rows):
        found = ReleaseRow.objects.filter(pk__in=part, release__expires_at__gt=F("release__released_at"))
        for centre, reference in found.order_by("reference").values_list("release__centre", "reference"):
            told.setdefault(centre, []).append(reference)
    return told


def _reached(taken: Taken) -> Q:
    if taken.key_id == indexes.dial_key_id():
        reached = Q(token__in=taken.tokens)
    else:  # taken under an e-mail address: the rows of whoever has it
        owners = Lookup.objects.filter(kind=Lookup.Kind.EMAIL, token__in=taken.tokens)
        reached = Q(record__person__in=owners.values("record__person"))
    if taken.objection.person_id:
        reached |= Q(person=taken.objection.person_id) | Q(record__person=taken.objection.person_id)
    return reached


def given_back() -> QuerySet[FeedEntry, Any]:
    return FeedEntry.objects.filter(
        kind=FeedEntry.Kind.RECALL, acknowledged_at__isnull=False, release__isnull=False
    ).values("release")


def rows_held(partner: Partner, *, references: Collection[str] = (), token: bytes = b"") -> list[ReleaseRow]:
    """Rows of this partner's own lists, by reference or by number. Another partner's are not there."""
    rows = ReleaseRow.objects.filter(
        release__centre=partner, release__expires_at__gt=F("release__released_at")
    ).select_related("person", "record__person", "release__campaign__controller")
    if token:
        return list(rows.filter(token=token))
    return [row for part in chunks(references) for row in rows.filter(reference__in=part)]


def unacknowledged(partner: Partner, *, since: datetime) -> QuerySet[FeedEntry]:
    """What was written at or before `since` and has not been acknowledged."""
    return FeedEntry.objects.filter(partner=partner, acknowledged_at=None, written_at__lte=since)


def overdue(now: datetime) -> Iterator[tuple[Partner, FeedEntry]]:
    """Partners that are silent for 4 hours or more, each with its oldest entry."""
    late = FeedEntry.objects.filter(acknowledged_at=None, written_at__lte=now - ALARM_AFTER)
    for partner in Partner.objects.filter(pk__in=late.values("partner")).order_by("code"):
        oldest = late.filter(partner=partner).order_by("cursor").first()
        if oldest is not None:
            yield partner, oldest


@provides_feed_overdue
def feed_overdue(partner: Partner, now: datetime) -> bool:
    return unacknowledged(partner, since=now - STOP_AFTER).exists()


@provides_told
def told_of_objection(objection: UUID) -> list[Told]:
    """Every centre that must hear of this objection, and how far that is."""
    entries = FeedEntry.objects.filter(objection=objection).select_related("partner")
    return [_told(entry) for entry in entries.order_by("partner__name", "cursor")]


def _told(entry: FeedEntry) -> Told:
    return Told(
        centre_code=entry.partner.code,
        centre_name=entry.partner.name,
        told_at=entry.written_at,
        sent_at=entry.given_at,
        acknowledged_at=entry.acknowledged_at,
    )


def objection_states() -> list[dict[str, Any]]:
    """Per objection, oldest first: which centres must be told, when each fetched it and acknowledged it. An
    objection that no centre holds has none."""
    centres: dict[UUID, list[dict[str, Any]]] = {}
    entries = FeedEntry.objects.filter(objection__isnull=False).select_related("partner")
    for entry in entries.order_by("partner__code"):
        if entry.objection_id is not None:
            told = _told(entry)
            centres.setdefault(entry.objection_id, []).append(
                {
                    "centre": told.centre_code,
                    "told_at": _text(told.told_at),
                    "sent_at": _text(told.sent_at),
                    "acknowledged_at": _text(told.acknowledged_at),
                }
            )
    return [
        {
            "objection": str(objection.pk),
            "at": objection.at.isoformat(),
            "scope": objection.scope,
            "holds": objection.lifted_at is None,
            "centres": centres.get(objection.pk, []),
            "must_be_told": len(centres.get(objection.pk, [])),
            "sent": sum(1 for centre in centres.get(objection.pk, []) if centre["sent_at"]),
            "acknowledged": sum(1 for centre in centres.get(objection.pk, []) if centre["acknowledged_at"]),
        }
        for objection in Objection.objects.order_by("at", "pk")
    ]


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
