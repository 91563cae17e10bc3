"""Look again, by another way than the removal went: plain SQL over the tables and the key database."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connections, models

from duecause.apps.consent.models import ConsentEvent
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.interactions.models import Interaction
from duecause.apps.notices.models import Notice, NoticeExemption
from duecause.apps.register.models import DialFact, ImportRow, Lookup, Person, Record, RelationFact
from duecause.apps.vault.models import DataKey

SLICE = 500


def leftovers(*, person: UUID, records: Iterable[UUID], kept: Iterable[UUID]) -> dict[str, int]:
    """Rows that still lead to the person, per check; every figure must be 0. `kept`: records of which only
    the contract stays."""
    stay = set(kept)
    gone = [record for record in records if record not in stay]
    found = {
        "identity_sealed": count_rows(Record, "person", [person], "identity IS NOT NULL"),
        "records": count_rows(Record, "id", gone),
        "lookups": count_rows(Lookup, "record", gone)
        + count_rows(Lookup, "record", stay, "kind <> 'customer_no'"),
        "dial_facts": count_rows(DialFact, "person", [person]),
        "relations": count_rows(RelationFact, "record", gone),
        "list_rows": count_rows(ListRow, "person", [person]) + count_rows(ListRow, "record", [*gone, *stay]),
        "release_rows": count_rows(ReleaseRow, "person", [person])
        + count_rows(ReleaseRow, "record", [*gone, *stay]),
        "import_rows": count_rows(ImportRow, "record", [*gone, *stay]),
        "notices": count_rows(Notice, "person", [person]) + count_rows(NoticeExemption, "person", [person]),
        "interactions": count_rows(Interaction, "person", [person]),
        "consents_of_records": count_rows(ConsentEvent, "record", gone),
        "not_marked": count_rows(Person, "id", [person], "erased_at IS NULL"),
        "record_keys": count_rows(DataKey, "owner", gone, "length(wrapped) > 0")
        + count_rows(DataKey, "owner", stay, "length(wrapped) > 0 AND compartment <> 'contract'"),
        "person_keys": count_rows(
            DataKey, "owner", [person], "length(wrapped) > 0 AND compartment <> 'proof'"
        ),
    }
    return found


def count_rows(model: type[models.Model], field: str, values: Iterable[UUID], also: str = "1 = 1") -> int:
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
