"""Sessions are written once for a request and stay gone; a connection that the server dropped is noticed."""

from datetime import timedelta

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from duecause.apps.staff.sessions import SessionStore

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def session():
    made = SessionStore()
    made["contacts"] = {"one": 1}
    made.create()
    return SessionStore(made.session_key)


def test_it_is_read_and_written_with_one_statement_each(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        session["contacts"] = {**session["contacts"], "two": 2}
    with django_assert_num_queries(1):
        session.save()
        session.save()
    assert SessionStore(session.session_key)["contacts"] == {"one": 1, "two": 2}


def test_a_change_after_a_save_is_written_too(session):
    session["contacts"] = {}
    session.save()
    session["language"] = "nl"
    session.save()
    assert dict(SessionStore(session.session_key).items()) == {"contacts": {}, "language": "nl"}


def test_one_that_has_ended_is_empty_and_not_written_again(session):
    session["contacts"] = {}
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()
    assert SessionStore(session.session_key).load() == {}


def test_one_that_is_too_old_is_empty(session):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SessionStore(session.session_key).load() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server that could go")
def test_a_connection_that_the_server_dropped_is_not_used():
    connection.ensure_connection()
    assert connection.is_usable()
    killed = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [killed])
    assert not connection.is_usable()
    connection.close()
    assert connection.cursor().execute("SELECT 1") is not None
