"""How many records of each source hold which field, without opening one: a record names its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from duecause.apps.evidence.models import Tally
from duecause.apps.register.models import Record


@dataclass(frozen=True, slots=True)
class Counts:
    """Per source code: its records, and its records per field."""

    records: Mapping[str, int]
    fields: Mapping[str, Mapping[str, int]]
    counted_at: datetime

    def holding(self, field: str, sources: set[str]) -> int:
        """Records of these sources that hold the field."""
        return sum(self.fields.get(source, {}).get(field, 0) for source in sources)


def counts(now: datetime) -> Counts:
    """As counted now; on a register where that takes long, as the worker counted last (within the hour)."""
    stored = list(Tally.objects.select_related("source"))
    if not stored:
        return count(now)
    return Counts(
        records={row.source.code: row.records for row in stored},
        fields={row.source.code: row.fields for row in stored},
        counted_at=min(row.counted_at for row in stored),
    )


def count(now: datetime) -> Counts:
    """One pass over the records: few sets of fields occur, so the database groups by them. What says where a
    record comes from is no sealed value and is counted by its column."""
    records: Counter[str] = Counter()
    fields: dict[str, Counter[str]] = {}
    grouped = Record.objects.values_list("source__code", "fields").order_by()
    counted: Iterable[Any] = grouped.annotate(Count("pk"), Count("obtained_on"), Count("wording"))
    for source, names, found, obtained, consented in counted:
        records[source] += found
        held = fields.setdefault(source, Counter())
        held.update(dict.fromkeys(names, found))
        held.update({"obtained_on": obtained, "consent_text": consented, "consent_on": consented})
    return Counts(records, fields, now)
