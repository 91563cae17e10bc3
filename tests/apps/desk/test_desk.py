"""The agent's way: search, reason, card, source, objection. Nothing leaves that is not permitted."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import Person
from duecause.engine.ids import uuid7
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    return make_world()


def at_desk(world, profile="inbound"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def post(client, path, **data):
    return client.post(path, data, headers={"HX-Request": "true"})


def look(client, person, link="caller", **data):
    return post(client, f"/desk/people/{person.pk}/look/", link=link, **data).content.decode()


def test_a_search_shows_initials_and_town_and_keeps_the_query_out_of_the_address(world):
    world.person(city="Gent")
    page = post(at_desk(world), "/desk/search/", q="0470 00 00 11").content.decode()
    assert "M. T." in page
    assert "Gent" in page
    assert "Peeters" not in page
    assert "32470000011" not in page


def test_a_search_that_fits_many_says_that_these_are_not_all(world):
    for _resident in range(21):  # of a home with one telephone
        world.person()
    page = post(at_desk(world), "/desk/search/", q="0470 00 00 11").content.decode()
    assert page.count("data-row") == 20
    assert "The first 20 persons of more" in page
    assert "20 persons found" not in page


def test_the_card_shows_what_the_profile_needs_and_masks_the_rest(world):
    person = world.person(email="mila@example.org", birth_date="1990-05-05")
    page = look(at_desk(world), person)
    assert "Test-Peeters" in page
    for hidden in ("32470000011", "0470", "mila@example.org", "1990"):
        assert hidden not in page
    assert Event.objects.filter(kind="gate.view", person=person.pk).count() == 1


def test_the_acts_of_a_card_lead_to_its_person_and_are_those_of_the_reader(world):
    one, other = world.person(), world.person()
    client, technician = at_desk(world), at_desk(world, "technician")
    for person in (one, other):
        page = look(client, person)
        assert set(re.findall(r"/desk/people/([^/]+)/", page)) == {str(person.pk)}
        assert f"/desk/people/{person.pk}/objection/" in page
    seen = look(technician, one, link="work_order")
    assert f"/desk/people/{one.pk}/source/" in seen
    assert "/consent/" not in seen
    assert f"/desk/people/{one.pk}/consent/" in look(client, one)


def test_a_masked_value_is_revealed_alone_and_logged(world):
    person = world.person(email="mila@example.org")
    client = at_desk(world)
    look(client, person)
    page = post(client, f"/desk/people/{person.pk}/reveal/", group="phone").content.decode()
    assert "+32470000011" in page.replace("\N{NO-BREAK SPACE}", "")
    assert "mila@example.org" not in page
    assert Event.objects.filter(kind="gate.reveal", person=person.pk).count() == 1


def test_without_a_reason_nothing_is_revealed_and_the_attempt_is_alarmed(world):
    person = world.person()
    page = post(at_desk(world), f"/desk/people/{person.pk}/reveal/", group="phone").content.decode()
    assert "0470" not in page.replace(" ", "")
    alarm = Alarm.objects.get()
    assert alarm.employee is not None
    assert Event.objects.get(uid=alarm.event).kind == "gate.denied"


def test_a_technician_never_gets_a_number(world):
    person = world.person()
    client = at_desk(world, "technician")
    page = look(client, person, link="work_order")
    assert "Test-Peeters" in page
    page += post(client, f"/desk/people/{person.pk}/reveal/", group="phone").content.decode()
    assert not re.search(r"470\s?00\s?00\s?11", page)
    assert Alarm.objects.get().facts["groups"] == ["phone"]


def test_an_unknown_and_a_forbidden_person_get_the_same_answer(world):
    person = world.person()
    client = at_desk(world)
    forbidden = look(client, person, link="work_order")
    unknown = look(client, Person(id=uuid7()), link="work_order")
    assert forbidden == unknown


def test_another_reason_needs_words(world):
    person = world.person()
    client = at_desk(world)
    assert "Test-Peeters" not in look(client, person, link="other", words="because")
    assert "Test-Peeters" in look(client, person, link="other", words="letter came back undeliverable")


def test_the_source_is_said_in_the_persons_language(world):
    person = world.person(language="nl")
    client = at_desk(world)
    look(client, person)
    page = post(client, f"/desk/people/{person.pk}/source/").content.decode()
    assert "het bestelformulier van onze webshop" in page
    assert "3 maart 2026" in page
    assert 'lang="nl"' in page


def test_an_objection_takes_the_widest_scope_unless_told_otherwise(world):
    person = world.person()
    client = at_desk(world)
    look(client, person)
    form = client.get(f"/desk/people/{person.pk}/objection/", headers={"HX-Request": "true"}).content.decode()
    first = form.index('value="all_marketing"')
    assert first < form.index('value="channel"') < form.index('value="erase_me"')
    post(client, f"/desk/people/{person.pk}/objection/")
    assert Objection.objects.get().scope == "all_marketing"


def test_the_card_tells_of_requests_of_the_person_and_of_no_other_duty(world):
    person = world.person()
    client = at_desk(world)
    consent.record_objection(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=datetime.now(UTC),
    )
    open_obligation(
        actor=OPERATOR, kind="feed.tell", now=datetime.now(UTC), systems=["CC-A"], person=person.pk, facts={}
    )
    assert "A request of this person is open" not in look(client, person)
    consent.request_erasure(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=datetime.now(UTC),
    )
    assert look(client, person).count("A request of this person is open") == 1


def test_erase_me_objects_and_opens_the_request(world):
    person = world.person()
    client = at_desk(world)
    look(client, person)
    page = post(client, f"/desk/people/{person.pk}/objection/", scope="erase_me").content.decode()
    assert Obligation.objects.get(kind="rights.erasure_request").person == person.pk
    assert Objection.objects.filter(person=person).exists()
    assert "request to be erased is open" in page


def test_an_unknown_caller_can_object_by_number(world):
    client = at_desk(world)
    page = post(client, "/desk/search/", q="0470 99 99 99").content.decode()
    assert "Record the objection" in page
    post(client, "/desk/objection-by-number/", number="+32 470 99 99 99")
    assert Objection.objects.get().suppressions.count() == 1


def test_consent_is_asked_with_the_exact_words_and_both_answers_count(world):
    world.wording.source = None
    world.wording.save()
    person = world.person(basis="legitimate_interest")
    client = at_desk(world)
    look(client, person)
    path = f"/desk/people/{person.pk}/consent/"
    page = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert world.wording.text in page
    post(client, path, wording=world.wording.pk, answer="no")
    post(client, path, wording=world.wording.pk, answer="yes")
    assert list(ConsentEvent.objects.order_by("at").values_list("state", flat=True)) == ["refused", "given"]


def test_an_administrator_at_the_desk_is_stopped_and_named(world):
    world.person()
    answer = at_desk(world, "administrator").get("/desk/")
    assert answer.status_code == 403
    assert Alarm.objects.get().kind == "function"


def test_a_number_that_fits_two_countries_is_never_guessed(world):
    world.source.__class__.objects.create(
        code="WEB-NL", name="Web shop NL", kind="data_subject", controller=world.controller,
        default_country="NL", default_language="nl", claimed_basis="consent",
    )  # fmt: skip
    client = at_desk(world)
    page = post(client, "/desk/search/", q="0499 99 99 99").content.decode()
    assert "+32 499 99 99 99" in page
    assert "+31 499 999 999" in page
    assert client.post("/desk/objection-by-number/", {"number": "0499 99 99 99"}).status_code == 400
    assert not Objection.objects.exists()
    post(client, "/desk/objection-by-number/", number="+32 499 99 99 99")
    assert Objection.objects.get().suppressions.count() == 1
