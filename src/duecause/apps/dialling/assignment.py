"""Whom an agent of a partner may reach: the people released to that centre whose list still runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from duecause.apps.dialling.models import ReleaseRow
from duecause.apps.gate.facts import provides_assignment


@provides_assignment
def released_to(person: UUID, partner: int, now: datetime) -> bool:
    rows = ReleaseRow.objects.filter(
        person=person, release__centre=partner, release__recalled_at=None, release__expires_at__gt=now
    )
    return rows.exists()
