"""For commands that work with and without an installation: open it when it is needed, read files they are
handed. Importing this needs no Django."""

from __future__ import annotations

from pathlib import Path

from duecause.engine.problems import Refused

FILE_LIMIT = 1 << 30


def open_installation() -> None:
    from duecause.cli import set_up_django

    set_up_django()
    from duecause.organisation.founding import require_founded

    require_founded()


def read_file(file: Path, *, limit: int = FILE_LIMIT) -> bytes:
    """Raises Refused for a file that is too large or cannot be read."""
    try:
        if file.stat().st_size > limit:
            raise Refused(
                "file_large",
                "%(file)s is larger than %(limit)s MB. Is it the right file?",
                file=file,
                limit=limit >> 20,
            )
        return file.read_bytes()
    except OSError as error:
        raise Refused(
            "file_unreadable", "%(file)s cannot be read: %(why)s.", file=file, why=error.strerror
        ) from None
