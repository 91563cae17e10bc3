"""What the worker does for the gate: look again at reasons that nothing backed when they were given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.gate.access_actions import CHECK, check_reasons, forget_accesses
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor


@periodic(CHECK, lambda now: f"{now:%Y-%m-%dT%H}")
def check(step: Step) -> Mapping[str, Any]:
    """Idempotent: a reason is settled once."""
    now, actor = datetime.now(UTC), Actor.job(str(step.pk), CHECK)
    return {**check_reasons(actor=actor, now=now), "forgotten": forget_accesses(actor=actor, now=now)}
