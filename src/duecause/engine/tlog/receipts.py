"""A receipt that stands alone: C2SP tlog-proof, and within it the place of a record inside a batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.hashing import HASH_SIZE, leaf_hash
from duecause.engine.tlog.leaf import BatchLeaf, RecordProof, canonical_json, parse_leaf
from duecause.engine.tlog.notes import (
    Checkpoint,
    Malformed,
    Note,
    decimal,
    decode64,
    encode64,
    parse_checkpoint,
    parse_note,
)
from duecause.engine.tlog.policy import Policy
from duecause.engine.tlog.proofs import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """`extra` is opaque and unauthenticated until the proof has been checked with what it rebuilds."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    def __str__(self) -> str:
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode64(self.extra)}")
        lines += [f"index {self.index}", *map(encode64, self.path)]
        return "\n".join(lines) + f"\n\n{self.note}"

    def verify(self, *, leaf: bytes, policy: Policy) -> Checkpoint:
        """The checkpoint under which `leaf` stands in the log.

        Raises BadSignature (also for a missing quorum of witnesses) and Malformed.
        """
        policy.check(self.note)
        checkpoint = parse_checkpoint(self.note.text)
        if not verify_inclusion(
            leaf_hash=leaf_hash(leaf),
            index=self.index,
            size=checkpoint.size,
            proof=self.path,
            root=checkpoint.root,
        ):
            raise _unproven()
        return checkpoint

    def verify_record(self, *, record: bytes, policy: Policy) -> Checkpoint:
        """The same for one record of a batch, whose batch leaf and path are the extra data."""
        batch_bytes, proof = _read_extra(self.extra)
        batch = parse_leaf(batch_bytes)
        if not (
            isinstance(batch, BatchLeaf)
            and batch.count == proof.count
            and proof.holds(record=record, root=batch.root)
        ):
            raise _unproven()
        return self.verify(leaf=batch_bytes, policy=policy)


def record_extra(*, batch_leaf: bytes, proof: RecordProof) -> bytes:
    """The extra data of a receipt for one record of a batch."""
    return canonical_json(
        {
            "batch": encode64(batch_leaf),
            "count": proof.count,
            "path": [encode64(part) for part in proof.path],
            "record": proof.index,
        }
    )


def _read_extra(extra: bytes) -> tuple[bytes, RecordProof]:
    try:
        parts = json.loads(extra)
        index, count, path = parts["record"], parts["count"], tuple(decode64(part) for part in parts["path"])
        batch = decode64(parts["batch"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unproven() from None
    if type(index) is not int or type(count) is not int:
        raise _unproven()
    return batch, RecordProof(index, count, path)


def parse_proof(data: bytes) -> TlogProof:
    """Raises Malformed."""
    head, separator, note = data.partition(b"\n\n")
    try:
        lines: Sequence[str] = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = ()
    if not separator or len(lines) < 2 or lines[0] != HEADER:
        raise _malformed()
    extra, rest = b"", lines[1:]
    if rest[0].startswith("extra "):
        extra, rest = decode64(rest[0].removeprefix("extra ")), rest[1:]
    if not rest or not rest[0].startswith("index "):
        raise _malformed()
    path = tuple(decode64(line) for line in rest[1:])
    if len(path) > 63 or any(len(part) != HASH_SIZE for part in path):
        raise _malformed()
    return TlogProof(decimal(rest[0].removeprefix("index ")), path, parse_note(note), extra)


def _malformed() -> Malformed:
    return Malformed("tlog.proof", gettext_noop("This is not a tlog-proof file. Ask for the receipt again."))


def _unproven() -> Malformed:
    return Malformed(
        "tlog.unproven", gettext_noop("The receipt does not prove that this entry stands in the ledger.")
    )
