"""The uploads of one session that wait for their mapping to be judged. The session holds names and ids, never
content; whoever has another session gets nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.register.actions import STRAY_AFTER
from duecause.web.http import PageRequest

KEY = "uploads"
KEPT = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """`until` in seconds of the epoch; `batch` is set once it was imported."""

    source: str
    name: str
    size: int
    sheets: list[str]
    until: float
    batch: str = ""


def remember(
    request: PageRequest, upload: UUID, *, source: str, name: str, size: int, sheets: list[str], now: datetime
) -> list[UUID]:
    """Returns older uploads that the session lets go, for the caller to destroy."""
    held = dict(request.session.get(KEY, {}))
    waiting = Waiting(source, name[-255:], size, sheets, (now + STRAY_AFTER).timestamp())
    held[str(upload)] = asdict(waiting)
    gone = list(held)[:-KEPT]
    request.session[KEY] = {name: value for name, value in held.items() if name not in gone}
    return [UUID(one) for one in gone]


def waiting(request: PageRequest, upload: UUID) -> Waiting | None:
    held: dict[str, Any] | None = request.session.get(KEY, {}).get(str(upload))
    return Waiting(**held) if held else None


def imported(request: PageRequest, upload: UUID, batch: UUID) -> None:
    """The upload is gone; who presses the button again is led to the import."""
    known = waiting(request, upload)
    if known:
        request.session[KEY] = {**request.session[KEY], str(upload): asdict(replace(known, batch=str(batch)))}


def forget(request: PageRequest, upload: UUID) -> None:
    held = dict(request.session.get(KEY, {}))
    held.pop(str(upload), None)
    request.session[KEY] = held
