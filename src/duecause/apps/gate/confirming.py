"""Tell apart candidates that a truncated index cannot: the gate opens them and only a yes or no leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from duecause.apps.gate.holdings import holdings_of
from duecause.apps.vault.opening import open_many


def confirmed(people: Sequence[UUID], fits: Callable[[Mapping[str, Any]], bool]) -> list[UUID]:
    """Those people for whom `fits` holds on one of their records. No value leaves, so no decision is due."""
    kept = []
    for person in people:
        holdings = holdings_of("person", [person])
        by_record: dict[UUID, dict[str, Any]] = {}
        for holding, content in zip(holdings, open_many([h.sealed for h in holdings]), strict=True):
            by_record.setdefault(holding.record, {}).update(content or {})
        if any(fits(values) for values in by_record.values()):
            kept.append(person)
    return kept
