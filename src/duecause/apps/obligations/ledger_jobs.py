"""Verify the ledger in the background, each day by itself too, and notice when no sequencer works.

The ledger lies below this room, so its jobs live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import record_verification
from duecause.apps.ledger.later import Running, register_jobs
from duecause.apps.ledger.watching import QueueWatch
from duecause.apps.obligations import actions
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import Postponed, handles, meanwhile, periodic
from duecause.engine.actor import Actor

KIND = "ledger.verify"
DAILY = "ledger.verify_daily"
WATCH_SECONDS = 5.0
RUNNING = (Step.State.DUE, Step.State.LEASED)


def install() -> None:
    handles(KIND)(verify)
    periodic(DAILY, lambda now: f"{now:%Y-%m-%d}")(verify)
    # A sequencer that is gone cannot say so itself.
    meanwhile(WATCH_SECONDS, QueueWatch().look)
    register_jobs(LedgerJobs())


class LedgerJobs:
    def start(self, *, actor: Actor, now: datetime) -> None:
        with transaction.atomic():
            if self.running() is None:
                actions.open_obligation(actor=actor, kind=KIND, now=now, systems=["duecause"])

    def running(self) -> Running | None:
        step = Step.objects.filter(
            obligation__kind__in=(KIND, DAILY), obligation__state=Obligation.State.OPEN, state__in=RUNNING
        ).first()
        return Running(step.progress_done, step.progress_total) if step else None


def verify(step: Step) -> Mapping[str, Any]:
    def progress(done: int, total: int) -> None:
        if not actions.report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker verifies the ledger by now.")

    report = checking.verify_live(now=datetime.now(UTC), anchor=checking.own_anchor(), progress=progress)
    record_verification(actor=Actor.job(str(step.pk)), found=checking.summary(report), now=datetime.now(UTC))
    return {"exit": int(report.exit_code), "leaves": report.log.leaves}
