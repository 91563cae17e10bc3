"""The tamper matrix: each way of touching a log that we know, at many places, and clean logs beside them.

The verifier is a partner: it holds the keys of log and witness, and every note it has seen. Run by
test_tamper_matrix.py with modest numbers and by `./dev bench tamper` with the full ones.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from duecause.engine.tlog import Checkpoint, Kind, join_notes, sign_checkpoint, verify_bundle
from tests.engine.tlog.sample import LOG, ORIGIN, POLICY, STRANGER, WITNESS, Log, Row

CHECKPOINTS = 10
SIZES = range(40, 240, 20)


@dataclass(frozen=True)
class Place:
    """`log` is a copy to be touched; `leaf` and `note` say where."""

    log: Log
    leaf: int
    note: int
    chance: random.Random


Touch = Callable[[Place], Log]
Damage = Callable[[Path, Place], None]


@cache
def honest(size: int) -> Log:
    return Log.grown(size, every=size // CHECKPOINTS)


def renumbered(rows: list[Row]) -> list[Row]:
    return [replace(row, index=index) for index, row in enumerate(rows)]


def signed_again(place: Place, *, witnessed: bool, start: int = 0) -> Log:
    """History changed at `leaf`; all notes from `start` on are made anew with the log's own key."""
    log = Log(list(place.log.rows), list(place.log.notes[:start]), witnessed)
    log.rows[place.leaf] = Row.make(place.leaf, text="nothing happened")
    step = len(log.rows) // CHECKPOINTS
    log.publish(range((start + 1) * step, len(log.rows) + 1, step))
    return log


def payload(place: Place) -> Log:
    row = place.log.rows[place.leaf]
    place.log.rows[place.leaf] = replace(row, payload=row.payload.replace(b"looked", b"called"))
    return place.log


def leaf_and_payload(place: Place) -> Log:
    place.log.rows[place.leaf] = Row.make(place.leaf, text="nothing happened")
    return place.log


def removed(place: Place) -> Log:
    del place.log.rows[place.leaf]
    return place.log


def removed_and_renumbered(place: Place) -> Log:
    del place.log.rows[place.leaf]
    place.log.rows = renumbered(place.log.rows)
    return place.log


def tail_cut(place: Place) -> Log:
    place.log.rows = place.log.rows[: place.leaf]
    return place.log


def swapped(place: Place) -> Log:
    rows, at = place.log.rows, min(place.leaf, len(place.log.rows) - 2)
    rows[at], rows[at + 1] = replace(rows[at + 1], index=at), replace(rows[at], index=at + 1)
    return place.log


def inserted(place: Place) -> Log:
    rows, at = place.log.rows, place.leaf
    place.log.rows = renumbered([*rows[:at], Row.make(5_000 + at, at=rows[at].at), *rows[at:]])
    return place.log


def repeated(place: Place) -> Log:
    at = min(place.leaf, len(place.log.rows) - 2)
    place.log.rows[at + 1] = replace(place.log.rows[at], index=at + 1)
    return place.log


def back_dated_with_signatures(place: Place) -> Log:
    size = len(place.log.rows)
    early = place.log.rows[place.leaf].at - timedelta(minutes=10)
    now = place.log.now
    place.log.rows.append(Row.make(size, at=early))
    place.log.publish([size + 1], at=now)
    return place.log


def dated_in_the_future(place: Place) -> Log:
    size, now = len(place.log.rows), place.log.now
    place.log.rows.append(Row.make(size, at=now + timedelta(minutes=1 + place.leaf)))
    place.log.publish([size + 1], at=now)
    return place.log


def signed_again_without_witness(place: Place) -> Log:
    return signed_again(place, witnessed=False)


def signed_again_with_witness(place: Place) -> Log:
    return signed_again(place, witnessed=True)


def signed_again_from_a_point(place: Place) -> Log:
    return signed_again(place, witnessed=True, start=place.note)


def signed_by_a_stranger(place: Place) -> Log:
    notes = []
    for note in place.log.notes:
        size, root = note.text.split("\n")[1:3]
        again = STRANGER.sign(f"{ORIGIN}\n{size}\n{root}\n")
        notes.append(WITNESS.cosign(again, at=int(place.log.now.timestamp()) - 9))
    place.log.notes = [*place.log.notes[: place.note], *notes[place.note :]]
    return place.log


def rolled_back(place: Place) -> Log:
    """Data and checkpoints to an older state, consistent in itself."""
    step = len(place.log.rows) // CHECKPOINTS
    keep = min(place.note + 1, CHECKPOINTS - 1)
    return Log(place.log.rows[: keep * step], place.log.notes[:keep], True)


def checkpoint_removed(place: Place) -> Log:
    del place.log.notes[min(place.note, CHECKPOINTS - 2)]
    return place.log


