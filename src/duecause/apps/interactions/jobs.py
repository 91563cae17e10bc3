"""What the worker does for this room: delete contacts at the end of their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.interactions.actions import forget_old
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor

FORGET = "interactions.forget"


@periodic(FORGET, lambda now: f"{now:%Y-%m-%d}")
def forget(step: Step) -> Mapping[str, Any]:
    """Idempotent: what is gone is gone."""
    actor = Actor.job(str(step.pk), FORGET)
    return {"deleted": forget_old(actor=actor, now=datetime.now(UTC))}
