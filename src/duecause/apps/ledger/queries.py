"""What stands in the log, and the proof of it."""

from __future__ import annotations

from dataclasses import dataclass

from duecause.apps.ledger.actions import signer
from duecause.apps.ledger.bundles import StoredTiles
from duecause.apps.ledger.models import Checkpoint, Event
from duecause.engine import tlog
from duecause.engine.problems import Refused


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
        note = tlog.parse_note(checkpoint.note.encode())
        size = tlog.parse_checkpoint(note.text).size
        path = tlog.TiledTree(StoredTiles(), size).inclusion_proof(leaf.index)
        proof = tlog.TlogProof(leaf.index, tuple(path), note)
    except Refused:  # a tile or the note is damaged; the verification says which
        return Standing(leaf.index, checkpoint, None, False)
    return Standing(leaf.index, checkpoint, proof, _holds(proof, bytes(event.leaf_bytes)))


def _holds(proof: tlog.TlogProof, leaf: bytes) -> bool:
    try:
        proof.verify(leaf=leaf, policy=tlog.Policy.of_keys([signer().verifier()]))
    except Refused:
        return False
    return True
