"""The loop that covers new events with a signed checkpoint, at most a second after they were committed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Event as StopSignal

from django.db import DatabaseError, close_old_connections

from duecause.apps.ledger import actions
from duecause.apps.ledger.models import Checkpoint
from duecause.apps.ledger.publishing import publish
from duecause.engine.actor import Actor

PAUSE_SECONDS = 0.3
ACTOR = Actor.system("sequencer")
log = logging.getLogger(__name__)


def run(stop: StopSignal) -> None:
    """Sequence until `stop` is set. The newest committed note is published again at start, in case the last
    run ended between commit and publishing."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest:
        publish(newest)
    while not stop.is_set():
        try:
            worked = sequence_all()
        except DatabaseError as error:
            log.warning("sequencing failed, trying again: %s", type(error).__name__)
            close_old_connections()
            worked = False
        if not worked:
            stop.wait(PAUSE_SECONDS)


def sequence_all() -> bool:
    """Cover everything that waits now. True if there was anything."""
    worked = False
    while checkpoint := actions.sequence(actor=ACTOR, now=datetime.now(UTC)):
        publish(checkpoint)
        worked = True
    return worked
