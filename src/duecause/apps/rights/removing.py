"""Take a person out of our own tables. Called by the verbs of this room alone, inside its transaction."""

from __future__ import annotations

import os
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from duecause.apps.catalogue.models import Field
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.interactions.models import Interaction
from duecause.apps.notices.models import Notice, NoticeExemption, NoticeRecord
from duecause.apps.register.models import (
    DialFact,
    ImportRow,
    Lookup,
    Person,
    Record,
    RecordLink,
    RelationFact,
)
from duecause.apps.rights import stores
from duecause.apps.vault.models import Compartment, DataKey

TOKEN_BYTES = 16
IDENTIFYING = ("first_name", "last_name", "full_name", "company", "phone", "phone_mobile", "email", "street")
_MODELS: tuple[type[Model], ...] = (
    Record, Lookup, DialFact, RelationFact, RecordLink,
    ImportRow, ListRow, ReleaseRow, ConsentEvent, Objection, Notice, NoticeRecord, NoticeExemption,
    Interaction,
)  # fmt: skip
TOUCHED = (*(("default", model._meta.db_table) for model in _MODELS), ("keys", DataKey._meta.db_table))


def remove(person: UUID, *, kept: set[UUID]) -> dict[str, int]:
    """Remove or blank every row about the person but what `stores.counts` says is kept. Of `kept` records the
    contract stays. Returns rows per table; running it again finds none."""
    done: dict[str, int] = {}
    # First: they are found by the look-up tokens that go below.
    done["interactions.Interaction"] = deleted(stores.interactions(person))
    done["dialling.ListRow"] = stores.list_rows(person).update(record=None, person=None, token=None)
    done["dialling.ReleaseRow"] = blank_release_rows(stores.release_rows(person))
    done["register.ImportRow"] = ImportRow.objects.filter(record__person=person).update(record=None)
    ConsentEvent.objects.filter(record__person=person).update(record=None)
    Objection.objects.filter(record__person=person).update(record=None)
    done["register.RecordLink"] = deleted(stores.links(person))
    lookups = Lookup.objects.filter(record__person=person)
    customer_no = Lookup.Kind.CUSTOMER_NO
    done["register.Lookup"] = deleted(lookups.exclude(record__in=kept, kind=customer_no))
    done["register.DialFact"] = deleted(DialFact.objects.filter(person=person))
    facts = RelationFact.objects.filter(person=person)
    done["register.RelationFact"] = deleted(facts.exclude(record__in=kept))
    done["notices.NoticeExemption"] = deleted(NoticeExemption.objects.filter(person=person))
    done["notices.Notice"] = deleted(Notice.objects.filter(person=person))
    done["register.Record"] = deleted(Record.objects.filter(person=person).exclude(pk__in=kept))
    _keep_contracts_only(kept)
    Person.objects.filter(pk=person).update(language="en")
    return {table: rows for table, rows in done.items() if rows}


def remove_records(records: Sequence[UUID]) -> dict[str, int]:
    """Remove these records alone and blank what points at them. Returns rows per table; again finds none."""
    done = {
        "dialling.ListRow": ListRow.objects.filter(record__in=records).update(
            record=None, person=None, token=None
        ),
        "dialling.ReleaseRow": blank_release_rows(ReleaseRow.objects.filter(record__in=records)),
        "register.ImportRow": ImportRow.objects.filter(record__in=records).update(record=None),
    }
    ConsentEvent.objects.filter(record__in=records).update(record=None)
    Objection.objects.filter(record__in=records).update(record=None)
    done["register.RecordLink"] = deleted(RecordLink.objects.filter(Q(a__in=records) | Q(b__in=records)))
    for model in (Lookup, DialFact, RelationFact):
        done[model._meta.label] = deleted(model._default_manager.filter(record__in=records))
    done["register.Record"] = deleted(Record.objects.filter(pk__in=records))
    return {table: rows for table, rows in done.items() if rows}


def deleted(rows: QuerySet[Model]) -> int:
    _, per_model = rows.delete()
    return per_model.get(rows.model._meta.label, 0)


def blank_release_rows(rows: QuerySet[ReleaseRow]) -> int:
    """The reference in the centre's own file stays, so that the centre can be told which row to erase; the
    number behind it is replaced, so that no check finds it released."""
    found = list(rows)
    for row in found:
        row.record, row.person, row.token = None, None, os.urandom(TOKEN_BYTES)
    ReleaseRow.objects.bulk_update(found, ["record", "person", "token"], batch_size=500)
    return len(found)


def _keep_contracts_only(kept: set[UUID]) -> None:
    in_contract = set(Field.objects.filter(compartment=Compartment.CONTRACT).values_list("code", flat=True))
    for record in Record.objects.filter(pk__in=kept):
        record.identity = None
        record.fields = [name for name in record.fields if name in in_contract]
        record.field_hashes = {}
        # These are keyed hashes of what was erased; a later row of the same source must not find them.
        record.key_in_source, record.content_hash = os.urandom(TOKEN_BYTES), bytes(TOKEN_BYTES)
        record.save(update_fields=["identity", "fields", "field_hashes", "key_in_source", "content_hash"])
