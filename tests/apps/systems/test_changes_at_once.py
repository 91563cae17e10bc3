"""Writers and a reader at the same time: no change is lost, doubled or passed over; a reader that is killed
between fetching and acknowledging goes on where it was."""

import random
from datetime import timedelta

import pytest

from duecause.apps.register import restrict_actions
from duecause.apps.register.models import Person
from duecause.apps.systems import actions
from duecause.apps.systems.models import Change, ChangeStream
from tests.apps.dialling.test_feed_at_once import at_once
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)
LATER = NOW + timedelta(hours=1)
WRITERS, EACH = 4, 6


@pytest.fixture
def people(transactional_db):
    source = customers(make_world(), "CRM")
    lines = [f"K-{n},Mila,Test-{n},+324700001{n:02}" for n in range(WRITERS * EACH)]
    take(source, "customer number,first name,last name,phone\n" + "\n".join(lines))
    return list(Person.objects.order_by("pk"))


@pytest.fixture
def crm(people):
    return actions.set_up(
        actor=OPERATOR, code="CRM", name="", sources=["CRM"], fields=[], webhook_url="", now=NOW
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_reader_beside_four_writers_gets_every_change_once_and_in_order(people, crm, seed):
    choice, seen = random.Random(seed), []
    given = {"actor": actions.system_actor(crm), "system": crm, "now": LATER}

    def writer(part):
        def work():
            for person in part:
                restrict_actions.restrict(actor=OPERATOR, person=person, now=LATER)

        return work

    def reader():
        after = 0
        while after < len(people):
            page = actions.hand_out(after=after, limit=choice.randint(1, 4), **given)
            if page.changes and choice.random() < 0.3:
                continue  # killed before it had acted: it asks again for the same
            seen.extend(change.cursor for change in page.changes)
            after = page.cursor
            actions.acknowledge(cursor=choice.randint(0, after), **given)
        actions.acknowledge(cursor=after, **given)

    at_once(reader, *(writer(people[number::WRITERS]) for number in range(WRITERS)))
    assert seen == list(range(1, len(people) + 1))
    assert set(Change.objects.values_list("person", flat=True)) == {person.pk for person in people}
    assert ChangeStream.objects.get(system=crm).acknowledged == len(people)
