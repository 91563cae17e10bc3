"""Write events and grow the log.

`record` belongs into the business transaction: the event exists exactly when what it tells of exists. It
never assigns an index, because that would make every writer wait for every other (measured: 11-16 % of the
raw rate); `sequence` does, alone, afterwards.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from duecause.apps.ledger import guard, recovering
from duecause.apps.ledger.agreement import EVENT_USE as EVENT_USE
from duecause.apps.ledger.agreement import sealed_text
from duecause.apps.ledger.models import Checkpoint, Cosignature, Event, Leaf, QueueEntry, State, Tile
from duecause.apps.ledger.tiles import TileTable
from duecause.apps.statements import insert_with
from duecause.apps.vault import keyring
from duecause.apps.vault.actions import KeyDestroyed, ToSeal, seal_many
from duecause.apps.vault.models import Compartment
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused, gettext_noop

SEQUENCE_BATCH = 5_000
# A minute below the five that are promised, so that a slow moment does not break the promise.
HEARTBEAT = timedelta(minutes=4)
SALT_BYTES = 32
_NOT_OURS = gettext_noop(
    "This cosignature is not a witness's over a checkpoint of this log (it speaks of %(size)s entries). Check"
    " which log and which key it belongs to."
)


def period_owner(at: datetime) -> UUID:
    """Owner of the key under which actors and decisions of one month are sealed."""
    return uuid5(NAMESPACE_URL, f"duecause:ledger-period:{at:%Y-%m}")


def record(
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    payload: Mapping[str, Any],
    person: UUID | None = None,
    person_payload: Mapping[str, Any] | None = None,
    compartment: str = Compartment.CONTENT,
) -> Event:
    """Write one event inside the caller's transaction.

    `payload` holds codes, ids and counts and is sealed with the actor under the month's key.
    `person_payload` holds what identifies a person; it is sealed under that person's key in `compartment`
    and dies with it; of a person who was erased it is left out. Neither may hold floats. Raises
    TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "an event is recorded inside the transaction it tells of"
        )
    uid = uuid7()
    owner = period_owner(now)
    about = {"person": str(person), "sealed_in": str(compartment)} if person is not None else {}
    record_content = {"actor": actor.ref, "profile": actor.profile, **about, **payload}
    parts = [_part(owner, Compartment.PERIOD, record_content)]
    if person is not None and person_payload is not None:
        parts.append(_part(person, compartment, person_payload))
    try:
        blobs = seal_many([to_seal for to_seal, _ in parts])
    except KeyDestroyed:  # the person was erased: what would identify them is not written down again
        del parts[1:]
        blobs = seal_many([to_seal for to_seal, _ in parts])
    leaf = tlog.leaf_bytes(
        uid=uid,
        kind=kind,
        at_us=int(now.timestamp() * 1_000_000),
        person_commitment=parts[1][1] if len(parts) == 2 else None,
        record_commitment=parts[0][1],
    )
    event = Event(
        uid=uid,
        at=now,
        kind=kind,
        person=person,
        actor_kind=actor.kind,
        person_part=blobs[1] if len(parts) == 2 else None,
        record_part=blobs[0],
        record_key=owner,
        leaf_bytes=leaf,
        leaf_hash=tlog.leaf_hash(leaf),
    )
    return insert_with(event, QueueEntry(queued_at=now), by="event")


def _part(owner: UUID, compartment: str, payload: Mapping[str, Any]) -> tuple[ToSeal, bytes]:
    salt, canonical = os.urandom(SALT_BYTES), tlog.canonical_json(payload)
    content = sealed_text(salt, canonical)
    return ToSeal(owner, compartment, EVENT_USE, content), tlog.commitment(salt, canonical)


def sequence(*, actor: Actor, now: datetime) -> Checkpoint | None:
    """Give waiting events their index, in one transaction, and sign the new size. None: nothing waited.

    Safe with several sequencers: the state row is locked first. Publishing happens after commit and may be
    repeated (`publishing.publish`). Raises guard.Unsafe where signing could contradict what was published.
    """
    actor.require("ledger.sequence")
    if not QueueEntry.objects.exists():
        return None  # the usual case must not take the write lock
    with transaction.atomic():
        state = _locked_state()
        guard.check(state, origin())
        waiting = list(QueueEntry.objects.select_related("event").order_by("id")[:SEQUENCE_BATCH])
        return _append(state, waiting, now) if waiting else None


def _locked_state() -> State:
    State.objects.get_or_create(id=1)
    return State.objects.select_for_update().get(id=1)


