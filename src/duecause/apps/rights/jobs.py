"""What the worker does for rights: apply an approved erasure, end what was kept when its date has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from duecause.apps.catalogue.models import RetentionVersion
from duecause.apps.catalogue.retention_actions import COUNT, PROPOSE, count_impact
from duecause.apps.obligations.actions import report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.rights import keeping_actions, retention_actions
from duecause.apps.rights.actions import ERASE
from duecause.apps.rights.erasing_actions import OPEN, Superseded, apply_erasure
from duecause.apps.rights.retention_counting import note_forecast
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


@periodic("rights.retention", lambda now: f"{now:%Y-%m-%d}")
def retention(step: Step) -> Mapping[str, Any]:
    """Every night what is due goes, then what goes when is counted anew."""

    def progress(done: int, total: int) -> None:
        if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker carries out retention by now.")

    actor = Actor.job(str(step.pk), retention_actions.FUNCTION, f"open:{retention_actions.OPEN}")
    try:
        done = retention_actions.run_retention(
            actor=actor, run=step.pk, now=datetime.now(UTC), progress=progress
        )
    except Busy:
        raise Postponed("Somebody still reads an older state of the database.") from None
    note_forecast(datetime.now(UTC))
    return done


@handles(COUNT)
def count_retention(step: Step) -> Mapping[str, Any]:
    """What proposed rules would do, where a page cannot wait for it."""
    version = RetentionVersion.objects.filter(number=step.obligation.facts["version"]).first()
    if version is None or version.state != RetentionVersion.State.PROPOSED:
        return {"version": None}
    count_impact(actor=Actor.job(str(step.pk), PROPOSE), version=version, now=datetime.now(UTC))
    return {"version": version.number}
