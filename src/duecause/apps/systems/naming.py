"""How a change reads for its system: the person by the system's own customer number, and what is right now.

Opened when it is read, through the gate, with one event per page: the customer numbers of the system's own
records, and of corrections the fields that it needs to know, where they may be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.gate.actions import open_for_job
from duecause.apps.gate.holdings import Holding, Sealed, provides_holdings
from duecause.apps.register.models import Person
from duecause.apps.register.planning import slices
from duecause.apps.systems.models import Change, System
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7

OPEN = "system_change"
NAME = "customer_no"
REFERENCE_USE = "systems.reference"
HOLDING = "change"


@dataclass(frozen=True, slots=True)
class Shown:
    """`person`: the customer number in the system's own `source`; None where the person was erased since, and
    an erasure follows. `values`: what is right by now of `fields`, where the system may have it."""

    cursor: int
    kind: str
    source: str
    person: str | None
    fields: list[str]
    values: dict[str, str]
    scope: dict[str, Any]
    at: str


@provides_holdings(HOLDING)
def of_changes(ids: Sequence[UUID]) -> list[Holding]:
    return [
        Holding(pk, Sealed(pk, str(Compartment.CONTENT), REFERENCE_USE, bytes(blob)), {NAME: NAME})
        for part in slices(ids)
        for pk, blob in Change.objects.filter(pk__in=part).values_list("pk", "reference")
        if blob is not None
    ]


def shown(system: System, changes: Sequence[Change], now: datetime) -> list[Shown]:
    page = Actor.job(str(uuid7()), f"open:{OPEN}")
    names = _opened(page, "record", [each.record_id for each in changes], {NAME}, now)
    sealed = _opened(page, HOLDING, [each.pk for each in changes if each.reference], {NAME}, now)
    usable = _usable({each.person_id for each in changes if each.person_id})
    correcting = [each for each in changes if each.origin_id and each.person_id in usable]
    wanted = set(system.fields) & {name for each in correcting for name in each.fields}
    values = _opened(page, "record", [each.origin_id for each in correcting], wanted, now) if wanted else {}
    found = []
    for each in changes:
        name = (sealed.get(each.pk) or names.get(each.record_id or each.pk) or {}).get(NAME)
        right = values.get(each.origin_id, {}) if each in correcting and each.origin_id else {}
        found.append(
            Shown(
                cursor=each.cursor,
                kind=each.kind,
                source=each.source,
                person=str(name) if name else None,
                fields=list(each.fields),
                values={
                    field: str(right[field])
                    for field in each.fields
                    if field in system.fields and right.get(field)
                },
                scope=each.scope,
                at=each.at.isoformat(),
            )
        )
    return found


def _usable(people: set[UUID]) -> set[UUID]:
    """Neither restricted (GDPR Art. 18) nor erased."""
    return {
        pk
        for part in slices(people)
        for pk in Person.objects.filter(pk__in=part, restricted_at=None, erased_at=None).values_list(
            "pk", flat=True
        )
    }


def _opened(
    actor: Actor, kind: str, ids: Sequence[UUID | None], fields: set[str], now: datetime
) -> dict[UUID, dict[str, Any]]:
    known = sorted({each for each in ids if each is not None})
    if not known:
        return {}
    return open_for_job(actor=actor, kind=kind, ids=known, fields=fields, why=OPEN, now=now)
