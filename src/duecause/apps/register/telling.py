"""Who must hear that a datum was corrected. The rooms above know what left the house; they register here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Corrected:
    """Records that were just changed in one go: record → names of the fields that are different now.

    `act`: the import or the rectification. `source`: key of the source whose file said so; None: the person
    did."""

    actor: Actor
    act: UUID
    source: int | None
    fields: Mapping[UUID, frozenset[str]]
    now: datetime


Listener = Callable[[Corrected], None]
_listeners: list[Listener] = []


def after_correction(listener: Listener) -> Listener:
    """Register what happens with a correction, in its transaction."""
    _listeners.append(listener)
    return listener


def announce(corrected: Corrected) -> None:
    if corrected.fields:
        for listener in _listeners:
            listener(corrected)
