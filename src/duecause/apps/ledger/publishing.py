"""After commit: the newest checkpoints go to files that a restored database cannot take back."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from duecause.apps.ledger.models import Checkpoint
from duecause.engine.tlog import split_notes

TAIL_BYTES = 1 << 20


def anchor_path() -> Path:
    return settings.DATA / "ledger" / "anchor"


def publish(checkpoint: Checkpoint) -> None:
    """Append the note to the anchor and replace the `checkpoint` file. Repeating it does no harm."""
    folder = anchor_path().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _append_to_anchor(checkpoint.note.encode() + b"\n")
    fresh = folder / "checkpoint.new"
    with fresh.open("wb") as file:
        file.write(checkpoint.note.encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / "checkpoint")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append_to_anchor(entry: bytes) -> None:
    """Once per note. What an interrupted append left behind is cut off first, or no note after it could be
    read."""
    path = anchor_path()
    with path.open("a+b") as anchor:
        start = max(0, path.stat().st_size - TAIL_BYTES)
        anchor.seek(start)
        tail = anchor.read()
        if tail.endswith(entry):
            return
        if start:  # begin at a whole note: after the empty line before an origin
            tail = tail[tail.find(b"\n\n" + entry.partition(b"\n")[0] + b"\n") + 2 :]
        _, torn = split_notes(tail)
        anchor.truncate(path.stat().st_size - len(torn))
        anchor.write(entry)
        anchor.flush()
        os.fsync(anchor.fileno())
