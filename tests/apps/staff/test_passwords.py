import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.staff.actions import set_password
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.organisation.files import NOW, OPERATOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Employee:
    return Employee.objects.create(username="anna", display_name="Anna", profile="inbound")


def test_a_new_password_signs_in_and_is_an_event(anna):
    set_password(actor=OPERATOR, username="anna", password="three quiet words", now=NOW)
    anna.refresh_from_db()
    assert anna.check_password("three quiet words")
    assert Event.objects.filter(kind="staff.password_changed").count() == 1


def test_a_short_password_is_refused_without_saying_it(anna):
    with pytest.raises(Refused) as refused:
        set_password(actor=OPERATOR, username="anna", password="hunter2", now=NOW)
    assert "hunter2" not in str(refused.value)
    assert not Event.objects.exists()


def test_an_unknown_employee_is_refused(anna):
    with pytest.raises(Refused, match="There is no employee “bert”"):
        set_password(actor=OPERATOR, username="bert", password="three quiet words", now=NOW)


def test_an_agent_cannot_set_passwords(anna):
    agent = Actor(kind="employee", id=str(anna.pk), functions=frozenset({"desk.use"}))
    with pytest.raises(NotPermitted):
        set_password(actor=agent, username="anna", password="three quiet words", now=NOW)
