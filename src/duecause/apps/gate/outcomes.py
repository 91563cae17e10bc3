"""How a question to the gate ends where nothing is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Denied:
    """Blocked, alarmed, identified. `policies` are the ids of the lines that decided."""

    alarm: UUID
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slowed(Denied):
    """Not this account's turn yet, after attempts that were blocked: ask again in `wait`. `alarm` is the one
    that slowed it down."""

    wait: timedelta
