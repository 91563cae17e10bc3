"""What a worker does for the gates of partners: once an hour it looks which days have passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling.gate_actions import watch_gates
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor

WATCH = "dialling.watch_gates"


def _hourly(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}"


@periodic(WATCH, _hourly)
def watch(step: Step) -> Mapping[str, Any]:
    """Alarms before and after a gate closes; lists end that a partner may not have any longer."""
    done = watch_gates(actor=Actor.job(str(step.pk)), now=datetime.now(UTC))
    return {"alarms": done.alarms, "lists_ended": done.ended}