def _append(state: State, waiting: Sequence[QueueEntry], now: datetime) -> Checkpoint:
    hashes = [bytes(entry.event.leaf_hash) for entry in waiting]
    frontier = guard.frontier_of(state)
    Leaf.objects.bulk_create(
        Leaf(index=state.size + offset, event=entry.event, leaf_hash=entry.event.leaf_hash)
        for offset, entry in enumerate(waiting)
    )
    QueueEntry.objects.filter(pk__in=[entry.pk for entry in waiting]).delete()
    for tile in tlog.new_tiles(state.size, hashes, TileTable()):
        Tile.objects.update_or_create(
            level=tile.level,
            position=tile.number,
            defaults={"width": len(tile.data) // 32, "data": tile.data},
        )
    frontier.extend(hashes)
    state.size, state.frontier, state.origin = frontier.size, frontier.to_bytes(), origin()
    state.save()
    signed = tlog.sign_checkpoint(tlog.Checkpoint(origin(), frontier.size, frontier.root()), signer())
    return Checkpoint.objects.create(
        size=frontier.size, root=frontier.root(), note=str(signed), signed_at=now
    )


def beat(*, actor: Actor, now: datetime) -> Event | None:
    """Write an event where nothing was signed for HEARTBEAT, so that silence is visible. None: not needed.

    A log that has no checkpoint yet stays silent: nobody can miss anything. A clock that was put back does
    not silence it either.
    """
    actor.require("ledger.sequence")
    if not _is_silent(now):
        return None
    with transaction.atomic():
        state = _locked_state()
        if not _is_silent(now):
            return None
        return record(actor=actor, kind="ledger.heartbeat", now=now, payload={"size": state.size})


def _is_silent(now: datetime) -> bool:
    newest = Checkpoint.objects.order_by("-size").first()
    return newest is not None and abs(now - newest.signed_at) >= HEARTBEAT and not QueueEntry.objects.exists()


def add_cosignature(*, actor: Actor, note: bytes, witness: tlog.Verifier, now: datetime) -> Cosignature:
    """Keep what a witness signed over one of our checkpoints; exports carry it from now on.

    Raises Malformed for bytes that are no note, BadSignature where the signature is not the witness's, and
    Refused for a checkpoint that is not ours or a key that is not a witness's.
    """
    actor.require("ledger.cosign")
    parsed = tlog.parse_note(note)
    told = tlog.parse_checkpoint(parsed.text)
    tlog.check_note(parsed, [witness])
    with transaction.atomic():
        known = Checkpoint.objects.filter(size=told.size, root=told.root).first()
        ours = known is not None and tlog.parse_note(known.note.encode()).text == parsed.text
        if known is None or not ours or not witness.is_witness:
            raise Refused("ledger.not_ours", _NOT_OURS, size=told.size)
        line = next(
            each.line()
            for each in parsed.signatures
            if (each.name, each.key_id) == (witness.name, witness.key_id)
        )
        kept, made = Cosignature.objects.get_or_create(
            checkpoint=known, key=str(witness), defaults={"line": line, "signed_at": now}
        )
        if made:
            payload = {"size": told.size, "witness": str(witness)}
            record(actor=actor, kind="ledger.cosigned", now=now, payload=payload)
    return kept


def origin() -> str:
    """Name of this log in its checkpoints: follows from its key, so that two logs never share one."""
    return recovering.origin_of(keyring.current().ledger_seed)


def signer() -> tlog.Signer:
    return recovering.signer_of(keyring.current().ledger_seed)


def signer_for(use: str) -> tlog.Signer:
    """A key of its own for another kind of note, made from that of the log: what one of them signed can never
    be taken for a checkpoint. It changes with the key of the log."""
    seed = keyring.current().ledger_seed
    own = hmac.digest(seed, f"duecause.{use}".encode(), "sha256")
    return tlog.Signer.from_seed(f"duecause.{use}/{origin().rpartition('/')[2]}", own)


def record_verification(*, actor: Actor, found: Mapping[str, Any], now: datetime) -> Event:
    """Remember what a verification of the live log found (`checking.summary`): places and texts."""
    if actor.kind != "job":
        actor.require("ledger.read")
    with transaction.atomic():
        return record(actor=actor, kind="ledger.verified", now=now, payload=found)


def record_export(*, actor: Actor, disclosed: Sequence[UUID], size: int, now: datetime) -> Event:
    """Remember that a bundle left with the actors and decisions of these events in clear."""
    actor.require("ledger.export")
    payload = {"size": size, "disclosed": [str(uid) for uid in disclosed]}
    with transaction.atomic():
        return record(actor=actor, kind="ledger.exported", now=now, payload=payload)
