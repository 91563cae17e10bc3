"""What our own systems hear: corrections, restrictions, objections, consents, erasures, each in the
transaction that makes it so. Only of people whom a system knows by a customer number of its own sources."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.consent.models import Objection
from duecause.apps.consent.telling import (
    Lifted,
    Said,
    Taken,
    after_lifting,
    after_objection,
    after_word,
)
from duecause.apps.gate.actions import open_for_job
from duecause.apps.register.models import Lookup, Record
from duecause.apps.register.planning import slices
from duecause.apps.register.telling import Corrected, Restricted, after_correction, after_restriction
from duecause.apps.rights.telling import Order, delivers_orders
from duecause.apps.systems.actions import write
from duecause.apps.systems.models import Change, System
from duecause.apps.systems.naming import NAME, OPEN, REFERENCE_USE
from duecause.apps.vault.actions import seal
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7

Kind = Change.Kind


@dataclass(frozen=True, slots=True)
class Known:
    """A person as one system knows them."""

    system: System
    person: UUID
    record: UUID
    source: str


@after_correction
def tell_of_correction(corrected: Corrected) -> None:
    """Of the fields that a system needs to know; not a system whose own file said so."""
    if not System.objects.filter(ended_at=None).exists():
        return
    of_person: dict[UUID, list[UUID]] = {}
    for part in slices(sorted(corrected.fields)):
        for pk, person in Record.objects.filter(pk__in=part).order_by("pk").values_list("pk", "person_id"):
            of_person.setdefault(person, []).append(pk)
    changes = []
    for known in _known(of_person, but=corrected.source):
        for origin in of_person[known.person]:
            fields = sorted(corrected.fields[origin] & set(known.system.fields))
            if fields:
                changes.append(
                    _change(
                        known, Kind.CORRECTION, corrected.act, corrected.now, fields=fields, origin=origin
                    )
                )
                break  # a person's records that are corrected in one act say the same then
    write(changes=changes, now=corrected.now)


@after_restriction
def tell_of_restriction(restricted: Restricted) -> None:
    kind = Kind.RESTRICTION if restricted.begins else Kind.RESTRICTION_ENDED
    changes = [
        _change(known, kind, restricted.person, restricted.now) for known in _known([restricted.person])
    ]
    write(changes=changes, now=restricted.now)


@after_objection
def tell_of_objection(taken: Taken) -> None:
    _tell(taken.objection, Kind.OBJECTION, _scope(taken.objection), taken.now)


@after_lifting
def tell_of_lifting(lifted: Lifted) -> None:
    for objection in lifted.objections:
        scope = _scope(objection)
        scope["channel"] = scope["channel"] or lifted.channel
        _tell(objection, Kind.OBJECTION_LIFTED, scope, lifted.now)


@after_word
def tell_of_word(said: Said) -> None:
    event = said.event
    scope = {
        "state": event.state,
        "controller": event.controller.code,
        "purpose": event.purpose.code,
        "channel": event.channel,
    }
    changes = [
        _change(known, Kind.CONSENT, event.pk, event.at, scope=scope) for known in _known([event.person_id])
    ]
    write(changes=changes, now=said.now)


@delivers_orders
def tell_of_erasure(order: Order) -> Sequence[str]:
    """Before the keys go: the number by which the system knows the person is sealed in the change until it is
    acknowledged. Told again for the same case it changes nothing."""
    if order.person is None:
        return []
    told = set(
        Change.objects.filter(kind=Kind.ERASURE, about=order.case).values_list("system_id", "record_id")
    )
    people = [known for known in _known([order.person]) if (known.system.pk, known.record) not in told]
    if people:
        opened = open_for_job(
            actor=Actor.job(str(order.case), f"open:{OPEN}"),
            kind="record",
            ids=sorted({known.record for known in people}),
            fields={NAME},
            why=OPEN,
            now=order.now,
        )
        changes = []
        for known in people:
            change = _change(known, Kind.ERASURE, order.case, order.now)
            name = {NAME: opened.get(known.record, {}).get(NAME, "")}
            change.reference = seal(change.pk, Compartment.CONTENT, REFERENCE_USE, name)
            changes.append(change)
        write(changes=changes, now=order.now)
    return []


def _tell(objection: Objection, kind: str, scope: dict[str, Any], now: datetime) -> None:
    if objection.person_id is None:
        return
    changes = [
        _change(known, kind, objection.pk, objection.at if kind == Kind.OBJECTION else now, scope=scope)
        for known in _known([objection.person_id])
    ]
    write(changes=changes, now=now)


def _scope(objection: Objection) -> dict[str, Any]:
    return {
        "kind": objection.scope,
        "channel": objection.channel,
        "campaign": objection.campaign,
        "controller": objection.controller.code,
    }


def _known(people: Collection[UUID], *, but: int | None = None) -> list[Known]:
    """Everybody of these people whom a system knows, once per record of its own; not systems that own the
    source `but`."""
    found = []
    for system in System.objects.filter(ended_at=None).prefetch_related("sources").order_by("pk"):
        sources = {source.pk: source.code for source in system.sources.all()}
        if but in sources:
            continue
        for part in slices(sorted(people)):
            rows = Lookup.objects.filter(
                kind=Lookup.Kind.CUSTOMER_NO, record__person__in=part, record__source__in=sources
            )
            named = rows.order_by("record_id").values_list("record__person", "record", "record__source")
            found += [
                Known(system, person, record, sources[source]) for person, record, source in named.distinct()
            ]
    return found


def _change(
    known: Known,
    kind: str,
    about: UUID,
    at: datetime,
    *,
    fields: Sequence[str] = (),
    origin: UUID | None = None,
    scope: dict[str, Any] | None = None,
) -> Change:
    return Change(
        id=uuid7(),
        system=known.system,
        kind=kind,
        source=known.source,
        person_id=known.person,
        record_id=known.record,
        origin_id=origin,
        fields=list(fields),
        scope=scope or {},
        about=about,
        at=at,
    )
