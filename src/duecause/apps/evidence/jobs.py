"""What the worker does for evidence: count every hour, so that no page waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.evidence.tally_actions import store_counts
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import periodic
from duecause.engine.actor import Actor


@periodic("evidence.count_fields", lambda now: f"{now:%Y-%m-%dT%H}")
def run_count(step: Step) -> Mapping[str, Any]:
    found = store_counts(actor=Actor.job(str(step.pk), "evidence.read"), now=datetime.now(UTC))
    return {"records": sum(found.records.values())}
