"""Reads of the partner feed. What a partner may see passes `entries_of`, which knows one partner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Cast

from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.consent.queries import objecting_by_email, objecting_people, suppressions
from duecause.apps.consent.telling import Lifted, Taken, Told, provides_told
from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.correction_values import RightValue
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.models import Campaign, Custody, FeedEntry, FeedStream, Release, ReleaseRow
from duecause.apps.ledger.models import Checkpoint
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import provides_overdue
from duecause.apps.parties.standing import CORRECTIONS, FEED, LISTS
from duecause.apps.register.models import DialFact, Lookup
from duecause.apps.statements import Statement
from duecause.apps.vault import covers, indexes
from duecause.packs.custody import terms
from duecause.packs.feed import windows

MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is what to acknowledge and to ask after next; `sha256` is of `entries` (see `hash_of`).
    `values`: what is right by now for the corrections among them, which the hash must not be of: it goes into
    the ledger."""

    entries: list[dict[str, Any]]
    cursor: int
    more: bool
    checkpoint: str
    sha256: str
    values: list[RightValue]


def entries_of(partner: Partner, *, after: int, up_to: int | None = None) -> QuerySet[FeedEntry]:
    rows = feed_wall.own(FeedEntry.objects.filter(cursor__gt=after), partner, "partner")
    if up_to is not None:
        rows = rows.filter(cursor__lte=up_to)
    return rows.order_by("cursor")


def read_entries(
    partner: Partner, *, after: int, up_to: int | None = None, limit: int | None = None
) -> list[FeedEntry]:
    """What the partner may see, read behind both walls."""
    with feed_wall.walled(partner):
        found = list(entries_of(partner, after=after, up_to=up_to)[:limit])
        prefetch_related_objects(found, "release")
    return found


def shown(entry: FeedEntry) -> dict[str, Any]:
    """An entry as its partner sees it. `list` is the watermark of a list whose rows are all meant."""
    seen = {
        "cursor": entry.cursor,
        "kind": entry.kind,
        "references": entry.references,
        "list": entry.release.watermark if entry.release else "",
        "scope": entry.scope,
        "at": entry.at.isoformat(),
    }
    # Absent elsewhere, so that the entries of former times keep their hash.
    return seen | {"fields": entry.fields} if entry.kind == FeedEntry.Kind.CORRECTION else seen


