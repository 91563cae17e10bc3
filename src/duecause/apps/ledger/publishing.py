"""After commit: the newest checkpoints go to files that a restored database cannot take back."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from duecause.apps.ledger.models import Checkpoint
from duecause.engine import tlog

TAIL_BYTES = 1 << 16
SIGNATURE_MARK = "— ".encode()


def anchor_path() -> Path:
    return settings.DATA / "ledger" / "anchor"


def publish() -> None:
    """Append what the anchor lacks and replace the `checkpoint` file. Repeating it does no harm, and several
    sequencers may do it: each waits for the other and then finds less to do, or nothing."""
    folder = anchor_path().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        newest = newest_published()
        known = tlog.parse_checkpoint(newest.text).size if newest else -1
        rows = Checkpoint.objects.filter(size__gt=known).order_by("size").values_list("note", flat=True)
        fresh = list(rows)
        if fresh:
            _append([note.encode() + b"\n" for note in fresh])
        newest_text = fresh[-1] if fresh else str(newest) if newest else ""
        if newest_text and _current(folder) != newest_text.encode():
            replace_file(folder / "checkpoint", newest_text.encode())


def newest_published() -> tlog.Note | None:
    """The note of the largest tree near the end of the anchor; None where there is no anchor yet or it is
    empty. Raises Malformed for an anchor whose end holds anything else."""
    notes, _ = _tail()
    read = [tlog.parse_note(note) for note in notes]
    return max(read, key=lambda note: tlog.parse_checkpoint(note.text).size, default=None)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace_file(path: Path, content: bytes) -> None:
    """After a crash the file is the old one or the new one, whole."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _current(folder: Path) -> bytes:
    path = folder / "checkpoint"
    return path.read_bytes() if path.exists() else b""


def _append(entries: Sequence[bytes]) -> None:
    """What an interrupted append left behind is cut off first, or no note after it could be read."""
    path = anchor_path()
    _, torn = _tail()
    made = not path.exists()
    with path.open("ab") as anchor:
        anchor.truncate(path.stat().st_size - len(torn))
        anchor.write(b"".join(entries))
        anchor.flush()
        os.fsync(anchor.fileno())
    if made:
        sync_folder(path.parent)


def _tail() -> tuple[list[bytes], bytes]:
    """The last complete notes, and the torn rest after them."""
    path = anchor_path()
    if not path.exists():
        return [], b""
    size = path.stat().st_size
    for start in dict.fromkeys((max(0, size - TAIL_BYTES), 0)):
        with path.open("rb") as anchor:
            anchor.seek(start)
            tail = anchor.read()
        if start:
            tail = _from_whole_note(tail)
        if tail:
            return tlog.split_notes(tail)
    return [], b""


def _from_whole_note(tail: bytes) -> bytes:
    """Cut to where a note begins: after an empty line that no signature follows."""
    at = tail.find(b"\n\n")
    while at >= 0 and tail[at + 2 :].startswith(SIGNATURE_MARK):
        at = tail.find(b"\n\n", at + 2)
    return tail[at + 2 :] if at >= 0 else b""
