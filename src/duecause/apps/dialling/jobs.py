"""What a worker does for this room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling import actions
from duecause.apps.dialling.models import DialList
from duecause.apps.obligations.actions import report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.engine.screening.run import PHASES

STORING = 100  # of the progress bar, this part is the writing of rows


@handles(actions.SCREENING)
def screen(step: Step) -> Mapping[str, Any]:
    """Screen the list of this step. Running it again starts over; a finished list stays as it is."""
    actor = Actor.job(str(step.pk), "dialling.screen")
    dial_list = DialList.objects.select_related("campaign__controller", "campaign__purpose", "centre").get(
        pk=step.obligation.facts["list"]
    )

    def progress(phase: str, done: int, total: int) -> None:
        storing = phase == "store"
        part = len(PHASES) * 10 + done * STORING // max(total, 1) if storing else done * 10
        everything = len(PHASES) * 10 + STORING
        if not report_progress(step=step, now=datetime.now(UTC), done=part, total=everything):
            raise Postponed("another worker took over this list")

    screened = actions.screen_list(actor=actor, dial_list=dial_list, now=datetime.now(UTC), progress=progress)
    if screened.state == DialList.State.FAILED:
        raise Refused("list_failed", "This list could not be screened. Ask for it again.")
    return {"list": str(screened.pk), "released": screened.report.get("released", 0)}
