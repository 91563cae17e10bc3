"""Fields that may only be stored stay out of sight when their record is written anew."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from duecause.apps.register.models import Record, StoredField
from duecause.apps.register.planning import slices


def names_in(records: Iterable[UUID]) -> set[str]:
    """Fields that may only be stored in some of these records."""
    found: set[str] = set()
    for part in slices(records):
        found |= set(StoredField.objects.filter(record__in=part).values_list("field", flat=True))
    return found


def hide_again(records: Iterable[UUID]) -> None:
    """After their fields were set: what was only stored before is so still."""
    for part in slices(records):
        hidden: dict[UUID, set[str]] = {}
        for record, name in StoredField.objects.filter(record__in=part).values_list("record_id", "field"):
            hidden.setdefault(record, set()).add(name)
        for row in Record.objects.filter(pk__in=hidden):
            row.fields = [name for name in row.fields if name not in hidden[row.pk]]
            row.save(update_fields=["fields"])
