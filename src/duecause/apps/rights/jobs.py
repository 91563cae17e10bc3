"""What the worker does for rights: apply an approved erasure, end what was kept when its date has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from duecause.apps.obligations.actions import report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.rights import keeping_actions
from duecause.apps.rights.actions import ERASE
from duecause.apps.rights.erasing_actions import OPEN, Superseded, apply_erasure
from duecause.apps.rights.scrubbing import Busy
from duecause.engine.actor import Actor


@handles(ERASE)
def erase(step: Step) -> Mapping[str, Any]:
    """Idempotent: goes on behind the last stage that ended."""

    def progress(done: int, total: int) -> None:
        if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker has taken over this erasure.")

    actor = Actor.job(str(step.pk), f"open:{OPEN}")
    case = UUID(step.obligation.facts["case"])
    try:
        done = apply_erasure(actor=actor, case=case, now=datetime.now(UTC), progress=progress)
    except Busy:
        raise Postponed("Somebody still reads an older state of the database.") from None
    except Superseded:
        raise Postponed("Another worker has taken over this erasure.") from None
    return {"case": str(done.pk), "state": str(done.state)}


@periodic("rights.end_kept", lambda now: f"{now:%Y-%m-%d}")
def end_kept(step: Step) -> Mapping[str, Any]:
    try:
        return keeping_actions.end_kept(
            actor=Actor.job(str(step.pk), keeping_actions.FUNCTION), now=datetime.now(UTC)
        )
    except Busy:
        raise Postponed("Somebody still reads an older state of the database.") from None
