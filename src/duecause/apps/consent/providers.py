"""What the consent room tells the gate, and hears from the register. Imported once at start."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from duecause.apps.consent.actions import follow_records
from duecause.apps.consent.models import Objection
from duecause.apps.gate.facts import Asking, provides_flag
from duecause.apps.register.grouping import follows_records


@provides_flag("objected")
def objected(asking: Asking) -> bool:
    """A running objection that reaches beyond one campaign: nobody sells to this person by telephone."""
    return (
        Objection.objects.filter(person=asking.person, lifted_at=None, channel__in=["", "call"])
        .exclude(scope=Objection.Scope.CAMPAIGN)
        .exists()
    )


@follows_records
def follow(moved: Mapping[UUID, UUID]) -> None:
    follow_records(moved=moved)
