"""What a worker does for this room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling import actions
from duecause.apps.dialling.models import DialList
from duecause.apps.dialling.pace import rows_done
from duecause.apps.gate.actions import open_spool
from duecause.apps.obligations.actions import ATTEMPTS_BEFORE_DEAD, report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles
from duecause.apps.register import spool
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused

OPEN = "dialling_screen"
UNKNOWN = 100  # of a list that was asked for by an earlier release


@handles(actions.SCREENING, again=False)
def screen(step: Step) -> Mapping[str, Any]:
    """Screen the list of this step. Running it again starts over; a finished list stays as it is. The sealed
    file and its key are gone when this ends for good, however it ends."""
    actor = Actor.job(str(step.pk), "dialling.screen", f"open:{OPEN}")
    dial_list = DialList.objects.select_related("campaign__controller", "campaign__purpose", "centre").get(
        pk=step.obligation.facts["list"]
    )
    try:
        screened = _screen(actor, step, dial_list)
    except Refused:
        _give_up(actor, dial_list)
        raise
    except Postponed:
        raise
    except Exception:
        if step.attempts >= ATTEMPTS_BEFORE_DEAD:
            _give_up(actor, dial_list)
        raise
    spool.drop(dial_list.pk)
    return {"list": str(screened.pk), "released": screened.report.get("released", 0)}


def _screen(actor: Actor, step: Step, dial_list: DialList) -> DialList:
    if dial_list.state == DialList.State.FAILED:
        raise Refused("list_failed", "This list could not be screened. Ask for it again.")
    waits = dial_list.state == DialList.State.SCREENING and "file" in dial_list.candidates_from
    data = _opened(actor, dial_list) if waits else None

    rows = dial_list.candidates_from.get("rows", UNKNOWN)

    def progress(phase: str, done: int, total: int) -> None:
        at = rows_done(phase, done, total, rows)
        if not report_progress(step=step, now=datetime.now(UTC), done=at, total=rows):
            raise Postponed("another worker took over this list")
        if not DialList.objects.filter(pk=dial_list.pk, state=DialList.State.SCREENING).exists():
            raise Refused("list_failed", "This list could not be screened. Ask for it again.")

    now = datetime.now(UTC)
    return actions.screen_list(actor=actor, dial_list=dial_list, now=now, data=data, progress=progress)


def _opened(actor: Actor, dial_list: DialList) -> bytes:
    sealed = spool.sealed(dial_list.pk)
    now = datetime.now(UTC)
    data = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now) if sealed else None
    if data is None:
        raise Refused("list_gone", "The file of this list is gone. Hand it in again.")
    return data


def _give_up(actor: Actor, dial_list: DialList) -> None:
    actions.fail_list(actor=actor, dial_list=dial_list)
    spool.drop(dial_list.pk)
