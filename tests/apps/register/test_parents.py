"""Rows that go in many at once need their parents, whoever asks for them."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connections, transaction

from duecause.apps.bulk import insert_rows
from duecause.apps.bulk_keys import asked_once, parents_of
from duecause.apps.register.models import Person, Record, RelationFact
from duecause.engine.ids import uuid7
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, World

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.postgres]

PERSON = ("id", "language", "created_at", "restricted_at", "erased_at")
RELATION = ("record_id", "person_id", "family", "since", "until")
LIST = "voornaam;achternaam;email\nMila;Vuurvlieg;mila@example.org\n"


def add_person(identifier: UUID) -> None:
    insert_rows(Person, PERSON, [(identifier, "nl", NOW, None, None)])


def add_relation(record: UUID, person: UUID) -> None:
    insert_rows(RelationFact, RELATION, [(record, person, "power", None, None)])


@pytest.fixture
def record(world: World) -> Record:
    take(customers(world), LIST)
    return Record.objects.get()


def test_parents_made_in_the_same_transaction_are_known_and_stored_ones_are_found(record: Record) -> None:
    person = uuid7()
    with asked_once(Record), transaction.atomic():
        add_person(person)
        add_relation(record.pk, person)
        add_relation(record.pk, record.person_id)

    told = RelationFact.objects.order_by("pk").values_list("record_id", "person_id")
    assert list(told) == [(record.pk, person), (record.pk, record.person_id)]


def test_a_row_whose_parent_is_not_there_leaves_nothing_of_its_transaction(record: Record) -> None:
    with pytest.raises(IntegrityError), asked_once(Record), transaction.atomic():
        add_person(uuid7())
        add_relation(record.pk, uuid7())

    assert not RelationFact.objects.exists()
    assert Person.objects.count() == 1


def test_afterwards_the_database_asks_again(record: Record) -> None:
    with asked_once(Record), transaction.atomic():
        assert parents_of(connections["default"]) is not None
        add_person(uuid7())

    assert parents_of(connections["default"]) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        add_relation(record.pk, uuid7())


def test_the_database_asks_where_we_may_not(record: Record) -> None:
    """An account of PostgreSQL without that right; a transaction of SQLite that has begun."""
    with transaction.atomic():
        if connections["default"].vendor == "postgresql":
            with connections["default"].cursor() as cursor:
                cursor.execute("CREATE ROLE asks_for_nothing NOLOGIN")
                cursor.execute("SET LOCAL ROLE asks_for_nothing")
        with asked_once(Record):
            assert parents_of(connections["default"]) is None
        transaction.set_rollback(True)
