"""The live log as a bundle that anyone can verify without this database (engine.tlog.bundle)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from duecause.apps.ledger import actions, recovering
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, Tile
from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.engine.tlog.bundle import MAX_LEAF

CHUNK = 2_000


class StoredTiles:
    """The tile table as it is, read ahead from left to right: a lost tile is handed over empty, for the
    verifier to find."""

    AHEAD = 256

    def __init__(self) -> None:
        self._places = range(0)
        self._level = 0
        self._read: dict[int, bytes] = {}

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        if level != self._level or index not in self._places:
            self._level, self._places = level, range(index, index + self.AHEAD)
            tiles = Tile.objects.filter(level=level, position__range=(index, self._places[-1]))
            self._read = {place: bytes(data) for place, data in tiles.values_list("position", "data")}
        return self._read.get(index, b"")[: width * 32]


def export(
    target: Path,
    *,
    now: datetime,
    disclose: Sequence[UUID] = (),
    actor: Actor | None = None,
    witnessed: bool = False,
) -> int:
    """Write the log up to its newest checkpoint to a new folder or .zip; returns how many leaves that are.

    `disclose` names events whose record part (actor and decision) goes along in clear. The log only grows, so
    nothing is locked: events that come meanwhile wait for the next export. Nothing is judged here.
    `witnessed`: only up to the newest checkpoint that a witness has cosigned.
    What is disclosed is itself recorded, as done by `actor`.
    Raises Refused if the target exists, an event to disclose is unknown, waiting or erased, or no checkpoint
    has been cosigned.
    """
    newest = newest_witnessed() if witnessed else newest_note()
    size = tlog.parse_checkpoint(newest.text).size
    opened = _disclosures(disclose, size)
    tlog.write_bundle(
        target,
        checkpoint=newest,
        checkpoints=_notes(size) if size else [newest],
        keys=recovering.verifiers(),
        entries=_entries(size),
        now=now,
        disclosed=opened,
        tiles=StoredTiles(),
    )
    if actor is not None and disclose:
        actions.record_export(actor=actor, disclosed=disclose, size=size, now=now)
    return size


def newest_note() -> tlog.Note:
    """The newest checkpoint that can be read; for a log without any, a freshly signed one of no leaves."""
    for row in Checkpoint.objects.order_by("-size").prefetch_related("cosignatures").iterator(CHUNK):
        if note := readable(row.note):
            return cosigned(note, row)
    return tlog.sign_checkpoint(tlog.Checkpoint(actions.origin(), 0, tlog.EMPTY_ROOT), actions.signer())


def newest_witnessed() -> tlog.Note:
    rows = Checkpoint.objects.filter(cosignatures__isnull=False).order_by("-size").distinct()
    for row in rows.prefetch_related("cosignatures")[:1]:
        if note := readable(row.note):
            return cosigned(note, row)
    raise Refused(
        "ledger.not_witnessed",
        "No witness has cosigned a checkpoint yet. Hand a bundle to one, then: duecause ledger cosigned FILE",
    )


def readable(text: str) -> tlog.Note | None:
    try:
        note = tlog.parse_note(text.encode())
        tlog.parse_checkpoint(note.text)
    except tlog.Malformed:
        return None
    return note


def _notes(size: int) -> Iterator[tlog.Note]:
    rows = Checkpoint.objects.filter(size__lte=size).order_by("size").prefetch_related("cosignatures")
    for row in rows.iterator(CHUNK):
        if note := readable(row.note):
            yield cosigned(note, row)


def cosigned(note: tlog.Note, row: Checkpoint) -> tlog.Note:
    """The note with what witnesses have signed over it since."""
    lines = "".join(each.line for each in row.cosignatures.all())
    return tlog.parse_note(f"{note}{lines}".encode()) if lines else note


def _entries(size: int) -> Iterator[tuple[int, bytes]]:
    rows = Leaf.objects.filter(index__gte=0, index__lt=size).order_by("index")
    for index, leaf in rows.values_list("index", "event__leaf_bytes").iterator(CHUNK):
        # A leaf that somebody made too long for the format is cut: it fails the tree either way.
        yield index, bytes(leaf)[:MAX_LEAF]


def _disclosures(uids: Collection[UUID], size: int) -> list[tlog.Disclosure]:
    found = []
    for uid in uids:
        event = Event.objects.filter(uid=uid, leaf__index__lt=size).select_related("leaf").first()
        opened = opened_record(event) if event else None
        if event is None or opened is None:
            raise Refused(
                "not_disclosable",
                "Event %(uid)s is unknown, has no index yet or its key is gone. Leave it out.",
                uid=uid,
            )
        salt, payload = bytes.fromhex(opened["salt"]), tlog.canonical_json(opened["payload"])
        found.append(tlog.Disclosure(event.leaf.index, "record", salt, payload))
    return sorted(found, key=lambda disclosure: disclosure.index)


def opened_record(event: Event) -> dict[str, Any] | None:
    """Salt and payload of the record part; None where the key of its month is gone. Raises SealBroken."""
    return open_many([sealed_record(event)])[0]


def sealed_record(event: Event) -> Sealed:
    return Sealed(event.record_key, Compartment.PERIOD, actions.EVENT_USE, bytes(event.record_part))
