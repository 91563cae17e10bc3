"""Staff see everything that speaks for and against a call; the desk sees who already holds a number."""

import io

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.consent.reach import reach_of
from duecause.apps.dialling import checking, release_actions
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    return world


def release(world):
    return release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO())


def check(world, number=f"+{MILA}", **given):
    given.setdefault("actor", OPERATOR)
    return checking.check(number=number, campaign=world.campaign, now=NOW, **given)


def codes(checked):
    return [finding.code for finding in checked.findings]


def test_a_number_on_a_list_says_where_it_is_known_from_and_who_holds_it(world):
    load_dncm()
    imported(world, MILA)
    release(world)
    checked = check(world)
    assert codes(checked) == ["known", "consent", "released"]
    assert "Web shop" in checked.findings[0].text
    assert {one.code: d.allowed for one, d in checked.decisions} == {"CC-A": True, "CC-B": False}


def test_every_reason_against_a_call_is_told(world):
    mila = imported(world, MILA)
    load_dncm(MILA)
    consent.record_objection(
        actor=OPERATOR, person=mila, controller=world.controller, taking=consent.Taking(how="call"), now=NOW
    )
    world.centre.suspended_on = NOW.date()
    world.centre.save()
    found = codes(check(world, centre=world.centre))
    assert {"objection", "register_be_dncm", "not_released", "party_suspended"} <= set(found)


def test_a_number_nobody_knows_says_so(world):
    assert "not_in_register" in codes(check(world, "+32470009999"))


def test_the_check_is_an_event_of_the_person(world):
    mila = imported(world, MILA)
    check(world)
    assert Event.objects.get(kind="dialling.checked").person == mila.pk


def test_what_is_no_number_is_refused_without_repeating_it(world):
    with pytest.raises(Refused) as refused:
        check(world, "0470 00 00 11")
    assert "0470 00" not in refused.value.problem.text


def test_only_who_may_check_does(world):
    with pytest.raises(NotPermitted):
        check(world, actor=world.actor("outbound"))


def test_the_desk_learns_which_centres_hold_the_number_until_the_list_ends(world):
    load_dncm()
    mila = imported(world, MILA)
    made = release(world)
    assert [(reach.centre_code, reach.campaign_code) for reach in reach_of(mila.pk, NOW)] == [
        ("CC-A", "PUMP-BE")
    ]
    assert reach_of(mila.pk, made.expires_at) == []
    release_actions.recall(actor=OPERATOR, release=made, now=NOW + DAY / 24)
    assert reach_of(mila.pk, NOW) == []
