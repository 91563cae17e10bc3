"""Which directory a key is of; whom a directory may see; the state of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.directory.models import Directory
from duecause.apps.directory.scim import Asked
from duecause.apps.gate.policies import engine
from duecause.apps.parties.queries import holder_of
from duecause.apps.staff.models import Employee
from duecause.engine.problems import Refused

GROUPS_BEGIN = "duecause-"
USER_FILTERS = ("username", "externalid", "id", "active")


def directory_by_key(clear: str) -> Directory | None:
    """None for an unknown key and one of a directory that has ended."""
    found: Directory | None = holder_of(Directory.objects.all(), clear)
    return found


def directory_named(code: str) -> Directory:
    """Raises Refused with the codes that exist."""
    found = Directory.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Directory.objects.order_by("code").values_list("code", flat=True)) or "-"
        template = "There is no directory “%(given)s”. Known: %(known)s."
        raise Refused("unknown_directory", template, given=code[:40], known=known)
    return found


def employees(directory: Directory) -> QuerySet[Employee]:
    """Our own employees, but those another directory keeps and those it deleted itself. Agents of partners
    are kept by their partner."""
    others = Directory.objects.exclude(pk=directory.pk)
    return (
        Employee.objects.filter(partner=None)
        .exclude(directory_entry__deleted_at__isnull=False)
        .exclude(directory_entry__directory__in=others)
        .select_related("directory_entry")
        .order_by("pk")
    )


def found(directory: Directory, asked: Asked | None) -> QuerySet[Employee]:
    rows = employees(directory)
    if asked is None:
        return rows
    if asked.name == "active":
        return rows.filter(is_active=asked.value.lower() == "true")
    if asked.name == "id":
        return rows.filter(pk=pk) if (pk := as_id(asked.value)) else rows.none()
    column = {"username": "username__iexact", "externalid": "directory_entry__external_id"}[asked.name]
    return rows.filter(**{column: asked.value})


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def groups() -> dict[str, str]:
    """Name of each group → the profile it gives. There is one per profile, and no other."""
    return {f"{GROUPS_BEGIN}{profile}": profile for profile in engine().vocabulary.profiles}


def states() -> list[dict[str, Any]]:
    return [
        {
            "directory": directory.code,
            "name": directory.name,
            "ended": directory.ended_at is not None,
            "key": bool(directory.key_hash),
            "accounts": directory.entries.filter(deleted_at=None).count(),
            "closed": directory.entries.filter(employee__is_active=False).count(),
        }
        for directory in Directory.objects.order_by("code")
    ]
