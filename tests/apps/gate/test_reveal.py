"""Personal data leave the seal after one decision; who is stopped is named in the same transaction."""

from dataclasses import replace

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.gate import actions as gate
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.models import Event
from duecause.apps.staff.models import EmployeeIdentifier
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor, NotPermitted
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")
CALLBACK = Reason(link="callback", purpose="sales", reference="PUMP-BE")


@pytest.fixture
def world():
    return make_world()


def see(world, person, profile="inbound", reason=CALLER, **more):
    return gate.reveal(actor=world.actor(profile), person=person.pk, reason=reason, now=NOW, **more)


def shown(revealed) -> set[str]:
    return {name for record in revealed.values.values() for name in record}


def test_only_permitted_fields_come_out(world):
    person = world.person(email="mila@example.org", birth_date="1990-05-05", city="Gent")
    revealed = see(world, person)
    assert shown(revealed) == {"first_name", "last_name", "city"}
    assert {"phone", "email", "birth"} <= revealed.masked


def test_a_decision_is_on_record_with_the_policies_and_facts_it_was_made_from(world):
    person = world.person()
    revealed = see(world, person)
    event = Event.objects.get(uid=revealed.event)
    from duecause.apps.ledger.actions import EVENT_USE
    from duecause.apps.vault.opening import Sealed, open_many

    [part] = open_many([Sealed(event.record_key, "period", EVENT_USE, event.record_part)])
    assert part["payload"]["policies"] == engine().version
    assert part["payload"]["facts"]["link"] == "caller"
    assert part["payload"]["groups"]


def test_what_was_written_is_sealed_under_the_person_and_a_bare_link_seals_nothing(world):
    person = world.person()
    bare = Event.objects.get(uid=see(world, person).event)
    worded = Event.objects.get(uid=see(world, person, reason=replace(CALLER, reference="T-17")).event)
    assert bare.person == worded.person == person.pk
    assert (bare.person_part is None, worded.person_part is None) == (True, False)


def test_what_goes_along_with_a_look_stands_or_falls_with_its_event(world):
    person, told = world.person(), []
    revealed = see(world, person, along=told.append)
    assert told == [revealed.event]

    def fail(event):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        see(world, person, along=fail)
    assert Event.objects.filter(kind="gate.view").count() == 1


def test_a_denied_look_is_one_event_one_alarm_and_no_value(world):
    person = world.person()
    denied = see(world, person, groups=["bank"])
    assert isinstance(denied, gate.Denied)
    assert "sensitive-data" in denied.policies
    alarm = Alarm.objects.get(pk=denied.alarm)
    assert (alarm.kind, alarm.severity) == ("sensitive", 3)
    assert Event.objects.get(uid=alarm.event).kind == "gate.denied"
    assert not Event.objects.filter(kind="gate.view").exists()


def test_a_colleague_is_not_found_and_the_search_is_alarmed(world):
    person = world.person()
    colleague = world.employee("inbound")
    EmployeeIdentifier.objects.create(
        employee=colleague, kind="phone", token=indexes.lookup_token("phone", "32470000011")
    )
    found = gate.hints(actor=world.actor("inbound"), people=[person.pk], groups=["name"], now=NOW)
    assert found == {}
    assert Alarm.objects.get().kind == "colleague"


def test_who_objected_is_not_reached_for_sales_but_is_served(world):
    person = world.person()
    consent.record_objection(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=consent.Taking(how="letter"),
        now=NOW,
    )
    asked = {"action": "reveal", "groups": ["phone"]}
    assert isinstance(see(world, person, "outbound", CALLBACK, **asked), gate.Denied)
    assert isinstance(see(world, person, "inbound", CALLER, **asked), gate.Revealed)


def test_a_leaver_sees_nothing_even_with_a_session_still_open(world):
    person = world.person()
    employee = world.employee("inbound")
    from duecause.apps.gate.actors import actor_of

    actor = actor_of(employee)
    employee.is_active = False
    employee.save()
    denied = gate.reveal(actor=actor, person=person.pk, reason=CALLER, now=NOW)
    assert isinstance(denied, gate.Denied)
    assert "not-active" in denied.policies


def test_a_job_opens_only_for_the_purpose_it_was_given(world):
    person = world.person()
    job = Actor.job("step-1", "open:release")
    opened = gate.open_for_job(
        actor=job, kind="person", ids=[person.pk], fields=["phone"], why="release", now=NOW
    )
    assert [set(values) for values in opened.values()] == [{"phone"}]
    with pytest.raises(NotPermitted):
        gate.open_for_job(
            actor=job, kind="person", ids=[person.pk], fields=["phone"], why="marketing", now=NOW
        )
    assert Event.objects.filter(kind="gate.job").count() == 1
