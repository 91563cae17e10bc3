"""What is right, for the corrections that a call centre asks for.

Read when it asks, not kept in the feed: two corrections in a row give the newest value twice, and whoever may
hold it no longer, because the list has run out or the person objected or was erased since, gets none. No
value means: delete what you hold. A new number is never given: it is called after another screening only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.dialling import feed_wall, precall, precall_facts
from duecause.apps.dialling.facts import among, chunks
from duecause.apps.dialling.models import CorrectedRow, FeedEntry, ReleaseRow
from duecause.apps.gate.actions import open_for_job
from duecause.apps.parties.models import Partner
from duecause.apps.register.models import DialFact, Record
from duecause.engine.actor import Actor

OPEN = "correction_told"
NUMBER = "number"  # the column of a released file that holds the number
LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class RightValue:
    """Of one column of a row that the entry with this cursor corrects."""

    cursor: int
    reference: str
    field: str
    value: str


def right_values(partner: Partner, entries: Sequence[FeedEntry], now: datetime) -> list[RightValue]:
    """In the order of the entries. Opened through the gate, with one event for all."""
    corrections = {entry.pk: entry for entry in entries if entry.kind == FeedEntry.Kind.CORRECTION}
    if not corrections:
        return []
    named = _rows_of(partner, corrections)
    allowed = _allowed(partner, {row for rows in named.values() for row in rows}, now)
    opened = _opened(corrections.values(), allowed.values(), now)
    found = []
    for pk, entry in corrections.items():
        for row in named.get(pk, ()):
            may_hold = allowed.get(row)
            if may_hold is None:
                continue
            values = opened.get(may_hold.record, {})
            found += [
                RightValue(entry.cursor, may_hold.reference, name, str(values[name]))
                for name in entry.fields
                if name in may_hold.fields and values.get(name)
            ]
    return found


@dataclass(frozen=True, slots=True)
class _MayHold:
    """A row that may be called now, with the fields that its campaign gives."""

    reference: str
    record: UUID
    fields: frozenset[str]


def _rows_of(partner: Partner, entries: Collection[int]) -> dict[int, list[int]]:
    """Entry → the rows it names, read behind both walls."""
    named: dict[int, list[int]] = {}
    with feed_wall.walled(partner):
        for part in chunks(entries):
            rows = feed_wall.own(CorrectedRow.objects.filter(entry__in=part), partner, "entry__partner")
            for entry, row in rows.order_by("pk").values_list("entry", "row"):
                named.setdefault(entry, []).append(row)
    return named


def _allowed(partner: Partner, ids: Collection[int], now: datetime) -> dict[int, _MayHold]:
    rows = [
        row
        for part in chunks(ids)
        for row in ReleaseRow.objects.filter(
            pk__in=part, release__centre=partner, record__isnull=False
        ).select_related("release__campaign")
    ]
    tokens = {bytes(row.token) for row in rows}
    callable_now = precall_facts.with_keys_of_now(
        lambda keys_of: _callable(partner, tokens, now=now, keys_of=keys_of)
    )
    return {
        row.pk: _MayHold(row.reference, row.record_id, frozenset(row.release.campaign.release_fields))
        for row in rows
        if row.record_id is not None and (row.release_id, row.reference) in callable_now
    }


def _callable(
    partner: Partner, tokens: Collection[bytes], *, now: datetime, keys_of: datetime
) -> set[tuple[UUID, str]]:
    """Release and reference of the rows that a pre-call check would allow now."""
    held = precall_facts.released(partner, "", tokens)
    running = {row for rows in held.values() for row in rows if row.running(now)}
    if not running:
        return set()
    found = among(DialFact.objects.all(), "token", {row.token for row in running}, "token", "country")
    regions = {bytes(token): country for token, country in found}
    known = {row for row in running if row.token in regions}  # the others have no number in the register
    stopped = precall.stopped_rows(partner, known, regions, now, keys_of) if known else set()
    return {(row.release, row.reference) for row in known - stopped}


def _opened(
    entries: Collection[FeedEntry], allowed: Collection[_MayHold], now: datetime
) -> dict[UUID, dict[str, Any]]:
    wanted = {name for entry in entries for name in entry.fields} - {NUMBER}
    records = sorted({row.record for row in allowed})
    if not wanted or not records:
        return {}
    step = min(entry.step for entry in entries)
    opened = open_for_job(
        actor=Actor.job(str(step), f"open:{OPEN}"),
        kind="record",
        ids=records,
        fields=wanted,
        why=OPEN,
        now=now,
    )
    if LANGUAGE in wanted:
        for pk, language in among(Record.objects.all(), "pk", records, "pk", "language"):
            opened.setdefault(pk, {}).setdefault(LANGUAGE, language)
    return opened
