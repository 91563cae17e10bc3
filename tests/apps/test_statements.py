"""Queries whose text is kept: they answer what the query would answer, and never for an older argument."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from duecause.apps.ledger.models import Event, QueueEntry
from duecause.apps.register.models import DialFact, Person
from duecause.apps.statements import NotReplayable, Statement, execute, insert, insert_with
from duecause.apps.vault import covers
from duecause.apps.vault.token_fields import NotReadyMade
from tests.support.world import NOW, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def people():
    return [Person.objects.create(language="nl", created_at=NOW + timedelta(days=day)) for day in range(5)]


def of(*, ids=None, since=None, language=None):
    found = Person.objects.order_by("created_at").values_list("pk", "created_at")
    if ids is not None:
        found = found.filter(pk__in=ids)
    if language is not None:
        found = found.filter(language=language)
    return found.filter(created_at__gte=since) if since is not None else found


def test_each_run_answers_for_its_own_arguments(people, django_assert_num_queries):
    statement = Statement(of)
    for some in (people[:1], people[:3], people[1:4], people):
        for since in (NOW, NOW + timedelta(days=2)):
            ids = [person.pk for person in some]
            with django_assert_num_queries(1):
                found = statement.rows(ids=ids, since=since, language="nl")
            assert found == list(of(ids=ids, since=since, language="nl"))


def test_an_argument_left_out_is_another_query(people):
    statement = Statement(of)
    assert len(statement.rows(language="nl")) == 5
    assert len(statement.rows(since=NOW + timedelta(days=4), language=None)) == 1
    assert statement.rows(language="fr") == []


def test_a_row_written_between_two_runs_is_seen(people):
    statement = Statement(of)
    assert statement.rows(language="fr") == []
    Person.objects.filter(pk=people[0].pk).update(language="fr")
    assert [pk for pk, _ in statement.rows(language="fr")] == [people[0].pk]


def test_rows_of_several_queries_come_one_after_the_other(people):
    def first_and_last(*, first, last):
        rows = Person.objects.values_list("pk")
        return [rows.filter(pk=first), rows.filter(pk=last)]

    found = Statement(first_and_last).rows(first=people[0].pk, last=people[4].pk)
    assert found == [(people[0].pk,), (people[4].pk,)]


def test_a_value_that_the_query_reckons_with_is_refused(people):
    later = Statement(
        lambda *, now: Person.objects.filter(created_at__gte=now + timedelta(days=1)).values_list("pk")
    )
    unused = Statement(lambda *, now: Person.objects.values_list("pk"))
    chosen = Statement(lambda *, word: Person.objects.filter(language=word.upper()).values_list("pk"))
    for statement, given in ((later, {"now": NOW}), (unused, {"now": NOW}), (chosen, {"word": "nl"})):
        with pytest.raises(NotReplayable):
            statement.rows(**given)


def test_tokens_and_ids_are_handed_over_as_the_database_keeps_them(world_fact):
    statement = Statement(
        lambda *, tokens: DialFact.objects.filter(token__in=tokens).values_list("token", "person_id")
    )
    asked = [b"\0" * 16, bytes(world_fact.token), uuid4().bytes]
    [(token, person)] = statement.rows(tokens=covers.candidates(["dial"], asked))
    assert (bytes(token), person) == (bytes(world_fact.token), world_fact.person_id)


def test_a_token_that_does_not_say_under_which_key_it_lies_is_no_argument(world_fact):
    statement = Statement(lambda *, tokens: DialFact.objects.filter(token__in=tokens).values_list("pk"))
    with pytest.raises(NotReadyMade):
        statement.rows(tokens=[bytes(world_fact.token)])


@pytest.fixture
def world_fact():
    return make_world().person().dial_facts.get()


def test_an_inserted_object_is_the_one_that_a_save_would_have_made(django_assert_num_queries):
    made = QueueEntry(event=insert(an_event()), queued_at=NOW)
    with django_assert_num_queries(1):
        insert(made)
    saved = an_event()
    saved.save()
    for event in (Event.objects.get(pk=made.event_id), Event.objects.get(pk=saved.pk)):
        assert (event.at, event.person, event.kind, bytes(event.leaf_bytes)) == (NOW, None, "test", b"leaf")
    assert QueueEntry.objects.get().event_id == made.event.pk


def test_a_row_and_the_one_that_points_to_it_are_inserted_together(django_assert_num_queries):
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):
        made = insert_with(an_event(), QueueEntry(queued_at=NOW), by="event")
    waiting = QueueEntry.objects.select_related("event").get()
    assert (waiting.event, waiting.queued_at) == (made, NOW)
    assert (waiting.event.uid, bytes(waiting.event.leaf_hash)) == (made.uid, b"hash")


def test_a_text_of_ones_own_says_how_many_rows_it_changed(people):
    moved = NOW + timedelta(days=9)
    sql = "UPDATE register_person SET created_at = %s WHERE language = %s"
    assert execute(sql, [moved, "nl"]) == 5
    assert execute(sql, [moved, "fr"]) == 0
    assert set(Person.objects.values_list("created_at", flat=True)) == {moved}


def an_event():
    return Event(
        uid=uuid4(), at=NOW, kind="test", actor_kind="system", record_part=b"", record_key=uuid4(),
        leaf_bytes=b"leaf", leaf_hash=b"hash",
    )  # fmt: skip


def test_objects_come_with_what_belongs_to_them(world_fact, django_assert_num_queries):
    statement = Statement(lambda *, person: DialFact.objects.filter(person=person).select_related("source"))
    for _ in range(2):
        with django_assert_num_queries(1):
            [found] = statement.objects(person=world_fact.person_id)
            assert (found, found.source.pk, found.source.code) == (world_fact, world_fact.source_id, "WEB")
    with pytest.raises(NotReplayable):
        Statement(lambda *, pk: Person.objects.filter(pk=pk).values_list("pk")).objects(pk=uuid4())
