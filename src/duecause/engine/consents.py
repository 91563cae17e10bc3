"""What a consent is worth now: a fold over what was said about it (ISO/IEC TS 27560 event_state).

Nothing here is stored. The same events in any order, or twice, give the same standing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

REQUESTED, GIVEN, REFUSED, WITHDRAWN = "requested", "given", "refused", "withdrawn"
EXPIRED, INVALIDATED, RENEWED = "expired", "invalidated", "renewed"
STATES = (REQUESTED, GIVEN, REFUSED, WITHDRAWN, EXPIRED, INVALIDATED, RENEWED)
GIVING = frozenset({GIVEN, RENEWED})
# A question that waits for its answer says nothing yet.
DECIDING = frozenset(STATES) - {REQUESTED}


@dataclass(frozen=True, slots=True)
class Said:
    """One event. `key` orders events of one moment; `valid_to`: last day on which a yes holds, None: open."""

    at: datetime
    key: str
    state: str
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`state` is one of STATES, or empty where nothing was said. `since`: of the event that made it so.
    `asked_at`: a question asked after the last answer."""

    state: str = ""
    since: datetime | None = None
    until: date | None = None
    asked_at: datetime | None = None

    def holds(self, on: date) -> bool:
        """Whether the consent allows something on this day (of the controller's country)."""
        return self.state in GIVING and (self.until is None or on <= self.until)

    def on(self, day: date) -> str:
        """The state as of a day: a yes whose time is over has expired, noted or not."""
        return EXPIRED if self.state in GIVING and not self.holds(day) else self.state


def fold(events: Iterable[Said]) -> Standing:
    """The newest word counts. An end by time ends only what still ran: it hides no withdrawal."""
    standing = Standing()
    for event in sorted(set(events), key=lambda event: (event.at, event.key)):
        standing = _after(standing, event)
    return standing


def _after(standing: Standing, event: Said) -> Standing:
    if event.state == REQUESTED:
        state, since = standing.state or REQUESTED, standing.since or event.at
        return Standing(state, since, standing.until, asked_at=event.at)
    if event.state == EXPIRED and standing.state not in GIVING:
        return standing
    until = event.valid_to if event.state in GIVING else None
    return Standing(event.state, event.at, until)
