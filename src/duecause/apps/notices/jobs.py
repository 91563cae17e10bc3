"""What the worker does for notices: make letters, send e-mails, watch the days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from duecause.apps.notices import sending, watch_actions
from duecause.apps.notices.models import NoticeBatch
from duecause.apps.notices.send_actions import LETTERS, MAILS
from duecause.apps.obligations.actions import report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.engine.actor import Actor


@handles(LETTERS)
def letters(step: Step) -> Mapping[str, Any]:
    made = sending.print_letters(
        actor=_actor(step), batch=_batch(step), now=datetime.now(UTC), progress=_progress(step)
    )
    return {"letters": made}


@handles(MAILS)
def mails(step: Step) -> Mapping[str, Any]:
    return sending.send_mails(
        actor=_actor(step), batch=_batch(step), now=datetime.now(UTC), progress=_progress(step)
    )


@periodic("notices.watch", lambda now: f"{now:%Y-%m-%d}")
def watch(step: Step) -> Mapping[str, Any]:
    return watch_actions.watch(actor=_actor(step), now=datetime.now(UTC))


def _actor(step: Step) -> Actor:
    return Actor.job(str(step.pk), watch_actions.FUNCTION)


def _batch(step: Step) -> NoticeBatch:
    return NoticeBatch.objects.select_related("controller").get(pk=UUID(step.obligation.facts["batch"]))


def _progress(step: Step) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker has taken over these notices.")

    return progress
