"""Where the pieces of a large list lie while it is judged: a folder of mode 0700 in the data folder.

It is gone when the list is judged, refused or cancelled. A process that is killed leaves it: the next that
reads the same file finds its pieces, and a day later whoever comes next removes it. The system frees the lock
of a process that died, so that nobody takes a folder that is in use.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from duecause.engine.problems import Refused

ABANDONED_AFTER = 24 * 3600.0
LOCK = "lock"
_GIVEN_UP = (Refused, KeyboardInterrupt, GeneratorExit)


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """The folder of this name, with what a process that was killed left in it, or another where a living one
    has it. `name` tells apart whatever makes its content different."""
    root = settings.DATA / "cache" / "lists"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    _remove_abandoned(root)
    path, lock = _taken(root / name) or _own(root / f"{name}-{uuid4().hex}")
    try:
        yield path
    except _GIVEN_UP:
        shutil.rmtree(path)
        raise
    else:
        shutil.rmtree(path)
    finally:
        os.close(lock)


def _own(path: Path) -> tuple[Path, int]:
    taken = _taken(path)
    assert taken is not None  # nobody else knows its name
    return taken


def _taken(path: Path) -> tuple[Path, int] | None:
    """With the lock on it; None where another process has it."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:  # whoever had it removed it meanwhile
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    if not (path / LOCK).exists():
        os.close(lock)
        return None
    return path, lock


def _remove_abandoned(root: Path) -> None:
    for path in root.iterdir():
        if not path.is_dir() or time.time() - path.stat().st_mtime < ABANDONED_AFTER:
            continue
        taken = _taken(path)
        if taken:
            shutil.rmtree(path, ignore_errors=True)
            os.close(taken[1])
