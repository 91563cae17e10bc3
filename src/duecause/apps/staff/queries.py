"""Reads of staff."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from duecause.apps.staff.models import Employee, EmployeeIdentifier
from duecause.apps.statements import Statement
from duecause.apps.vault.indexes import lookup_token

Identifier = tuple[str, bytes]


def identifier(kind: str, value: str) -> Identifier:
    """An employee's own phone (E.164 digits), e-mail or customer number, normalised, as look-up token."""
    return kind, lookup_token(kind, value)


def employee_by_id(identifier: UUID) -> Employee:
    """As the row is now. Raises Employee.DoesNotExist."""
    for found in _EMPLOYEE.objects(identifier=identifier):
        return found  # type: ignore[no-any-return]
    raise Employee.DoesNotExist


# Every request of somebody signed in asks this.
_EMPLOYEE = Statement(lambda *, identifier: Employee.objects.filter(pk=identifier))


def identifiers_of(username: str) -> frozenset[Identifier]:
    rows = EmployeeIdentifier.objects.filter(employee__username=username)
    return frozenset((kind, bytes(token)) for kind, token in rows.values_list("kind", "token"))


def colleagues(*, team: int | None, profile: str, but: Iterable[UUID]) -> list[Employee]:
    """Those of a profile who can act: of a team, or of any where `team` is None."""
    found = Employee.objects.filter(profile=profile, is_active=True, locked_at=None).exclude(pk__in=list(but))
    return list(found if team is None else found.filter(team=team))


def display_names(identifiers: Collection[str]) -> dict[str, str]:
    """Id as in `Actor.id` → name, for the employees there are."""
    known = [UUID(identifier) for identifier in identifiers if _is_uuid(identifier)]
    rows = Employee.objects.filter(pk__in=known).values_list("pk", "display_name")
    return {str(pk): name for pk, name in rows}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
