"""Tell the provenance of a person's data to whoever answers the person: the access answer, the operator."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.register.life import Happened, life_of
from duecause.apps.register.models import Person
from duecause.apps.register.provenance import Datum, Provenance, provenance_of
from duecause.engine.actor import Actor

WHY = "open:provenance"
FORM = 1  # changes when a key is renamed or removed


def tell_provenance(*, actor: Actor, person: Person, now: datetime) -> dict[str, Any]:
    """Everything `provenance_of` and `life_of` know, as plain JSON, and an event that it was told. No
    value of a field is in it.

    For jobs and the operator; employees look at the desk, through the gate. Raises NotPermitted unless the
    actor carries `open:provenance`.
    """
    actor.require(WHY)
    known = provenance_of(person.pk, now=now)
    happened = life_of(person.pk, now=now)
    with transaction.atomic():
        record(
            actor=actor,
            kind="register.provenance_told",
            now=now,
            person=person.pk,
            payload={"records": len(known.records), "fields": len(known.data)},
        )
    return plain(known, happened, now)


def plain(known: Provenance, happened: tuple[Happened, ...], now: datetime) -> dict[str, Any]:
    return {
        "form": FORM,
        "person": str(known.person),
        "at": now.isoformat(),
        "data": [_datum(datum) for datum in known.data],
        "records": {str(key): _json(asdict(record)) for key, record in known.records.items()},
        "happened": [_happened(one) for one in happened],
    }


def _datum(datum: Datum) -> dict[str, Any]:
    told: dict[str, Any] = _json(asdict(datum))
    told["handled"] = [{"code": one.code, "text": one.what.text} for one in datum.handled]
    return told


def _happened(one: Happened) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "kind": one.kind,
        "text": one.what.text,
        "why": one.why.text if one.why else "",
        "record": str(one.record) if one.record else None,
        "numbers_only": one.numbers_only,
        "planned": one.planned,
        "fields": None if one.fields is None else sorted(one.fields),
    }


def _json(value: Any) -> Any:
    """Days and moments as ISO 8601, ids as text."""
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
