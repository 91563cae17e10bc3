"""Who must hear that a datum was corrected, or that a person is restricted. The rooms above know what left
the house; they register here."""

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


@dataclass(frozen=True, slots=True)
class Restricted:
    """Processing of a person's data is restricted from now on, or no longer (GDPR Art. 18)."""

    actor: Actor
    person: UUID
    begins: bool
    now: datetime


Listener = Callable[[Corrected], None]
RestrictionListener = Callable[[Restricted], None]
_listeners: list[Listener] = []
_restriction_listeners: list[RestrictionListener] = []


def after_correction(listener: Listener) -> Listener:
    """Register what happens with a correction, in its transaction."""
    _listeners.append(listener)
    return listener


def announce(corrected: Corrected) -> None:
    if corrected.fields:
        for listener in _listeners:
            listener(corrected)


def after_restriction(listener: RestrictionListener) -> RestrictionListener:
    """Register what happens with a restriction, in its transaction."""
    _restriction_listeners.append(listener)
    return listener


def announce_restriction(restricted: Restricted) -> None:
    for listener in _restriction_listeners:
        listener(restricted)
