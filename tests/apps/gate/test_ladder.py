"""A blocked attempt is told; several slow the account down, more lock it; the customer on the line stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from duecause.apps.gate import actions as gate
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.ladder import LIMITED, LOCKED
from duecause.apps.gate.models import Alarm, Case, MeasurePaper, StaffNotice
from duecause.apps.ledger.models import Event
from duecause.apps.staff.account_actions import unlock
from duecause.apps.staff.models import Employee, EmployeeIdentifier, Team
from duecause.apps.vault import indexes
from duecause.engine.problems import Refused
from duecause.packs.activation import PAPERS
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    return make_world()


def blocked(employee, person, *, at, groups=("bank",), action="view"):
    denied = gate.reveal(
        actor=actor_of(employee), person=person.pk, reason=CALLER, now=at, groups=groups, action=action
    )
    assert isinstance(denied, gate.Denied)
    return denied


def blocked_times(count, employee, person, *, since=NOW, every=MINUTE):
    for n in range(count):
        blocked(employee, person, at=since + n * every)
    employee.refresh_from_db()


def with_lead(world, employee):
    """The employee, and a lead of the same team."""
    team, _ = Team.objects.get_or_create(code="T1", defaults={"name": "Team 1"})
    lead = world.employee("team_lead")
    Employee.objects.filter(pk__in=[employee.pk, lead.pk]).update(team=team)
    employee.refresh_from_db()
    return lead


def told(employee):
    return list(StaffNotice.objects.filter(employee=employee).values_list("kind", flat=True))


def may_tell_the_employer():
    for kind in PAPERS:
        MeasurePaper.objects.create(
            measure="employer_alarms",
            kind=kind,
            reference="HR-1",
            dated=NOW.date() - timedelta(days=30),
            filed_by=OPERATOR.ref,
            filed_at=NOW,
        )


def test_the_first_blocked_attempt_is_told_to_the_employee_and_opens_a_case(world):
    employee, person = world.employee("inbound"), world.person()
    denied = blocked(employee, person, at=NOW)
    assert told(employee) == ["blocked"]
    assert Alarm.objects.get(pk=denied.alarm).case == Case.objects.get(employee=employee)
    assert employee.limited_until is None


def test_the_third_within_ten_minutes_slows_down_and_the_fifth_locks(world):
    employee, person = world.employee("inbound"), world.person()
    blocked_times(2, employee, person)
    assert employee.limited_until is None
    blocked(employee, person, at=NOW + 2 * MINUTE)
    employee.refresh_from_db()
    assert employee.limited_until == NOW + 62 * MINUTE
    assert Alarm.objects.filter(kind=LIMITED, employee=employee).count() == 1
    blocked_times(2, employee, person, since=NOW + 3 * MINUTE)
    assert employee.locked_at == NOW + 4 * MINUTE
    assert Alarm.objects.filter(kind=LOCKED, employee=employee).count() == 1
    assert Event.objects.filter(kind="staff.account_locked").count() == 1


def test_attempts_further_apart_than_the_window_lead_to_nothing(world):
    employee, person = world.employee("inbound"), world.person()
    blocked_times(6, employee, person, every=5 * MINUTE)
    assert (employee.limited_until, employee.locked_at) == (None, None)


def test_one_critical_attempt_locks_at_once(world):
    employee, person = world.employee("inbound"), world.person()
    blocked(employee, person, at=NOW, action="export")
    employee.refresh_from_db()
    assert employee.locked_at == NOW


def test_a_search_that_meets_five_colleagues_is_one_attempt(world):
    employee = world.employee("inbound")
    people = []
    for n in range(5):
        people.append(world.person(number=32470000020 + n).pk)
        token = indexes.lookup_token("phone", str(32470000020 + n))
        EmployeeIdentifier.objects.create(employee=world.employee("inbound"), kind="phone", token=token)
    gate.hints(actor=actor_of(employee), people=people, groups=["name"], now=NOW)
    employee.refresh_from_db()
    assert Alarm.objects.filter(kind="colleague").count() == 5
    assert (employee.limited_until, employee.locked_at) == (None, None)


def test_the_employer_is_told_only_once_that_may_run_and_the_employee_always(world):
    employee, person, officer = world.employee("inbound"), world.person(), world.employee("privacy_officer")
    lead = with_lead(world, employee)
    blocked_times(3, employee, person)
    assert (told(lead), told(officer)) == ([], [])
    assert told(employee).count("blocked") == 3
    may_tell_the_employer()
    blocked_times(2, employee, person, since=NOW + 3 * MINUTE)
    assert (told(lead), told(officer)) == (["alarm"], ["alarm"])


def test_a_lead_who_is_the_one_concerned_is_not_told_as_lead(world):
    may_tell_the_employer()
    concerned, person, officer = (
        world.employee("team_lead"),
        world.person(),
        world.employee("privacy_officer"),
    )
    other = with_lead(world, concerned)
    blocked_times(3, concerned, person)
    assert "alarm" not in told(concerned)
    assert (told(other), told(officer)) == (["alarm"], ["alarm"])


def test_a_slowed_account_looks_up_one_person_at_a_time_and_goes_on_with_the_one_in_hand(world):
    employee, person, other = world.employee("inbound"), world.person(), world.person(number=32470000031)
    actor = actor_of(employee)
    seen = gate.reveal(actor=actor, person=person.pk, reason=CALLER, now=NOW)
    blocked_times(3, employee, person, since=NOW + MINUTE)
    at = NOW + 4 * MINUTE
    first = gate.reveal(actor=actor, person=other.pk, reason=CALLER, now=at)
    again = gate.reveal(actor=actor, person=other.pk, reason=CALLER, now=at + timedelta(seconds=10))
    assert isinstance(first, gate.Revealed)
    assert isinstance(again, gate.Slowed)
    assert again.wait == timedelta(seconds=20)
    in_hand = Reason(link="caller", purpose="customer_care", earlier=str(seen.event))
    assert isinstance(
        gate.reveal(actor=actor, person=person.pk, reason=in_hand, now=at + timedelta(seconds=11)),
        gate.Revealed,
    )
    assert isinstance(
        gate.reveal(actor=actor, person=other.pk, reason=CALLER, now=at + timedelta(seconds=30)),
        gate.Revealed,
    )
    assert Alarm.objects.filter(kind=LOCKED).count() == 0


def test_a_search_out_of_turn_says_that_it_waits_and_not_that_nobody_was_found(world):
    employee, person = world.employee("inbound"), world.person()
    blocked_times(3, employee, person, since=datetime.now(UTC) - MINUTE)
    client = Client()
    client.force_login(employee)
    first, second = (
        client.post(reverse("desk:search"), {"q": "+32470000011"}).content.decode() for _ in range(2)
    )
    assert "Your look-ups are slowed down" not in first
    assert "Your look-ups are slowed down" in second and "Nobody here for you" not in second


def test_a_locked_account_finishes_the_contact_it_had_begun_and_nothing_else(world):
    employee, person, other = world.employee("inbound"), world.person(), world.person(number=32470000031)
    actor = actor_of(employee)
    seen = gate.reveal(actor=actor, person=person.pk, reason=CALLER, now=NOW)
    blocked_times(5, employee, other, since=NOW + MINUTE)
    assert employee.locked_at
    in_hand = Reason(link="caller", purpose="customer_care", earlier=str(seen.event))
    asked = {"actor": actor, "reason": in_hand, "action": "reveal", "groups": ["phone"]}
    at = NOW + 7 * MINUTE
    assert isinstance(gate.reveal(person=person.pk, now=at, **asked), gate.Revealed)
    assert isinstance(gate.reveal(person=other.pk, now=at, **asked), gate.Denied)
    assert isinstance(gate.reveal(person=person.pk, now=NOW + 40 * MINUTE, **asked), gate.Denied)


def test_an_account_is_opened_by_another_with_a_reason_and_counts_from_then(world):
    employee, person = world.employee("inbound"), world.person()
    blocked_times(5, employee, person)
    with pytest.raises(Refused, match="10 characters"):
        unlock(actor=OPERATOR, employee=employee, reason="ok", now=NOW + 6 * MINUTE)
    assert unlock(
        actor=OPERATOR, employee=employee, reason="Spoke with her: a wrong key", now=NOW + 6 * MINUTE
    )
    assert not unlock(actor=OPERATOR, employee=employee, reason="Spoke with her again", now=NOW + 6 * MINUTE)
    employee.refresh_from_db()
    blocked(employee, person, at=NOW + 7 * MINUTE)
    employee.refresh_from_db()
    assert (employee.locked_at, employee.limited_until) == (None, None)
    assert Event.objects.filter(kind="staff.account_unlocked").count() == 1


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_attempts_at_the_same_time_are_all_counted():
    world = make_world()
    employee, person = world.employee("inbound"), world.person()
    for n in range(3):
        blocked(employee, person, at=NOW + n * timedelta(seconds=1))

    def attempt(n):
        try:
            return blocked(employee, person, at=NOW + timedelta(seconds=10 + n))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(attempt, range(4)))) == 4
    employee.refresh_from_db()
    assert employee.locked_at is not None
    assert Alarm.objects.filter(kind=LOCKED).count() == 1
    assert Event.objects.filter(kind="staff.account_locked").count() == 1
    assert Case.objects.count() == 1


def sign_in(client, world):
    employee = world.employee("inbound")
    client.force_login(employee)
    return employee


def look(client, person, link="caller"):
    return client.post(reverse("desk:look", args=[person.pk]), {"link": link})


def lock_now(employee, person):
    now = datetime.now(UTC)
    for n in range(5):
        blocked(employee, person, at=now + timedelta(milliseconds=n))


def test_the_notice_stands_on_the_next_page_and_goes_once_a_reason_is_given(world, client):
    employee, person = sign_in(client, world), world.person()
    blocked(employee, person, at=datetime.now(UTC))
    page = client.get(reverse("desk:home")).content.decode()
    assert "was blocked (Bank account)" in page
    assert "Mila" not in page
    notice = StaffNotice.objects.get()
    sent = client.post(
        reverse("gate:reason", args=[notice.pk]), {"words": "The caller asked about her invoice"}
    )
    assert sent.status_code == 302
    case = Case.objects.get()
    assert case.state == "explained"
    assert b"invoice" not in bytes(case.reasons.get().words)
    assert "was blocked" not in client.get(reverse("desk:home")).content.decode()


def test_nobody_answers_for_another(world, client):
    employee, person = world.employee("inbound"), world.person()
    blocked(employee, person, at=datetime.now(UTC))
    sign_in(client, world)
    answer = client.post(reverse("gate:reason", args=[StaffNotice.objects.get().pk]), {"words": "x" * 30})
    assert answer.status_code == 404


def test_a_lock_leaves_the_session_the_customer_on_the_line_and_nothing_else(world, client):
    employee, person, other = sign_in(client, world), world.person(), world.person(number=32470000031)
    assert "Mila" in look(client, person).content.decode()
    lock_now(employee, other)
    assert "Mila" in look(client, person).content.decode()
    shown = client.post(reverse("desk:reveal", args=[person.pk]), {"group": "phone"})
    assert "470" in shown.content.decode()
    assert client.get(reverse("desk:home")).status_code == 403
    refused = look(client, other)
    assert refused.status_code == 403
    assert "Mila" not in refused.content.decode()
    assert client.get(reverse("gate:mine")).status_code == 200


def test_a_lock_without_anybody_on_the_line_ends_the_session(world, client):
    employee, person = sign_in(client, world), world.person()
    lock_now(employee, person)
    assert client.get(reverse("desk:home")).status_code == 302
    assert Alarm.objects.filter(kind="account").exists()
