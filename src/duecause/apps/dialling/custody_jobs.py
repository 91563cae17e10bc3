"""What a worker does about lists in the hands of centres: once an hour it asks for what has ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling.custody_actions import watch_custody
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor

WATCH = "dialling.watch_custody"


def _hourly(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}"


@periodic(WATCH, _hourly)
def watch(step: Step) -> Mapping[str, Any]:
    """Promises for lists that ended; alarms for what is late."""
    done = watch_custody(actor=Actor.job(str(step.pk)), now=datetime.now(UTC))
    return {"promised": done.promised, "alarms": done.alarms}
