"""The key of the month is asked for by every event: it is read once a minute. Keys of people are not kept."""

import pytest
from django.db import transaction

from duecause.apps.vault import actions
from duecause.apps.vault.models import DataKey
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine.ids import uuid7

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


def sealed(owner, compartment):
    return Sealed(owner, compartment, "u", actions.seal(owner, compartment, "u", {"n": 1}))


def test_the_key_of_the_month_is_read_once(django_assert_num_queries):
    month = uuid7()
    sealed(month, "period"), sealed(month, "period")
    with django_assert_num_queries(0, using="keys"):
        blob = actions.seal(month, "period", "u", {"n": 2})
    assert open_many([Sealed(month, "period", "u", blob)]) == [{"n": 2}]


def test_the_key_of_a_person_is_read_each_time(django_assert_num_queries):
    person = uuid7()
    sealed(person, "content"), sealed(person, "content")
    with django_assert_num_queries(1, using="keys"):
        actions.seal(person, "content", "u", {"n": 2})


def test_a_key_that_was_never_committed_is_not_kept():
    month = uuid7()
    with pytest.raises(RuntimeError), transaction.atomic(using="keys"):
        sealed(month, "period"), sealed(month, "period")
        raise RuntimeError
    again = sealed(month, "period")
    assert open_many([again]) == [{"n": 1}]
    assert DataKey.objects.filter(owner=month).count() == 1


def test_a_key_that_was_destroyed_is_not_used_again():
    month = uuid7()
    before = [sealed(month, "period"), sealed(month, "period")]
    actions.destroy_keys(month, ["period"])
    after = sealed(month, "period")
    assert open_many([after]) == [{"n": 1}]
    assert DataKey.objects.filter(owner=month).count() == 1
    assert [each.blob for each in before] != [after.blob]


def test_the_kept_key_is_read_again_after_a_minute(monkeypatch, django_assert_num_queries):
    month = uuid7()
    sealed(month, "period"), sealed(month, "period")
    passed = actions.time.monotonic() + 61
    monkeypatch.setattr(actions.time, "monotonic", lambda: passed)
    with django_assert_num_queries(1, using="keys"):
        sealed(month, "period")
