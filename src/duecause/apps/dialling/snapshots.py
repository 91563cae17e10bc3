"""Which rows a centre may call while it cannot ask: signed, for that centre alone, for a quarter of an hour.

The snapshot names rows by the references in the centre's own file. So it holds no number and no token, and
tells a centre nothing that it does not have; a dialler looks its row up as it does for the feed. Whatever is
not in it may not be called. A row is in it that the check before a call allows when it is made *and* at the
snapshot's end, so that nothing that a clock closes in between is missed. Rows whose calls are counted are
never in it: how often other centres called meanwhile is known only here.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from duecause.apps.dialling import attempt_counts, facts, feed_queries, feed_wall, precall_facts
from duecause.apps.dialling.models import Campaign, ListRow, Release, ReleaseRow, SnapshotKept
from duecause.apps.dialling.precall import stopped_rows
from duecause.apps.dialling.precall_facts import Held
from duecause.apps.ledger.actions import record, signer_for
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day

FORMAT = "duecause.snapshot/1"
USE = "snapshot"
VALID = timedelta(minutes=15)
USED = timedelta(minutes=10)  # a kept one is given while at least a third of its time is left
ROWS_AT_ONCE = 500
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`note`: the signed text (C2SP signed-note), which holds the hash of `references`, sorted."""

    note: str
    references: tuple[str, ...]


def give(*, actor: Actor, centre: Partner, now: datetime) -> Snapshot:
    """The snapshot that is kept for this centre, if it is young and its gate is open, without what its feed
    has stopped since; else one of this moment, which is kept. Its event is committed before this returns.
    Raises NotPermitted, and whatever the database raises: then there is none, and the centre denies."""
    actor.require("precall")
    kept = _still_good(centre, now) or make(centre=centre, now=now)
    SnapshotKept.objects.filter(partner=centre).update(asked_at=now)
    stopped = feed_queries.references_after(centre, kept.cursor)
    made, found = kept.made_at, [each for each in read(kept) if each not in stopped]
    digest, until = hash_of(found), made + VALID
    text = (
        f"{FORMAT}\ncentre {centre.code}\nmade {_written(made)}\nuntil {_written(until)}\n"
        f"rows {len(found)}\nsha256 {digest}\n"
    )
    with transaction.atomic():
        told = {"centre": centre.code, "rows": len(found), "sha256": digest, "until": _written(until)}
        record(actor=actor, kind="dialling.snapshot_given", now=now, payload=told)
    return Snapshot(str(signer_for(USE).sign(text)), tuple(found))


def make(*, centre: Partner, now: datetime, progress: Progress | None = None) -> SnapshotKept:
    """Judge every row of the centre's lists and keep the result. Seconds for many rows: a worker does it
    ahead for centres that ask (snapshot_jobs). `progress` takes rows judged and rows in all."""
    # Both before rows are judged: what ends or is told meanwhile is noticed when the snapshot is given.
    cursor = feed_queries.stream_of(centre).written
    releases = sorted(str(pk) for pk in _running(centre, now).values_list("pk", flat=True))
    found = sorted(precall_facts.with_keys_of_now(lambda keys_of: _allowed(centre, now, keys_of, progress)))
    made = SnapshotKept(
        partner=centre,
        made_at=now,
        asked_at=now,
        cursor=cursor,
        releases=releases,
        references=zlib.compress("\n".join(found).encode(), 1),
    )
    with transaction.atomic():
        held = SnapshotKept.objects.select_for_update().filter(partner=centre).first()
        if held is None:
            SnapshotKept.objects.bulk_create([made], ignore_conflicts=True)
        elif held.made_at <= now:  # one that began later knows more
            for name in ("made_at", "cursor", "releases", "references"):
                setattr(held, name, getattr(made, name))
            held.save()
    return made


def read(kept: SnapshotKept) -> list[str]:
    text = zlib.decompress(bytes(kept.references)).decode()
    return text.split("\n") if text else []


def _still_good(centre: Partner, now: datetime) -> SnapshotKept | None:
    """None where the rows must be judged anew: nothing young is kept, other lists run, the gate is closed."""
    kept = SnapshotKept.objects.filter(partner=centre, made_at__gt=now - USED, made_at__lte=now).first()
    if kept is None:
        return None
    running = list(_running(centre, kept.made_at).values_list("pk", "campaign__controller__country"))
    days = {local_day(now, country) for _, country in running}
    same = {str(pk) for pk, _ in running} == set(kept.releases)
    closed = any(blocking_reasons_of(centre, day, now=now) for day in days)
    return kept if same and not closed else None


def _running(centre: Partner, now: datetime) -> QuerySet[Release]:
    """Lists that run to the end of a snapshot of this moment."""
    handed = Release.objects.filter(recalled_at=None, expires_at__gt=now + VALID)
    return feed_wall.own(handed.exclude(expires_at=F("released_at")), centre, "centre")


def hash_of(references: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{each}\n" for each in references).encode()).hexdigest()


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _allowed(centre: Partner, now: datetime, keys_of: datetime, progress: Progress | None) -> set[str]:
    with feed_wall.walled(centre):
        lists = dict(_running(centre, now).values_list("pk", "dial_list_id"))
        rows = feed_wall.own(ReleaseRow.objects.filter(release__in=list(lists)), centre, "release__centre")
        tokens = sorted({bytes(token) for token in rows.values_list("token", flat=True)})
    regions = _regions(list(lists.values()), list(lists))
    allowed: set[str] = set()
    for place, part in enumerate(facts.chunks(tokens, ROWS_AT_ONCE)):
        allowed |= set(_of(centre, part, regions, now, keys_of))
        if progress:
            progress(min((place + 1) * ROWS_AT_ONCE, len(tokens)), len(tokens))
    return allowed


def _regions(lists: Sequence[UUID | None], releases: Sequence[UUID]) -> Mapping[bytes, str]:
    """Token → country of the number: that of the screening; of planted rows, that of the company's number."""
    rows = ListRow.objects.filter(dial_list__in=lists, released=True, token__isnull=False)
    found = {bytes(token): country for token, country in rows.values_list("token", "country") if token}
    campaigns = Campaign.objects.filter(releases__in=releases).select_related("controller").distinct()
    for campaign in campaigns:
        owned = facts.canary_tokens(campaign)
        found |= {token: number.region for token, number in owned.items()}
    return found


def _of(
    centre: Partner, tokens: Sequence[bytes], regions: Mapping[bytes, str], now: datetime, keys_of: datetime
) -> Iterator[str]:
    """References of the rows of these numbers that may be called now and at the end."""
    held = precall_facts.released(centre, "", set(tokens))
    running = {row for rows in held.values() for row in rows if row.running(now)}
    known = {row for row in running if row.token in regions}
    stopped = running - known
    for moment in (now, now + VALID):
        if known:
            stopped |= stopped_rows(centre, known, regions, moment, keys_of)
    for token, rows in held.items():
        going = [row for row in rows if row.running(now)]
        open_ = all(row.running(now + VALID) and row not in stopped for row in going)
        if going and open_ and not _counted(going, regions[token], now):
            yield from (row.reference for row in going)


def _counted(rows: Sequence[Held], country: str, now: datetime) -> bool:
    return any(
        attempt_counts.caps(row.campaign, country, local_day(moment, row.campaign.country))
        for row in rows
        for moment in (now, now + VALID)
    )
