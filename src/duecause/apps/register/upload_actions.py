"""An upload between being chosen and being imported: sealed on disk for half an hour, then destroyed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from duecause.apps.gate.actions import open_spool
from duecause.apps.register import spool
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7

WHY = "register_preview"


def keep_upload(*, actor: Actor, data: bytes) -> UUID:
    """Seal an upload until its mapping has been judged. Raises NotPermitted."""
    actor.require("register.import")
    upload = uuid7()
    spool.put(upload, data)
    return upload


def open_upload(*, actor: Actor, upload: UUID, now: datetime) -> bytes | None:
    """The upload for its preview or its import, with an event; None once it is destroyed.
    Raises NotPermitted."""
    actor.require("register.import")
    sealed = spool.sealed(upload)
    if sealed is None:
        return None
    # Whoever may import may look at what they are about to import, and at nothing else by this way.
    looking = replace(actor, functions=actor.functions | {f"open:{WHY}"})
    return open_spool(actor=looking, sealed=sealed, why=WHY, now=now)


def drop_upload(*, actor: Actor, upload: UUID) -> None:
    """Destroy an upload, its key first. Again changes nothing. Raises NotPermitted."""
    actor.require("register.import")
    spool.drop(upload)
