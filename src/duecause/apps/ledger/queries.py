"""What stands in the log, and the proof of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from duecause.apps.ledger import recovering
from duecause.apps.ledger.bundles import StoredTiles, cosigned, opened_record, sealed_record
from duecause.apps.ledger.models import Checkpoint, Event, QueueEntry
from duecause.apps.vault.opening import open_many
from duecause.engine import tlog
from duecause.engine.problems import Refused
from duecause.engine.sealing import SealBroken


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an event stands. `proof` and `holds` are None and False where no proof can be made; for an event
    that still waits, `index` and `checkpoint` are None too."""

    index: int | None
    checkpoint: Checkpoint | None
    proof: tlog.TlogProof | None
    holds: bool


def covering(index: int) -> Checkpoint | None:
    """The first checkpoint that speaks of the leaf at `index`."""
    return Checkpoint.objects.filter(size__gt=index).order_by("size").first()


def standing(event: Event) -> Standing:
    """Make the inclusion proof of an event from the stored tiles and verify it on the spot."""
    leaf = getattr(event, "leaf", None)
    checkpoint = covering(leaf.index) if leaf else None
    if leaf is None or checkpoint is None:
        return Standing(leaf.index if leaf else None, None, None, False)
    try:
        note = cosigned(tlog.parse_note(checkpoint.note.encode()), checkpoint)
        size = tlog.parse_checkpoint(note.text).size
        path = tlog.TiledTree(StoredTiles(), size).inclusion_proof(leaf.index)
        proof = tlog.TlogProof(leaf.index, tuple(path), note)
    except Refused:  # a tile or the note is damaged; the verification says which
        return Standing(leaf.index, checkpoint, None, False)
    return Standing(leaf.index, checkpoint, proof, _holds(proof, bytes(event.leaf_bytes)))


def _holds(proof: tlog.TlogProof, leaf: bytes) -> bool:
    try:
        proof.verify(leaf=leaf, policy=tlog.Policy.of_keys(recovering.verifiers()))
    except Refused:
        return False
    return True


@dataclass(frozen=True, slots=True)
class LogState:
    """`size` entries under the newest checkpoint; `waiting` events have no index yet, the first since
    `waiting_since`."""

    size: int
    signed_at: datetime | None
    waiting: int
    waiting_since: datetime | None


def log_state() -> LogState:
    newest = Checkpoint.objects.order_by("-size").first()
    first = QueueEntry.objects.order_by("id").first()
    return LogState(
        size=newest.size if newest else 0,
        signed_at=newest.signed_at if newest else None,
        waiting=QueueEntry.objects.count(),
        waiting_since=first.queued_at if first else None,
    )


def told(
    prefix: str, about: Callable[[Mapping[str, Any]], bool], *, most: int, looked_at: int = 1_000
) -> list[tuple[Event, Mapping[str, Any]]]:
    """The newest events of some kinds with what their record part says, where `about` holds of it. What no
    key opens any longer is left out. For small histories: the newest `looked_at` events of these kinds are
    opened."""
    events = list(Event.objects.filter(kind__startswith=prefix).order_by("-id")[:looked_at])
    opened = open_many([sealed_record(event) for event in events])
    found = [(event, content["payload"]) for event, content in zip(events, opened, strict=True) if content]
    return [(event, payload) for event, payload in found if about(payload)][:most]


SILENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """`oldest` is how long the first waiting event has waited, None where nothing waits. `late`: longer than
    settings.LEDGER_QUEUE_LATE (5 s), so the log could be cut unseen for that long. `silent`: a log that has
    begun signed nothing for 5 minutes although it beats every 4. Either is an alarm: no sequencer runs, or it
    cannot work. The one place where this is judged: pages, checks, figures and alarms ask here."""

    waiting: int
    oldest: timedelta | None
    late: bool
    silent: bool
    since: datetime | None = None

    @property
    def ok(self) -> bool:
        return not (self.late or self.silent)


def queue_health(now: datetime) -> QueueHealth:
    state = log_state()
    oldest = now - state.waiting_since if state.waiting_since else None
    return QueueHealth(
        waiting=state.waiting,
        oldest=oldest,
        late=oldest is not None and oldest > settings.LEDGER_QUEUE_LATE,
        silent=state.signed_at is not None and now - state.signed_at > SILENT,
        since=state.waiting_since,
    )


@dataclass(frozen=True, slots=True)
class Verification:
    at: datetime
    found: dict[str, Any]

    @property
    def clean(self) -> bool:
        return not self.found.get("exit")


def last_verification() -> Verification | None:
    """The newest one whose content can still be read."""
    event = Event.objects.filter(kind="ledger.verified").order_by("-at").first()
    content = records_of([event])[0] if event else None
    return Verification(event.at, content) if event and content else None


def events(*, kind: str = "", since: datetime | None = None, before: int | None = None) -> QuerySet[Event]:
    """Newest first, with `signed_at` of the first checkpoint over each. `since`: that instant and 24 hours on
    are wanted; `before`: older than this row."""
    first = Checkpoint.objects.filter(size__gt=OuterRef("leaf__index")).order_by("size")
    rows = Event.objects.select_related("leaf").annotate(signed_at=Subquery(first.values("signed_at")[:1]))
    if kind:
        rows = rows.filter(kind=kind)
    if since is not None:
        rows = rows.filter(at__gte=since, at__lt=since + timedelta(days=1))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows.order_by("-pk")


def records_of(rows: Sequence[Event]) -> list[dict[str, Any] | None]:
    """Actor and decision of each event; None where the key of its month is gone or the content is damaged."""
    try:
        contents = open_many([sealed_record(event) for event in rows])
    except SealBroken:
        contents = [_one(event) for event in rows]
    return [content["payload"] if content else None for content in contents]


def _one(event: Event) -> dict[str, Any] | None:
    try:
        return opened_record(event)
    except SealBroken:
        return None
