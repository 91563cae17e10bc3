"""The case of an employee is asked about, explained, decided by somebody else, and closes its alarms."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from duecause.apps.gate import actions as gate
from duecause.apps.gate import case_actions as cases
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Alarm, Case, StaffNotice
from duecause.apps.ledger.models import Event
from duecause.cli.alarms import alarms_group
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.support.world import NOW, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")
DAY = timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def officer(world):
    return world.actor("privacy_officer")


def blocked(employee, person, at=NOW):
    gate.reveal(actor=actor_of(employee), person=person.pk, reason=CALLER, now=at, groups=["bank"])


def case_of(world):
    employee = world.employee("inbound")
    blocked(employee, world.person())
    return employee, Case.objects.get(employee=employee)


def test_alarms_of_a_week_gather_and_a_later_one_begins_another(world):
    employee, person = world.employee("inbound"), world.person()
    for days in (0, 2, 6, 8):
        blocked(employee, person, NOW + days * DAY)
    assert sorted(case.alarms.count() for case in Case.objects.all()) == [1, 3]


def test_the_employee_is_asked_once_and_what_they_write_is_read_by_the_officer(world, officer):
    employee, case = case_of(world)
    assert cases.ask(actor=officer, case=case, now=NOW)
    assert not cases.ask(actor=officer, case=case, now=NOW)
    notice = StaffNotice.objects.get(employee=employee, kind="asked")
    cases.give_reason(actor=actor_of(employee), notice=notice, words="She asked about her bill", now=NOW)
    assert [words for _at, words in cases.reasons_of(actor=officer, case=case, now=NOW)] == [
        "She asked about her bill"
    ]
    assert Event.objects.filter(kind="gate.case_read").count() == 1
    case.refresh_from_db()
    assert case.state == "explained"


@pytest.mark.parametrize(
    ("outcome", "state", "closed_as"),
    [
        ("mistake", "closed", "mistake"),
        ("justified", "closed", "explained"),
        ("unjustified", "confirmed", "unjustified"),
    ],
)
def test_a_decision_closes_the_alarms_and_confirms_what_was_unjustified(
    world, officer, outcome, state, closed_as
):
    _employee, case = case_of(world)
    assert cases.decide(actor=officer, case=case, outcome=outcome, now=NOW)
    assert not cases.decide(actor=officer, case=case, outcome="mistake", now=NOW)
    case.refresh_from_db()
    assert (case.state, case.outcome) == (state, outcome)
    assert set(Alarm.objects.filter(case=case).values_list("state", "outcome")) == {("closed", closed_as)}


def test_a_confirmed_case_is_closed_when_what_follows_is_done(world, officer):
    _employee, case = case_of(world)
    cases.decide(actor=officer, case=case, outcome="unjustified", now=NOW)
    assert cases.close(actor=officer, case=case, now=NOW)
    case.refresh_from_db()
    assert case.state == "closed"


def test_nobody_decides_their_own_case_and_no_agent_decides_any(world, officer):
    _employee, case = case_of(world)
    Case.objects.filter(pk=case.pk).update(employee=officer.id)
    case.refresh_from_db()
    with pytest.raises(Refused, match="about you"):
        cases.decide(actor=officer, case=case, outcome="mistake", now=NOW)
    with pytest.raises(NotPermitted):
        cases.decide(actor=world.actor("inbound"), case=case, outcome="mistake", now=NOW)


def test_an_escalated_case_is_told_to_the_other_officers(world, officer):
    _employee, case = case_of(world)
    other = world.employee("privacy_officer")
    assert cases.escalate(actor=officer, case=case, now=NOW)
    assert not cases.escalate(actor=officer, case=case, now=NOW)
    assert list(StaffNotice.objects.filter(kind="alarm").values_list("employee", flat=True)) == [other.pk]


def run(*arguments):
    return CliRunner().invoke(alarms_group, arguments, catch_exceptions=False)


def test_the_operator_files_papers_and_decides_from_the_command_line(world):
    _employee, case = case_of(world)
    assert "missing: notice, basis" in run("measures").output
    filed = run("file", "employer_alarms", "basis", "--reference", "HR-17", "--dated", "2026-11-01")
    assert filed.exit_code == 0
    assert "employer_alarms  off; missing: notice, assessment, works_council" in run("measures").output
    assert run("withdraw", "employer_alarms", "basis").exit_code == 0
    assert "employer_alarms  off; missing: notice, basis" in run("measures").output
    assert str(case.pk) in run("cases").output
    assert run("decide", str(case.pk), "mistake").output == "Decided.\n"
