"""An uploaded file while it waits for its job: sealed bytes under DATA/spool, mode 0600, key apart."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from duecause.apps.gate.holdings import Sealed
from duecause.apps.vault.actions import destroy_keys, seal_bytes
from duecause.apps.vault.models import Compartment

USE = "register.spool"
COMPARTMENT = Compartment.CONTENT


def folder() -> Path:
    return Path(settings.DATA) / "spool"


def path_of(batch: UUID) -> Path:
    return folder() / f"{batch}.sealed"


def put(batch: UUID, data: bytes) -> None:
    content = seal_bytes(batch, COMPARTMENT, USE, data)
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path_of(batch), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sealed(batch: UUID) -> Sealed | None:
    """The sealed bytes for the gate to open, None once they are gone."""
    try:
        return Sealed(batch, COMPARTMENT, USE, path_of(batch).read_bytes())
    except FileNotFoundError:
        return None


def drop(batch: UUID) -> None:
    """Key first: from then on the bytes cannot be read, wherever copies of them are."""
    destroy_keys(batch, [COMPARTMENT])
    path_of(batch).unlink(missing_ok=True)


def older_than(moment: datetime) -> list[UUID]:
    """Uploads that were put here before `moment`."""
    paths = folder().glob("*.sealed")
    return [UUID(path.stem) for path in paths if path.stat().st_mtime < moment.timestamp()]