def two_roots_at_one_size(place: Place) -> Log:
    size = int(place.log.notes[place.note].text.split("\n")[1])
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, place.chance.randbytes(32)), LOG)
    place.log.notes.insert(place.note, WITNESS.cosign(forged, at=0))
    return place.log


def checkpoints_swapped(place: Place) -> Log:
    notes, at = place.log.notes, min(place.note, CHECKPOINTS - 2)
    notes[at], notes[at + 1] = notes[at + 1], notes[at]
    return place.log


def flipped(folder: Path, pattern: str, place: Place, end: Callable[[bytes], tuple[int, int]]) -> None:
    """Flip one bit of one file, between the byte positions that `end` gives."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    path = files[place.leaf % len(files)]
    data = bytearray(path.read_bytes())
    at = place.chance.randrange(*(8 * byte for byte in end(bytes(data))))
    data[at // 8] ^= 1 << at % 8
    path.write_bytes(data)


def flipped_leaf_bit(folder: Path, place: Place) -> None:
    flipped(folder, "tile/entries/**/*", place, lambda data: (0, len(data)))


def flipped_tile_bit(folder: Path, place: Place) -> None:
    flipped(folder, "tile/[0-9]*/**/*", place, lambda data: (0, len(data)))


def flipped_root_bit(folder: Path, place: Place) -> None:
    flipped(folder, "checkpoint", place, lambda data: (0, data.index(b"\n\n")))


def flipped_witness_bit(folder: Path, place: Place) -> None:
    def signature(data: bytes) -> tuple[int, int]:
        end = data.index(b"\n", data.index(b" witness"))
        return end - 80, end

    flipped(folder, "checkpoint", place, signature)


def file_removed(folder: Path, place: Place) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "keys")
    files[place.leaf % len(files)].unlink()


TOUCHES: dict[str, Touch] = {
    function.__name__: function
    for function in (
        payload,
        leaf_and_payload,
        removed,
        removed_and_renumbered,
        tail_cut,
        swapped,
        inserted,
        repeated,
        back_dated_with_signatures,
        dated_in_the_future,
        signed_again_without_witness,
        signed_again_with_witness,
        signed_again_from_a_point,
        signed_by_a_stranger,
        rolled_back,
        checkpoint_removed,
        two_roots_at_one_size,
        checkpoints_swapped,
    )
}
DAMAGES: dict[str, Damage] = {
    function.__name__: function
    for function in (
        flipped_leaf_bit,
        flipped_tile_bit,
        flipped_root_bit,
        flipped_witness_bit,
        file_removed,
    )
}
KINDS = (*TOUCHES, *DAMAGES)


@dataclass
class Outcome:
    """`found`: kinds of failure and how often; `missed`: places where nothing was found."""

    tried: int = 0
    found: dict[Kind, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)


def places(count: int, seed: str) -> list[Place]:
    """Spread over logs of all sizes, every checkpoint of each, and leaves by chance but first and last."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        leaf = {0: 0, 1: size - 1}.get(number // len(SIZES), chance.randrange(size))
        made.append(Place(honest(size).copy(), leaf, number // len(SIZES) % CHECKPOINTS, chance))
    return made


def run(kind: str, count: int, folder: Path) -> Outcome:
    outcome = Outcome()
    for place in places(count, kind):
        size = len(place.log.rows)
        now, anchor = place.log.now, join_notes(honest(size).notes)
        target = folder / "log"
        if kind in TOUCHES:
            TOUCHES[kind](place).write(target)
        else:
            place.log.write(target)
            DAMAGES[kind](target, place)
        report = verify_bundle(target, anchor=anchor, policy=POLICY, now=now)
        shutil.rmtree(target)
        outcome.tried += 1
        if report.failures:
            outcome.found[report.exit_code] = outcome.found.get(report.exit_code, 0) + 1
        else:
            outcome.missed.append(f"{kind}: {size} leaves, leaf {place.leaf}, note {place.note}")
    return outcome


def false_alarms(count: int, folder: Path, *, largest: int = 60) -> list[str]:
    """Clean logs of chance sizes, some witnessed, with an anchor of chance length; what was alarmed about."""
    chance = random.Random("clean")
    alarms = []
    for number in range(count):
        size = chance.randint(1, largest)
        log = Log.grown(size, every=chance.randint(1, size))
        anchor = join_notes(log.notes[: chance.randint(1, len(log.notes))])
        target = folder / "log"
        log.write(target, disclose=chance.random() < 0.5)
        report = verify_bundle(target, anchor=anchor, policy=POLICY, now=log.now)
        shutil.rmtree(target)
        if report.failures:
            alarms.append(f"log {number} of {size}: {report.failures[0].text}")
    return alarms
