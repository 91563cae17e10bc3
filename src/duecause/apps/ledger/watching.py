"""Notice when events begin to wait too long for their checkpoint, and when they no longer do.

Said once per episode in the log and to the rooms above that registered (the gate raises an alarm). An episode
may begin under one process and end under another, so whoever looks for the first time and finds all well says
so too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from duecause.apps.ledger import queries
from duecause.logs import facts

log = logging.getLogger(__name__)


class OnLate(Protocol):
    """Both are called again by other processes and must then change nothing."""

    def began(self, *, health: queries.QueueHealth, now: datetime) -> None: ...

    def ended(self, *, now: datetime) -> None: ...


_told: list[OnLate] = []


def register_late(handler: OnLate) -> None:
    """Called in AppConfig.ready; once per kind of handler."""
    if not any(type(one) is type(handler) for one in _told):
        _told.append(handler)


@dataclass
class QueueWatch:
    """One look may fall on a long transaction that was committed this very moment, or on the start of
    everything after a night, so the ledger is late when two looks in a row say so. `told`: None before the
    first look."""

    seen: bool = False
    told: bool | None = None

    def look(self, now: datetime) -> queries.QueueHealth:
        health = queries.queue_health(now)
        if self.seen and not health.ok and not self.told:
            for handler in _told:
                handler.began(health=health, now=now)
            self.told = True
            seconds = health.oldest.total_seconds() if health.oldest else 0
            waiting = facts(waiting=health.waiting, seconds=round(seconds))
            log.error("the ledger is late", extra=waiting)
        elif health.ok and self.told is not False:
            for handler in _told:
                handler.ended(now=now)
            if self.told:
                log.info("the ledger is up to date again")
            self.told = False
        self.seen = not health.ok
        return health
