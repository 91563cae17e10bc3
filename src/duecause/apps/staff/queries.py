"""Reads of staff."""

from __future__ import annotations

from duecause.apps.staff.models import Employee, EmployeeIdentifier
from duecause.apps.vault.indexes import lookup_token

Identifier = tuple[str, bytes]


def identifier(kind: str, value: str) -> Identifier:
    """An employee's own phone (E.164 digits), e-mail or customer number, normalised, as look-up token."""
    return kind, lookup_token(kind, value)


def identifiers_of(username: str) -> frozenset[Identifier]:
    rows = EmployeeIdentifier.objects.filter(employee__username=username)
    return frozenset((kind, bytes(token)) for kind, token in rows.values_list("kind", "token"))


def active_employees() -> list[Employee]:
    return list(Employee.objects.select_related("team").filter(is_active=True).order_by("username"))
