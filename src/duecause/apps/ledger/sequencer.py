"""The loop that covers new events with a signed checkpoint, at most a second after they were committed.

Any number of these may run; the state row lets one work at a time.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Event as StopSignal

from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.db.models import Max

from duecause.apps.ledger import actions, guard
from duecause.apps.ledger.models import QueueEntry, State
from duecause.apps.ledger.publishing import publish
from duecause.apps.ledger.watching import QueueWatch
from duecause.engine.actor import Actor

PAUSE_SECONDS = 0.3
ACTOR = Actor.system("sequencer")
log = logging.getLogger(__name__)


def run(stop: StopSignal) -> None:
    """Sequence until `stop` is set. Raises guard.Unsafe, at start or later, rather than sign what could
    contradict what was published."""
    begin()
    watch = QueueWatch()
    while not stop.is_set():
        try:
            actions.beat(actor=ACTOR, now=datetime.now(UTC))
            sequence_all()
            watch.look(datetime.now(UTC))
        except (DatabaseError, InterfaceError) as error:
            log.warning("sequencing failed, trying again: %s", type(error).__name__)
            close_old_connections()
        # Always: a round costs the same for one event and for a thousand, and under load there is always one.
        stop.wait(PAUSE_SECONDS)


def begin() -> None:
    """Refuse a database that does not continue what was published; then publish what the last run committed
    and could not publish any more."""
    with transaction.atomic():
        state = State.objects.select_for_update().filter(id=1).first() or State()
        guard.check(state, actions.origin())
        guard.check_tree(state)
    publish()
    log.info("sequencing %s from %s entries on", actions.origin(), state.size)


def sequence_all() -> bool:
    """Cover everything that waits now; what comes meanwhile waits for the next round. True if there was
    anything."""
    newest = QueueEntry.objects.aggregate(newest=Max("id"))["newest"]
    if newest is None:
        return False
    while QueueEntry.objects.filter(id__lte=newest).exists():
        actions.sequence(actor=ACTOR, now=datetime.now(UTC))
        publish()
    return True
