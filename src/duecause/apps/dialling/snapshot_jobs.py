"""Snapshots are made ahead for centres that ask for them, so that nobody waits until all rows are judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from duecause.apps.dialling import snapshots
from duecause.apps.dialling.models import SnapshotKept
from duecause.apps.obligations.actions import ensure_periodic, report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import handles, periodic
from duecause.apps.parties.models import Partner

PLAN = "dialling.plan_snapshots"
MAKE = "dialling.make_snapshot"
MINUTES = 4
ASKS = timedelta(hours=1)  # a centre that has not asked for so long is made none ahead


def _slot(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}:{now.minute // MINUTES * MINUTES:02}"


@periodic(PLAN, _slot)
def plan(step: Step) -> Mapping[str, Any]:
    """One step for each centre that asks; none while the one before is at work."""
    now, planned = datetime.now(UTC), 0
    asking = SnapshotKept.objects.filter(asked_at__gt=now - ASKS).order_by("partner")
    for pk, code in asking.values_list("partner_id", "partner__code"):
        at_work = Step.objects.filter(obligation__kind=MAKE, system=code)
        if not at_work.filter(state__in=(Step.State.DUE, Step.State.LEASED)).exists():
            ensure_periodic(kind=MAKE, slot=f"{pk}:{_slot(now)}", system=code, now=now)
            planned += 1
    return {"planned": planned}


@handles(MAKE)
def make(step: Step) -> Mapping[str, Any]:
    """Begun anew when it broke off: a snapshot is of one moment."""
    centre = Partner.objects.get(code=step.system)

    def progress(done: int, total: int) -> None:
        report_progress(step=step, now=datetime.now(UTC), done=done, total=total)

    made = snapshots.make(centre=centre, now=datetime.now(UTC), progress=progress)
    return {"rows": len(snapshots.read(made))}
