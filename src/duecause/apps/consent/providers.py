"""What the consent room tells the gate. Imported once at start."""

from __future__ import annotations

from duecause.apps.consent.models import Objection
from duecause.apps.gate.facts import Asking, provides_flag


@provides_flag("objected")
def objected(asking: Asking) -> bool:
    """A running objection that reaches beyond one campaign: nobody sells to this person by telephone."""
    return (
        Objection.objects.filter(person=asking.person, lifted_at=None, channel__in=["", "call"])
        .exclude(scope=Objection.Scope.CAMPAIGN)
        .exists()
    )
