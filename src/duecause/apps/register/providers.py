"""What the register tells the gate: where sealed data lie, who is a colleague, who is restricted, by which
tokens a person is known. Imported once at start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.gate.facts import Asking, provides_flag, provides_relation
from duecause.apps.gate.holdings import Holding, Sealed, provides_holdings
from duecause.apps.interactions.queries import provides_tokens
from duecause.apps.register.fields import SEALED_IN, Declared, declared
from duecause.apps.register.identifiers import PERSONAL
from duecause.apps.register.models import Lookup, Person, Record
from duecause.apps.register.planning import slices
from duecause.apps.register.writing import use_of
from duecause.apps.staff.models import EmployeeIdentifier
from duecause.apps.statements import Statement
from duecause.apps.vault import covers
from duecause.apps.vault.covers import Stored

# A field that left the catalogue after it was stored belongs to no group that a policy names: nobody sees it.
NO_GROUP = "undeclared"
NO_TOKEN = bytes(16)


@provides_holdings("person")
def of_people(ids: Sequence[UUID]) -> list[Holding]:
    return _holdings("person__in", ids)


@provides_holdings("record")
def of_records(ids: Sequence[UUID]) -> list[Holding]:
    return _holdings("pk__in", ids)


def _holdings(lookup: str, ids: Sequence[UUID]) -> list[Holding]:
    fields = declared()
    found: list[Holding] = []
    for part in slices(ids):
        for pk, names, *blobs in _SEALED[lookup].rows(ids=list(part)):
            for compartment, blob in zip(SEALED_IN, blobs, strict=True):
                if blob is not None:
                    groups = _groups(fields, names, compartment)
                    sealed = Sealed(pk, compartment, use_of(compartment), bytes(blob))
                    found.append(Holding(pk, sealed, groups))
    return found


def _sealed(lookup: str) -> Statement:
    def build(*, ids: list[UUID]) -> QuerySet[Record, Any]:
        rows = Record.objects.filter(**{lookup: ids}).order_by("recorded_at", "pk")
        return rows.values_list("pk", "fields", *SEALED_IN)

    return Statement(build)


_SEALED = {lookup: _sealed(lookup) for lookup in ("person__in", "pk__in")}


def _groups(fields: Declared, names: Iterable[str], compartment: str) -> dict[str, str]:
    return {
        name: fields.groups.get(name, NO_GROUP)
        for name in names
        if fields.compartments.get(name, compartment) == compartment
    }


@provides_relation
def relation(asking: Asking) -> str:
    """Is the person this employee, or a colleague? By their own identifiers, compared as tokens."""
    if asking.actor.kind != "employee":
        return "none"
    held = {(kind, bytes(token)) for kind, token in _IDENTIFIERS.rows(person=asking.person)}
    tokens = covers.candidates(["lookup"], {token for _, token in held})
    # Asked in every case: the time taken must not tell whether there is anybody.
    rows = _EMPLOYEES.rows(tokens=tokens or [Stored(NO_TOKEN)])
    owners = {str(employee) for employee, kind, token in rows if (kind, bytes(token)) in held}
    if asking.actor.id in owners:
        return "self"
    return "colleague" if owners else "none"


@provides_tokens
def tokens_of(person: UUID) -> list[bytes]:
    """By what a system may have told of a contact with this person."""
    return list({bytes(token) for _, token in _IDENTIFIERS.rows(person=person)})


@provides_flag("restricted")
def restricted(*, person: UUID) -> QuerySet[Person, Any]:
    return Person.objects.filter(pk=person, restricted_at__isnull=False)


def _identifiers(*, person: UUID) -> QuerySet[Lookup, Any]:
    return Lookup.objects.filter(record__person=person, kind__in=PERSONAL).values_list("kind", "token")


def _employees(*, tokens: list[Stored]) -> QuerySet[EmployeeIdentifier, Any]:
    rows = EmployeeIdentifier.objects.filter(token__in=tokens)
    return rows.values_list("employee_id", "kind", "token")


# Every look-up asks these.
_IDENTIFIERS, _EMPLOYEES = Statement(_identifiers), Statement(_employees)
