"""How the keys stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count

from duecause.apps.vault import copies, keyring, protection, rotation_actions, token_queries
from duecause.apps.vault.actions import BURIED
from duecause.apps.vault.models import DataKey


@dataclass(frozen=True, slots=True)
class Status:
    """`rows`: KEK id → keys it wraps, without those that were destroyed, which are `destroyed`."""

    kek_id: str
    kept_by: str
    rows: dict[str, int]
    destroyed: int
    retired: list[rotation_actions.Retired]
    tokens: list[token_queries.Standing]
    copies: list[copies.Copy]
    now: datetime

    @property
    def waiting(self) -> int:
        return sum(count for kek_id, count in self.rows.items() if kek_id != self.kek_id)

    @property
    def overdue(self) -> list[str]:
        """Copies of the key database that live too long."""
        return [copy.path.name for copy in self.copies if copy.too_old(self.now)]

    def as_json(self) -> dict[str, Any]:
        return {
            "kek": self.kek_id,
            "kept_by": self.kept_by,
            "keys": self.rows,
            "waiting": self.waiting,
            "destroyed": self.destroyed,
            "retired": [{"kek": one.kek_id, "since": one.since.isoformat()} for one in self.retired],
            "token_keys": [one.as_json() for one in self.tokens],
            "copies": [{"name": copy.path.name, "made_at": copy.made_at.isoformat()} for copy in self.copies],
            "copies_live_days": copies.copies_live().days,
            "overdue": self.overdue,
        }

    def lines(self) -> Iterator[str]:
        yield f"Key-encryption key {self.kek_id}, kept by: {self.kept_by}"
        yield f"Keys it wraps: {self.rows.get(self.kek_id, 0)}; wrapped by another, waiting: {self.waiting}"
        yield f"Keys destroyed by erasure: {self.destroyed}"
        days = copies.copies_live().days
        for one in self.retired:
            yield f"Replaced key {one.kek_id} since {one.since:%Y-%m-%d}; destroyed {days} days later"
        for token_key in self.tokens:
            yield from token_key.lines()
        yield f"Copies of the key database: {len(self.copies)}; each lives {days} days"
        for name in self.overdue:
            yield f"MEND  {name} is older: delete it, or let a worker run"


def status(*, now: datetime) -> Status:
    """Raises Refused and Unavailable where the key cannot be had."""
    text = (settings.DATA / "keys" / "kek.key").read_text()
    rows = DataKey.objects.exclude(wrapped=BURIED).values_list("kek_id").annotate(count=Count("pk"))
    return Status(
        kek_id=keyring.current().wrapping.current_id,
        kept_by=protection.kind_of(text),
        rows=dict(rows),
        destroyed=DataKey.objects.filter(wrapped=BURIED).count(),
        retired=rotation_actions.retired(),
        tokens=token_queries.standing(now=now),
        copies=copies.found(),
        now=now,
    )
