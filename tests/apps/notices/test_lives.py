"""The life of a datum tells whether the person was told where the data came from."""

from datetime import timedelta

import pytest

from duecause.apps.notices import send_actions
from duecause.apps.notices.exempt_actions import exempt
from duecause.apps.notices.models import Notice
from duecause.apps.register.life import life_of
from tests.apps.notices.listed import bought_world, confirmed, fetched, listed, plan, work
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011
LATER = NOW + timedelta(days=3)


@pytest.fixture
def world():
    return bought_world()


def told(person, now=NOW):
    return [one for one in life_of(person.pk, now=now) if one.kind.startswith("notice")]


def test_a_notice_that_is_due_is_told_as_planned_and_one_that_is_late_as_late(world):
    person = listed(world, MILA)
    (due,) = told(person)
    assert (due.kind, due.planned) == ("notice_due", True) and due.at > NOW
    (late,) = told(person, due.at + timedelta(days=1))
    assert (late.kind, late.planned, late.meaning) == ("notice_overdue", False, "stopped")


def test_a_letter_is_on_its_way_then_posted_then_perhaps_back(world):
    person = listed(world, MILA)
    (batch,) = plan(world).batches
    assert "notice_planned" in {one.kind for one in told(person)}
    work(batch)
    fetched(batch)
    confirmed(batch)
    (posted,) = told(person, LATER)
    assert posted.kind == "notice_sent" and "by post on 2026-11-03" in posted.what.text
    assert posted.record == person.records.get().pk
    notice = Notice.objects.get()
    send_actions.note_return(actor=OPERATOR, reference=str(notice.pk), now=LATER)
    assert {one.kind for one in told(person, LATER)} == {"notice_bounced", "notice_due"}


def test_who_need_not_be_told_has_the_ground_and_no_clock(world):
    person = listed(world, MILA)
    exempt(
        actor=OPERATOR,
        source=world.source,
        ground="has_information",
        because="The address company told them about us itself.",
        proof="DOC-12",
        now=NOW,
    )
    (free,) = told(person)
    assert free.kind == "notice_exempt" and free.why.text == "They have the information already"


def test_data_from_the_person_have_no_notice(world):
    person = listed(world, MILA)
    person.records.get().source.__class__.objects.update(kind="data_subject")
    assert told(person) == []
