"""Read and write the files that a command names, and say plainly when that cannot be done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from duecause.engine.problems import Refused


def read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(
            "file_unreadable", "%(file)s cannot be read: %(why)s.", file=file, why=error.strerror
        ) from None


def write_bytes(file: Path, content: bytes) -> None:
    """As `writing`, at once."""
    with writing(file) as out:
        out.write(content)


@contextmanager
def writing(file: Path) -> Iterator[BinaryIO]:
    """Write beside and rename, mode 0600: nobody finds half a file, and nobody else may read it."""
    beside = file.with_name(f".{file.name}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            yield out
        beside.replace(file)
    except OSError as error:
        raise Refused(
            "file_unwritable", "%(file)s cannot be written: %(why)s.", file=file, why=error.strerror
        ) from None
    finally:
        beside.unlink(missing_ok=True)


def require_writable(file: Path) -> None:
    """Ask before something is done that cannot be undone by a failing write."""
    folder = file.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Refused(
            "file_unwritable",
            "%(file)s cannot be written: the folder is missing or not yours. Name another file.",
            file=file,
        )
