"""What a worker does for the feed: watch that centres acknowledge, and ping those that want to be called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling import feed_actions
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor

WATCH = "dialling.watch_feeds"


def _every_five_minutes(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}:{now.minute // 5 * 5:02}"


@periodic(WATCH, _every_five_minutes)
def watch(step: Step) -> Mapping[str, Any]:
    """Raise an alarm for every centre that is silent for 4 hours, and a graver one after 24."""
    raised = feed_actions.raise_overdue(actor=Actor.job(str(step.pk)), now=datetime.now(UTC))
    return {"alarms": raised}
