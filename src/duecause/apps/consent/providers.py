"""What the consent room tells the gate, and hears from the register. Imported once at start."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.consent import evidence
from duecause.apps.consent.actions import ERASURE_REQUEST, follow_records
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.gate.facts import provides_flag
from duecause.apps.gate.holdings import Holding, Sealed, provides_holdings
from duecause.apps.register.grouping import follows_records, keeps_together
from duecause.apps.register.link_value import changes_with_a_link
from duecause.apps.register.planning import slices
from duecause.apps.vault.models import Compartment


@provides_flag("objected")
def objected(*, person: UUID) -> QuerySet[Objection, Any]:
    """A running objection that reaches beyond one campaign: nobody sells to this person by telephone."""
    rows = Objection.objects.filter(person=person, lifted_at=None, channel__in=["", "call"])
    return rows.exclude(scope=Objection.Scope.CAMPAIGN)


@provides_holdings("proof")
def proof_of_people(people: Sequence[UUID]) -> list[Holding]:
    """Pointers to evidence, sealed in the proof compartment; `record` is the event they belong to."""
    events = ConsentEvent.objects.filter(person__in=list(people), evidence__isnull=False).order_by("at", "id")
    return [
        Holding(
            event.pk,
            Sealed(event.person_id, Compartment.PROOF, evidence.USE, bytes(event.evidence or b"")),
            {"pointers": "consents"},
        )
        for event in events
    ]


@follows_records
def follow(moved: Mapping[UUID, UUID]) -> None:
    follow_records(moved=moved)


keeps_together(ERASURE_REQUEST)


@changes_with_a_link("objection", weight=4, one_sided=True)
def objecting(people: Collection[UUID], now: datetime) -> set[UUID]:
    """An objection follows the human: after a link it stops the other's numbers too."""
    found: set[UUID] = set()
    for part in slices(people):
        rows = Objection.objects.filter(person__in=part, lifted_at=None, at__lte=now)
        found.update(person for person in rows.values_list("person_id", flat=True) if person)
    return found
