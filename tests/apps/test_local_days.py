"""An hour before midnight UTC it is the next day in Brussels, and there the law counts its days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.queries import ConsentQuestion, consenting_people
from duecause.apps.consent.register_load_actions import load_register
from duecause.apps.desk.sentences import where_from
from duecause.apps.dialling.checking import check
from duecause.apps.gate.facts import Asking, Reason, facts_for
from duecause.apps.register.models import Record
from duecause.engine.problems import Refused
from duecause.web.templatetags.formats import day as shown
from tests.apps.register.lists import customers, outcomes, take
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LATE = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
THERE = date(2026, 11, 3)
CALL = consent.Taking(how="call")


@pytest.fixture
def world():
    return make_world()


def load(version_date):
    register = NationalRegister.objects.create(code="BE-DNCM", country="BE", name="Do Not Call Me")
    return load_register(
        actor=OPERATOR, register=register, data=b"0470000011;2015-07-11\n", file_name="dncm.txt",
        version_date=version_date, now=LATE,
    )  # fmt: skip


def test_a_register_published_today_in_its_country_is_loaded(world):
    assert load(THERE).version.state == "active"


def test_a_register_of_tomorrow_is_still_refused(world):
    with pytest.raises(Refused):
        load(THERE + timedelta(days=1))


def test_a_request_to_erase_is_due_a_month_after_the_day_of_the_person_and_until_its_end(world):
    person = world.person()
    asked = {"actor": OPERATOR, "person": person, "controller": world.controller, "taking": CALL, "now": LATE}
    _, obligation = consent.request_erasure(**asked)
    assert shown(obligation.due_at) == shown(date(2026, 12, 3))
    assert obligation.due_at == datetime(2026, 12, 3, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("on", "holds"), [(date(2026, 11, 2), False), (THERE, True)])
def test_a_consent_holds_from_the_day_it_was_given_on(world, on, holds):
    person = world.person(basis="contract")
    record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=True,
        saying=Saying(act="spoken_yes"), now=LATE,
    )  # fmt: skip
    question = ConsentQuestion(world.controller, world.sales, "call", on)
    assert (person.pk in consenting_people(question)) == holds


@pytest.mark.parametrize(("first", "read"), [(THERE, True), (THERE + timedelta(days=1), False)])
def test_a_wording_may_be_read_from_its_first_day_on(world, first, read):
    wording = world.spoken_wording
    wording.valid_from = first
    wording.save()
    saying = Saying(act="spoken_yes")
    asked = {"actor": OPERATOR, "wording": wording, "channel": "call", "given": True, "saying": saying}
    if read:
        assert record_consent(**asked, person=world.person(), now=LATE)
    else:
        with pytest.raises(Refused):
            record_consent(**asked, person=world.person(), now=LATE)


def test_an_objection_is_told_with_its_day(world):
    person = world.person(number=32470000011)
    consent.record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=CALL, now=LATE
    )
    checked = check(
        actor=OPERATOR, number="+32470000011", campaign=world.campaign, now=LATE + timedelta(minutes=5)
    )
    assert {finding.params["since"] for finding in checked.findings if finding.code == "objection"} == {THERE}


def test_the_sentence_about_the_source_names_the_day_there(world):
    person = world.person(basis="contract")
    Record.objects.filter(person=person).update(obtained_on=None, recorded_at=LATE)
    said = where_from(list(Record.objects.filter(person=person)), [], "en", on=THERE)
    assert "3 November 2026" in said.text


def test_a_row_dated_today_there_is_not_of_the_future(world):
    batch = take(
        customers(world), "voornaam;email;datum\nMila;m@example.org;2026-11-03\n", now=LATE,
        explicit_map={"datum": "obtained_on"},
    )  # fmt: skip
    assert outcomes(batch) == {2: "stored"}
    assert Record.objects.get(source__code="CUSTOMERS").obtained_on == THERE


def test_a_certificate_that_ends_today_is_over_when_today_is(world):
    employee = world.employee("outbound")
    employee.trained_until = date(2026, 11, 2)
    asking = Asking(world.actor("outbound"), world.person().pk, Reason("caller", "customer_care"), LATE)
    assert not facts_for(asking, employee).trained
