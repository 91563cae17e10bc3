"""The life of a datum at the desk: what happened to each field, no value, nothing beyond the profile."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.catalogue.models import Field, Purpose
from duecause.apps.consent import actions as consent
from duecause.apps.dialling import release_actions
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Source
from duecause.apps.register.life import life_of
from duecause.apps.register.models import Person, Record, RecordLink
from duecause.apps.rights.retention_actions import run_retention
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from tests.apps.desk.test_desk import at_desk, look, post
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, keep_by_rules, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
VALUES = ("Mila", "Peeters", "32470000011", "0470", "mila@example.org", "1990")


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


def life(client, person):
    return post(client, f"/desk/people/{person.pk}/life/").content.decode()


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def mila(world):
    """Known, released, and she objected afterwards."""
    person = imported(world, 32470000011, email="mila@example.org", birth_date="1990-05-05")
    release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO())
    consent.record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=consent.Taking(how="call"),
        now=NOW + timedelta(hours=1),
    )  # fmt: skip
    return person


def test_the_moments_of_a_datum_stand_in_their_order_and_no_value_among_them(world, mila):
    client = at_desk(world)
    look(client, mila)
    page = life(client, mila)
    phone = text_of(page).partition("phone")[2].partition("Columns")[0]
    order = [
        "Obtained from Web shop.",
        "We wrote it down from row",
        "Screened for Heat pumps: may be called.",
        "Given to Centre A for Heat pumps.",
        "Objected to marketing of Warm NV",
    ]
    places = [phone.index(words) for words in order]
    assert places == sorted(places)
    for value in VALUES:
        assert value not in page


def test_fields_that_were_not_released_say_nothing_of_the_centre(world, mila):
    client = at_desk(world, "privacy_officer")
    look(client, mila, link="complaint")
    parts = life(client, mila).split('<section class="life-part">')[1:]
    given = {re.search("<h4>(.*?)</h4>", part)[1]: "Given to Centre A" in part for part in parts}
    assert {name for name, told in given.items() if told} == {"first_name · last_name", "phone"}
    assert "birth_date · email" in given


def test_a_look_at_the_life_is_an_event_that_says_so(world, mila):
    client = at_desk(world)
    look(client, mila)
    before = Event.objects.filter(kind="gate.view", person=mila.pk).count()
    life(client, mila)
    assert Event.objects.filter(kind="gate.view", person=mila.pk).count() == before + 1


def test_without_a_reason_or_the_right_profile_nothing_is_told_and_the_attempt_is_alarmed(world, mila):
    assert "Obtained" not in life(at_desk(world), mila)
    technician = at_desk(world, "technician")
    look(technician, mila, link="work_order")
    assert "Obtained" not in life(technician, mila)
    assert Alarm.objects.count() == 2


def test_an_unknown_and_a_forbidden_person_get_the_same_answer(world, mila):
    client = at_desk(world)
    assert life(client, mila) == life(client, Person(id=uuid7()))


def test_fields_that_are_not_for_the_profile_are_only_counted(world, mila):
    """The number neither: she objected, and the call is for sales."""
    client = at_desk(world, "outbound")
    look(client, mila, link="callback")
    page = text_of(life(client, mila))
    assert "3 fields are not for your profile." in page
    assert "email" not in page
    assert "birth_date" not in page


def test_what_nobody_knows_is_said_first(world, mila):
    Source.objects.update(kind=Source.Kind.UNKNOWN)
    client = at_desk(world)
    look(client, mila)
    page = text_of(life(client, mila))
    assert "Of some data nobody knows where they came from" in page
    assert "Nobody knows where it came from." in page
    assert "So it is not used for marketing." in page


def test_a_day_that_nobody_knows_is_said_to_be_unknown(world, mila):
    Record.objects.update(obtained_on=None)
    client = at_desk(world)
    look(client, mila)
    assert "Day not known" in text_of(life(client, mila))


def test_the_sentence_of_the_rule_says_why_two_records_are_one_person(world, mila):
    other = world.person(number=32470000012)
    Record.objects.filter(person=other).update(person=mila)
    one, two = Record.objects.filter(person=mila).order_by("pk")
    RecordLink.objects.create(
        a=one, b=two, state="linked", rule="two_identifiers", decided_by="rule", decided_at=NOW
    )
    client = at_desk(world)
    look(client, mila)
    page = text_of(life(client, mila))
    assert "Counted as the same person as row" in page
    assert "One name, and two things shared of which one is personal" in page


def test_an_erasure_that_was_asked_for_is_told_as_planned(world, mila):
    consent.request_erasure(
        actor=OPERATOR, person=mila, controller=world.controller, taking=consent.Taking(how="call"),
        now=datetime.now(UTC),
    )  # fmt: skip
    planned = [one for one in life_of(mila.pk, now=datetime.now(UTC)) if one.planned]
    assert [one.kind for one in planned] == ["erasure_planned"]
    client = at_desk(world)
    look(client, mila)
    assert "Planned: To be erased by this day" in text_of(life(client, mila))


def test_a_long_life_folds_its_middle_away(world, mila):
    for _each in range(20):
        screen(world)
    client = at_desk(world)
    look(client, mila)
    page = life(client, mila)
    assert re.search(r"\d+ moments in between", page)
    assert page.index("<details") < page.index("moments in between") < page.rindex("Objected to marketing")


def since(person, year):
    day = datetime(year, 1, 1, tzinfo=UTC)
    person.records.update(obtained_on=day.date(), recorded_at=day)


def night():
    job = Actor.job("test", "rights.retention", "open:retention")
    return run_retention(actor=job, run=uuid7(), now=datetime.now(UTC))


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_field_that_a_rule_took_stays_as_a_name_for_those_who_may_know_of_it(world):
    """`outbound` sees no birth dates, so neither that one went."""
    person = world.person(birth_date="1990-05-05")
    since(person, datetime.now(UTC).year - 5)
    keep = Purpose.objects.create(code="keep", name={"en": "Keep"}, legal_basis="contract")
    for field in Field.objects.exclude(code="birth_date"):
        field.purposes.set([keep])
    keep_by_rules(
        (world.sales, None, "obtained", 12, 0, "erase"), (keep, None, "obtained", 240, 0, "erase")
    )  # fmt: skip
    assert night()["fields"] == {"erase": 1}
    officer = at_desk(world, "privacy_officer")
    look(officer, person, link="complaint")
    (part,) = re.findall(r"<h4>birth_date</h4>.*?</section>", life(officer, person), re.S)
    assert "Erased by a rule of retention." in part and "Rule: 12 months after it was obtained" in part
    agent = at_desk(world, "outbound")
    look(agent, person, link="callback")
    page = life(agent, person)
    assert "Planned: To be erased after this day." in page and "birth_date" not in page
    assert "Erased by a rule" not in page


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_record_that_went_as_a_whole_is_named_by_its_source(world, mila):
    newer = world.person(number=32470000012)
    since(mila, 2020)
    Record.objects.filter(person=newer).update(person=mila, obtained_on=datetime.now(UTC).date())
    keep_by_rules((world.sales, None, "obtained", 12, 0, "erase"))
    assert night()["records_whole"] == 1
    client = at_desk(world)
    look(client, mila)
    page = text_of(life(client, mila))
    assert "The whole record was erased by a rule of retention." in page


def test_somebody_without_data_has_an_empty_life(world):
    person = Person.objects.create(language="nl", created_at=NOW)
    client = at_desk(world)
    session = client.session
    until = (datetime.now(UTC) + timedelta(minutes=5)).timestamp()
    session["contacts"] = {str(person.pk): {"link": "caller", "reference": "", "event": "", "until": until}}
    session.save()
    assert "Nothing is kept" in life(client, person)
