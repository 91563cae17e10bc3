"""A database restored from before an erasure does not bring the person back for longer than one command."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import connections, transaction

from duecause.apps.register.models import GuardToken, Person, Record
from duecause.apps.rights import journal, reading_back
from duecause.apps.rights.replaying_actions import replay
from duecause.apps.vault.models import DataKey
from tests.apps.rights.cases import approved, known_everywhere, work_off
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def journal_of_this_test():
    journal.path().unlink(missing_ok=True)
    yield
    journal.path().unlink(missing_ok=True)


def copied(*, keys: bool) -> dict[str, str]:
    """A copy of the databases as they are."""
    aliases = ["default", *(["keys"] if keys else [])]
    found = {}
    for alias in aliases:
        text = StringIO()
        call_command("dumpdata", database=alias, stdout=text, exclude=["contenttypes", "auth", "sessions"])
        found[alias] = text.getvalue()
    return found


def restore(copy: dict[str, str]) -> None:
    for alias, text in copy.items():
        call_command("flush", database=alias, interactive=False, verbosity=0, inhibit_post_migrate=True)
        with transaction.atomic(using=alias), connections[alias].constraint_checks_disabled():
            for row in serializers.deserialize("json", text, using=alias):
                row.save(using=alias)


@pytest.mark.parametrize("keys", [True, False], ids=["with its keys", "the data alone"])
def test_who_was_erased_after_the_copy_is_erased_again(keys: bool) -> None:
    person = known_everywhere(world := make_world())
    copy = copied(keys=keys)
    case = work_off(approved(world, person))
    assert case.state == "proven"
    restore(copy)
    person = Person.objects.get(pk=person.pk)
    assert person.erased_at is None and Record.objects.filter(person=person).exists()
    now = datetime.now(UTC)
    assert replay(actor=OPERATOR, now=now) == 1
    left = reading_back.leftovers(
        person=person.pk, records=[record_id(text) for text in case.work["records"]], kept=[]
    )
    assert set(left.values()) == {0}
    assert GuardToken.objects.count() == 3
    assert replay(actor=OPERATOR, now=now) == 0


def test_an_entry_that_a_crash_cut_off_is_replaced_and_none_is_doubled() -> None:
    person = known_everywhere(world := make_world())
    work_off(approved(world, person))
    (entry,) = journal.entries()
    with journal.path().open("ab") as file:
        file.write(b'{"case":"torn')
    assert list(journal.entries()) == [entry]
    journal.note(entry)
    other = journal.Entry(**{**{n: getattr(entry, n) for n in entry.__slots__}, "case": "another"})
    journal.note(other)
    assert list(journal.entries()) == [entry, other]
    assert not DataKey.objects.filter(owner=person.pk, compartment="content").exclude(wrapped=b"").exists()


def record_id(text: str):
    from uuid import UUID

    return UUID(text)