def hash_of(entries: Iterable[dict[str, Any]]) -> str:
    """SHA-256 of the entries as JSON with sorted keys and without spaces, in UTF-8."""
    text = json.dumps(list(entries), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stream_of(partner: Partner) -> FeedStream:
    with feed_wall.walled(partner):
        streams = feed_wall.own(FeedStream.objects.all(), partner, "partner")
        return streams.first() or FeedStream(partner=partner)


def references_after(partner: Partner, cursor: int) -> set[str]:
    """Names of rows that an entry after this one stops. Of a list that is taken back only its end says so."""
    stops = (FeedEntry.Kind.OBJECTION, FeedEntry.Kind.ERASURE, FeedEntry.Kind.RECALL)
    with feed_wall.walled(partner):
        later = feed_wall.own(FeedEntry.objects.filter(cursor__gt=cursor, kind__in=stops), partner, "partner")
        return {name for names in later.values_list("references", flat=True) for name in names}


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


def rows_to_free(objection: Objection, lifted: Lifted) -> dict[int, list[str]]:
    """Partner id → references that this objection stopped and nothing stops any more. Lists that were taken
    back are not among them, nor partners that were told already."""
    told = FeedEntry.objects.filter(objection=objection).order_by("cursor")
    newest = dict(told.values_list("partner", "kind"))
    held = told.filter(kind=FeedEntry.Kind.OBJECTION)
    freed: dict[int, set[str]] = {}
    for partner, references in held.values_list("partner", "references"):
        if newest[partner] == FeedEntry.Kind.LIFTED:
            continue
        free = free_rows(partner, references, channel=lifted.channel, now=lifted.now)
        freed.setdefault(partner, set()).update(free)
    return {partner: sorted(references) for partner, references in freed.items() if references}


def free_rows(partner: int, references: Collection[str], *, channel: str, now: datetime) -> set[str]:
    """Those of these rows of a partner that were not taken back and that no objection stops."""
    rows = ReleaseRow.objects.filter(release__centre=partner, release__recalled_at=None)
    if channel:
        rows = rows.filter(release__campaign__channel=channel)
    free: set[str] = set()
    for part in chunks(references):
        found = rows.filter(reference__in=part).select_related("release__campaign__controller", "record")
        free |= _not_stopped(list(found), now)
    return free


def _not_stopped(rows: Collection[ReleaseRow], now: datetime) -> set[str]:
    """References of rows that no other objection reaches. One of the centre's own names that stands in
    several lists is free only if it is free in each."""
    stopped: set[str] = set()
    for campaign in {row.release.campaign for row in rows}:
        own = [row for row in rows if row.release.campaign_id == campaign.pk]
        asked: dict[str, Any] = {
            "controller": campaign.controller,
            "channel": campaign.channel,
            "campaign": campaign.code,
            "now": now,
        }
        people = {
            each for row in own for each in (row.person_id, row.record and row.record.person_id) if each
        }
        objecting = set(
            objecting_people(**asked).filter(person__in=people).values_list("person", flat=True)
        ) | objecting_by_email(**asked, among=people)
        still = suppressions(**asked).filter(
            token__in={bytes(row.token) for row in own}, reason=Suppression.Reason.OBJECTION
        )
        tokens = {bytes(token) for token in still.values_list("token", flat=True)}
        stopped |= {row.reference for row in own if bytes(row.token) in tokens or _people(row) & objecting}
    return {row.reference for row in rows} - stopped


def _people(row: ReleaseRow) -> set[UUID]:
    counted_to = row.record.person_id if row.record else None
    return {person for person in (row.person_id, counted_to) if person}


def own_names(release: Release) -> list[str]:
    """The rows of a list of former times, whose file does not carry our mark; of any other none."""
    if release.dial_list_id is not None:
        return []
    return sorted(set(release.release_rows.values_list("reference", flat=True)))


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
        people = owners.values("record__person")
        reached = Q(record__person__in=people)
        numbers = set(DialFact.objects.filter(person__in=people).values_list("token", flat=True))
        reached |= Q(person=None, token__in=numbers)
    if taken.objection.person_id:
        reached |= Q(person=taken.objection.person_id) | Q(record__person=taken.objection.person_id)
    return reached


def given_back() -> QuerySet[FeedEntry, Any]:
    return FeedEntry.objects.filter(
        kind=FeedEntry.Kind.RECALL, acknowledged_at__isnull=False, release__isnull=False
    ).values("release")


def rows_held(partner: Partner, *, references: Collection[str] = (), token: bytes = b"") -> list[ReleaseRow]:
    """Rows of this partner's own lists, by reference or by number. Another partner's are not there."""
    handed_out = ReleaseRow.objects.filter(release__expires_at__gt=F("release__released_at"))
    rows = feed_wall.own(handed_out, partner, "release__centre").order_by("release__released_at")
    rows = rows.select_related("release")
    # Before the wall, behind which nobody reads how tokens lie.
    lie = covers.candidates(["dial"], [token]) if token else []
    with feed_wall.walled(partner):
        if token:
            found = list(rows.filter(token__in=lie))
        else:
            found = [row for part in chunks(references) for row in rows.filter(reference__in=part)]
    # Who they are of is for the house alone.
    prefetch_related_objects(found, "person", "record__person", "release__campaign__controller")
    return found


_CORRECTS = Q(kind=FeedEntry.Kind.CORRECTION)


def _late(since: datetime, corrections_since: datetime) -> QuerySet[FeedEntry]:
    """What was written at or before a moment, corrections at or before another, and is not acknowledged."""
    late = Q(~_CORRECTS, written_at__lte=since) | Q(_CORRECTS, written_at__lte=corrections_since)
    return FeedEntry.objects.filter(late, acknowledged_at=None)


# A call waits for this.
def _not_done(
    *, partner: int, since: datetime, corrections: datetime, ended: datetime
) -> list[QuerySet[Any, Any]]:
    """FEED, CORRECTIONS and LISTS, each at most once, in one query."""
    waiting = FeedEntry.objects.filter(partner=partner, acknowledged_at=None)
    late = waiting.filter(~_CORRECTS, written_at__lte=since)
    wrong = waiting.filter(_CORRECTS, written_at__lte=corrections)
    kept = Custody.objects.filter(partner=partner, kind=Custody.Kind.END, said_at=None, due_at__lte=ended)
    return [_once(late, FEED), _once(wrong, CORRECTIONS), _once(kept, LISTS)]


def _once(rows: QuerySet[Any], word: str) -> QuerySet[Any, Any]:
    said = Cast(Value(word), CharField(max_length=11))
    found: QuerySet[Any, Any] = rows.order_by().annotate(what=said).values_list("what").distinct()
    return found


_NOT_DONE = Statement(_not_done)


def overdue(now: datetime) -> Iterator[tuple[Partner, FeedEntry]]:
    """Partners that are silent long enough for an alarm, each with its oldest entry, and with its oldest
    correction."""
    patience = windows(now.date())
    late = _late(now - patience.alarm_after, now - patience.correction_alarm_after)
    for partner in Partner.objects.filter(pk__in=late.values("partner")).order_by("code"):
        for which in (~_CORRECTS, _CORRECTS):
            oldest = late.filter(which, partner=partner).order_by("cursor").first()
            if oldest is not None:
                yield partner, oldest


@provides_overdue
def overdue_of(partner: Partner, now: datetime) -> set[str]:
    patience = windows(now.date())
    since, corrections = now - patience.stop_after, now - patience.correction_stop_after
    found = _NOT_DONE.rows(
        partner=partner.pk,
        since=since,
        corrections=corrections,
        ended=now - terms(now.date()).stop_after,
    )
    return {word for (word,) in found}


@provides_told
def told_of_objection(objection: UUID) -> list[Told]:
    """Every centre that must hear of this objection, and how far that is."""
    kind = FeedEntry.Kind.OBJECTION
    entries = FeedEntry.objects.filter(objection=objection, kind=kind).select_related("partner")
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
    """Per objection, oldest first: which centres must be told, when each fetched it and acknowledged it, and
    the same of its lifting. An objection that no centre holds has none."""
    told = _told_of(FeedEntry.Kind.OBJECTION)
    freed = _told_of(FeedEntry.Kind.LIFTED)
    return [
        {
            "objection": str(objection.pk),
            "at": objection.at.isoformat(),
            "scope": objection.scope,
            "holds": objection.lifted_at is None,
            "lifted_at": _text(objection.lifted_at),
            **_counted(told.get(objection.pk, [])),
            "lifting": _counted(freed.get(objection.pk, [])),
        }
        for objection in Objection.objects.order_by("at", "pk")
    ]


def _told_of(kind: str) -> dict[UUID, list[dict[str, Any]]]:
    """Objection id → each centre once, however many of its entries tell of it (a list of former times may be
    imported later): the first moment it had to be told, the last at which all was fetched and
    acknowledged."""
    centres: dict[UUID, dict[str, list[Told]]] = {}
    entries = FeedEntry.objects.filter(objection__isnull=False, kind=kind).select_related("partner")
    for entry in entries.order_by("partner__code", "cursor"):
        if entry.objection_id is not None:
            of_centre = centres.setdefault(entry.objection_id, {})
            of_centre.setdefault(entry.partner.code, []).append(_told(entry))
    return {
        objection: [
            {
                "centre": code,
                "told_at": _text(min(each.told_at for each in entries)),
                "sent_at": _text(_all_done([each.sent_at for each in entries])),
                "acknowledged_at": _text(_all_done([each.acknowledged_at for each in entries])),
            }
            for code, entries in of_centre.items()
        ]
        for objection, of_centre in centres.items()
    }


def _all_done(moments: list[datetime | None]) -> datetime | None:
    known = [each for each in moments if each is not None]
    return max(known) if len(known) == len(moments) else None


def _counted(centres: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "centres": centres,
        "must_be_told": len(centres),
        "sent": sum(1 for centre in centres if centre["sent_at"]),
        "acknowledged": sum(1 for centre in centres if centre["acknowledged_at"]),
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
