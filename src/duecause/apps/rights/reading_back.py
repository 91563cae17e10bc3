"""Look again, by another way than the removal went: plain SQL over the tables and the key database."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connections, models

from duecause.apps.consent.models import ConsentEvent
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.register.models import DialFact, ImportRow, Lookup, Person, Record, RelationFact
from duecause.apps.vault.models import DataKey

SLICE = 500


def leftovers(*, person: UUID, records: Iterable[UUID], kept: Iterable[UUID]) -> dict[str, int]:
    """Rows that still lead to the person, per check; every figure must be 0. `kept`: records of which only
    the contract stays."""
    stay = set(kept)
    gone = [record for record in records if record not in stay]
    found = {
        "identity_sealed": _count(Record, "person", [person], "identity IS NOT NULL"),
        "records": _count(Record, "id", gone),
        "lookups": _count(Lookup, "record", gone) + _count(Lookup, "record", stay, "kind <> 'customer_no'"),
        "dial_facts": _count(DialFact, "person", [person]),
        "relations": _count(RelationFact, "record", gone),
        "list_rows": _count(ListRow, "person", [person]) + _count(ListRow, "record", [*gone, *stay]),
        "release_rows": _count(ReleaseRow, "person", [person]) + _count(ReleaseRow, "record", [*gone, *stay]),
        "import_rows": _count(ImportRow, "record", [*gone, *stay]),
        "consents_of_records": _count(ConsentEvent, "record", gone),
        "not_marked": _count(Person, "id", [person], "erased_at IS NULL"),
        "record_keys": _count(DataKey, "owner", gone, "length(wrapped) > 0")
        + _count(DataKey, "owner", stay, "length(wrapped) > 0 AND compartment <> 'contract'"),
        "person_keys": _count(DataKey, "owner", [person], "length(wrapped) > 0 AND compartment <> 'proof'"),
    }
    return found


def _count(model: type[models.Model], field: str, values: Iterable[UUID], also: str = "1 = 1") -> int:
    alias = "keys" if model is DataKey else "default"
    connection = connections[alias]
    column = model._meta.get_field(field)
    if not isinstance(column, models.Field):
        raise TypeError(field)
    wanted = [column.get_db_prep_value(value, connection) for value in values]
    table = connection.ops.quote_name(model._meta.db_table)
    name = connection.ops.quote_name(str(column.column))
    total = 0
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), SLICE):
            part = wanted[start : start + SLICE]
            places = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"SELECT COUNT(*) FROM {table} WHERE {name} IN ({places}) AND {also}",  # noqa: S608 - own names
                part,
            )
            total += int(cursor.fetchone()[0])
    return total
