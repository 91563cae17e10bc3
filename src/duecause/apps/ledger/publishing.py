"""After commit: the newest checkpoints go to files that a restored database cannot take back."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from duecause.apps.ledger.models import Checkpoint


def anchor_path() -> Path:
    return settings.DATA / "ledger" / "anchor"


def publish(checkpoint: Checkpoint) -> None:
    """Append the note to the anchor and replace the `checkpoint` file. Repeating it does no harm."""
    folder = anchor_path().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with anchor_path().open("ab") as anchor:
        anchor.write(checkpoint.note.encode() + b"\n")
        anchor.flush()
        os.fsync(anchor.fileno())
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
