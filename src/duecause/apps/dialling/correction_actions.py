"""A corrected datum goes to every call centre that received it (GDPR Art. 19)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias
from uuid import UUID

from django.db.models import F, QuerySet

from duecause.apps.dialling import feed_actions
from duecause.apps.dialling.correction_values import NUMBER
from duecause.apps.dialling.facts import among, chunks
from duecause.apps.dialling.feed_queries import given_back
from duecause.apps.dialling.models import Campaign, CorrectedRow, FeedEntry, Release, ReleaseRow
from duecause.apps.parties.models import Source
from duecause.apps.register.fields import is_phone
from duecause.apps.register.models import DialFact, Record
from duecause.apps.register.telling import Corrected, after_correction
from duecause.packs.feed import windows

ROWS_PER_ENTRY = 500
Told: TypeAlias = dict[tuple[int, tuple[str, ...]], list[ReleaseRow]]
"""Partner and columns of its file → its rows that are wrong there"""


@after_correction
def tell_of_correction(corrected: Corrected) -> None:
    """Every centre that holds a wrong value gets entries that name its rows and columns, and a step of one
    obligation for this act."""
    told = _told(corrected)
    if not told:
        return
    entries, named = [], []
    for (partner, columns), rows in sorted(told.items()):
        for part in chunks(rows, ROWS_PER_ENTRY):
            entry = FeedEntry(
                partner_id=partner,
                kind=FeedEntry.Kind.CORRECTION,
                references=sorted({row.reference for row in part}),
                scope={"kind": "correction", "channel": "", "campaign": ""},
                fields=list(columns),
                at=corrected.now,
            )
            entries.append(entry)
            named.append((entry, part))
    people = {row.person_id for _, part in named for row in part}
    feed_actions.write(
        actor=corrected.actor,
        entries=entries,
        facts={
            "correction": str(corrected.act),
            "source": _source(corrected.source),
            "fields": sorted({name for names in corrected.fields.values() for name in names}),
            "rows": sum(len(part) for _, part in named),
        },
        now=corrected.now,
        person=people.pop() if len(people) == 1 else None,
        due=windows(corrected.now.date()).correction_stop_after,
    )
    CorrectedRow.objects.bulk_create(
        [CorrectedRow(entry=entry, row=row) for entry, part in named for row in part], batch_size=1_000
    )


def _told(corrected: Corrected) -> Told:
    found = [
        row
        for part in chunks(sorted(corrected.fields))
        for row in _in_their_hands(part).select_related("release__campaign")
    ]
    current = _numbers({row.record_id for row in found if row.record_id})
    told: Told = {}
    for row in sorted(found, key=lambda row: (row.reference, row.pk)):
        if row.record_id is None:
            continue
        changed, held = corrected.fields[row.record_id], fields_of(row.release)
        columns = {name for name in changed if not is_phone(name) and (held is None or name in held)}
        if (row.record_id, bytes(row.token)) not in current and any(map(is_phone, changed)):
            columns.add(NUMBER)
        if columns:
            told.setdefault((row.release.centre_id, tuple(sorted(columns))), []).append(row)
    return told


def _in_their_hands(records: Collection[UUID]) -> QuerySet[ReleaseRow]:
    """Rows of these records that a centre holds, also in a list that has run out."""
    _wait_for_releases(records)
    rows = ReleaseRow.objects.filter(record__in=records, release__expires_at__gt=F("release__released_at"))
    return rows.exclude(release__in=given_back())


def _wait_for_releases(records: Collection[UUID]) -> None:
    """A release that is being put in force holds this lock: either it sees that a record changed, or we see
    its rows."""
    controllers = Record.objects.filter(pk__in=records).values("source__controller")
    list(
        Campaign.objects.select_for_update(no_key=True)
        .filter(controller__in=controllers)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _numbers(records: Collection[UUID]) -> set[tuple[UUID, bytes]]:
    found = among(DialFact.objects.all(), "record", records, "record_id", "token")
    return {(record, bytes(token)) for record, token in found}


def fields_of(release: Release) -> frozenset[str] | None:
    """The fields that its rows carried beside a number; None: nobody here knows (it is from before Duecause,
    and its columns were not read)."""
    if release.dial_list_id is None and not release.fields:
        return None
    return frozenset(release.fields)


def _source(pk: int | None) -> str:
    """Code of the source whose file said so; empty: the person did."""
    if pk is None:
        return ""
    return Source.objects.values_list("code", flat=True).get(pk=pk)
