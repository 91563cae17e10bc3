"""What a record says of its own origin, as `engine.origins` judges it."""

from __future__ import annotations

from datetime import date

from duecause.apps.register.models import Record
from duecause.engine.origins import KnownOrigin
from duecause.engine.periods import local_day


def known_of(record: Record) -> KnownOrigin:
    """Needs its source along with it."""
    source = record.source
    return KnownOrigin(
        source_kind=source.kind,
        party=source.party_id is not None,
        basis=record.basis,
        obtained_on=record.obtained_on,
    )


def noted_on(record: Record) -> date:
    """The day on which we wrote it down, as the controller counts days. Not the day of obtaining."""
    return local_day(record.recorded_at, record.source.controller.country)


def in_order(record: Record) -> tuple[date, str]:
    """Sorts records by the day since which we know of them: of obtaining where it is known, else of
    noting."""
    return record.obtained_on or noted_on(record), str(record.pk)
