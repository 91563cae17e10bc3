"""Store how many records hold which field, where a page should not wait for the count."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction

from duecause.apps.evidence.counting import Counts, count
from duecause.apps.evidence.models import Tally
from duecause.apps.parties.models import Source
from duecause.engine.actor import Actor

WAIT_SECONDS = 0.25  # a page may take this long for a count of its own


def store_counts(*, actor: Actor, now: datetime, wait: float = WAIT_SECONDS) -> Counts:
    """Count; keep the result where that took longer than `wait` seconds, else let every page count."""
    actor.require("evidence.read")
    started = time.perf_counter()
    found = count(now)
    took = time.perf_counter() - started
    with transaction.atomic():
        Tally.objects.all().delete()
        if took > wait:
            Tally.objects.bulk_create(
                Tally(
                    source=source,
                    records=found.records.get(source.code, 0),
                    fields=dict(found.fields.get(source.code, {})),
                    counted_at=now,
                )
                for source in Source.objects.all()
            )
    return found
