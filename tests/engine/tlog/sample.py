"""A small fictional log with two events a second, a checkpoint now and then, and a witness."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from duecause.engine.tlog import (
    Checkpoint,
    Disclosure,
    Frontier,
    Policy,
    Signer,
    canonical_json,
    commitment,
    leaf_bytes,
    leaf_hash,
    sign_checkpoint,
    write_bundle,
)

ORIGIN = "ledger.example/warmhuis"
LOG = Signer.from_seed(ORIGIN, b"L" * 32)
WITNESS = Signer.from_seed("witness.example/dpo", b"W" * 32)
STRANGER = Signer.from_seed(ORIGIN, b"S" * 32)
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
POLICY = Policy.of_keys([LOG.verifier(), WITNESS.verifier(witness=True)])


def micros(time):
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """What a database would hold of one event."""

    index: int
    at: datetime
    salt: bytes
    payload: bytes
    leaf: bytes

    @classmethod
    def make(cls, index, *, at=None, text="looked up"):
        source = random.Random(index)
        at = at or START + timedelta(milliseconds=500 * index)
        salt, payload = source.randbytes(32), canonical_json({"what": text, "step": index})
        leaf = leaf_bytes(
            uid=UUID(bytes=source.randbytes(16)),
            kind="gate.revealed",
            at_us=micros(at),
            person_commitment=commitment(salt, b"person") if index % 2 else None,
            record_commitment=commitment(salt, payload),
        )
        return cls(index, at, salt, payload, leaf)


@dataclass
class Log:
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    witnessed: bool = True

    @classmethod
    def grown(cls, size, *, every=100, witnessed=True):
        log = cls([Row.make(index) for index in range(size)], witnessed=witnessed)
        log.publish([*range(every, size, every), size])
        return log

    def publish(self, sizes, *, at=None):
        for size in sizes:
            frontier = Frontier()
            frontier.extend([leaf_hash(row.leaf) for row in self.rows[:size]])
            note = sign_checkpoint(Checkpoint(ORIGIN, size, frontier.root()), LOG)
            if self.witnessed:
                seen = at or (self.rows[size - 1].at if size else START) + timedelta(seconds=1)
                note = WITNESS.cosign(note, at=int(seen.timestamp()))
            self.notes.append(note)

    @property
    def now(self):
        return START + timedelta(milliseconds=500 * len(self.rows), seconds=10)

    def write(self, target, *, disclose=True, tiles=None, newest=None):
        shown = [Disclosure(row.index, "record", row.salt, row.payload) for row in self.rows if disclose]
        write_bundle(
            target,
            checkpoint=newest or self.notes[-1],
            checkpoints=self.notes,
            keys=[LOG.verifier(), WITNESS.verifier(witness=True)],
            entries=[(row.index, row.leaf) for row in self.rows],
            disclosed=shown,
            tiles=tiles,
            now=self.now,
        )
        return target

    def copy(self):
        return replace(self, rows=list(self.rows), notes=list(self.notes))
