"""A file of letters while it waits for the print shop: sealed bytes under DATA/notices, key apart."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

from duecause.apps.gate.holdings import Sealed
from duecause.apps.vault.actions import destroy_keys, seal_bytes
from duecause.apps.vault.models import Compartment

USE = "notices.letters"
COMPARTMENT = Compartment.CONTENT


def path_of(batch: UUID) -> Path:
    return Path(settings.DATA) / "notices" / f"{batch}.sealed"


def put(batch: UUID, data: bytes) -> None:
    content = seal_bytes(batch, COMPARTMENT, USE, data)
    path = path_of(batch)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


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
