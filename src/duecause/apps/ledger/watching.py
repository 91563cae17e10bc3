"""Say once when events begin to wait too long for their checkpoint, and once when they no longer do."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from duecause.apps.ledger import queries

CERTAINLY = timedelta(minutes=1)
log = logging.getLogger(__name__)


@dataclass
class QueueWatch:
    """One look may fall on a long transaction that was committed this very moment, so a queue is late when
    two looks say so, or one says so by far."""

    seen: bool = False
    told: bool = False

    def look(self, now: datetime) -> queries.QueueHealth:
        health = queries.queue_health(now)
        oldest = health.oldest or timedelta(0)
        certain = health.silent or (health.late and (self.seen or oldest > CERTAINLY))
        if certain and not self.told:
            self.told = True
            seconds = oldest.total_seconds()
            log.error("the ledger is late: %s events wait, the first for %.0f s", health.waiting, seconds)
        elif health.ok and self.told:
            self.told = False
            log.info("the ledger is up to date again")
        self.seen = health.late
        return health
