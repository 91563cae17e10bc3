"""Each datum of a person: one origin, what was done to it, and exactly those who received it."""

import io
import json
from datetime import date, timedelta
from random import Random

import pytest

from duecause.apps.consent.actions import Taking, request_erasure
from duecause.apps.dialling import hand_out_actions, release_actions
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import Campaign, FeedEntry
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Partner, Source
from duecause.apps.register.correct_actions import Saying, correct
from duecause.apps.register.life import life_of
from duecause.apps.register.link_actions import decide_link, split
from duecause.apps.register.models import Person, Record, RecordLink
from duecause.apps.register.provenance import provenance_of
from duecause.apps.register.provenance_actions import tell_provenance
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import OWN_NUMBERS, load_dncm, screen
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
DAY = timedelta(days=1)
HEADER = "klantnummer;volledige naam;gsm;e-mail;hobby;verkregen op\n"
MAP = {
    "klantnummer": "customer_no",
    "volledige naam": "full_name",
    "gsm": "phone",
    "verkregen op": "obtained_on",
}
MILA = "K1;Mila Peeters;0470 00 00 11;Mila@Example.org;zeilen;03/03/2026\n"


@pytest.fixture
def source(world):
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    seller = Partner.objects.create(code="SELLER", name="Seller BV", kind="list_seller", country="NL")
    return customers(
        world, kind="third_party", party=seller, contract_reference="S-1", claimed_basis="legitimate_interest"
    )


def bring(source, rows, *, at=NOW, name="list.csv", header=HEADER):
    return take(source, header + rows, now=at, file_name=name, explicit_map=MAP)


def data(person, now=NOW):
    return {datum.field: datum for datum in provenance_of(person.pk, now=now).data}


def release(world, source, **given):
    """As data of our own: nobody has been told of those of another company yet, so they would stay back."""
    Source.objects.filter(pk=source.pk).update(kind=Source.Kind.CONTROLLER, party=None)
    Campaign.objects.update(countries=["BE", "NL"])
    dial_list = screen(world, sources=[source.code], **given)
    when = given.get("now", NOW)
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=when, out=io.BytesIO())


def test_a_datum_tells_source_party_contract_day_file_and_row(source):
    bring(source, MILA)
    [person] = Person.objects.all()
    origin = data(person)["email"].origin
    assert (origin.source, origin.source_kind, origin.party, origin.contract_reference) == (
        "CUSTOMERS", "third_party", "SELLER", "S-1",
    )  # fmt: skip
    assert (origin.obtained_on, origin.told_by, origin.missing) == (date(2026, 3, 3), "row", ())
    assert (origin.file, origin.row, origin.noted_at) == ("list.csv", 2, NOW)


def test_a_day_that_the_source_as_a_whole_states_is_told_as_such(source):
    source.obtained_on = date(2025, 1, 31)
    source.save()
    bring(source, "K1;Mila Peeters;0470 00 00 11;;;\n")
    [person] = Person.objects.all()
    assert (data(person)["phone"].origin.obtained_on, data(person)["phone"].origin.told_by) == (
        date(2025, 1, 31), "source",
    )  # fmt: skip


def test_what_the_import_did_to_a_value_is_told(source):
    bring(source, MILA)
    [person] = Person.objects.all()
    done = {field: [one.code for one in datum.handled] for field, datum in data(person).items()}
    assert done["first_name"] == done["last_name"] == ["name_split"]
    assert done["phone"] == ["column", "number_normalised", "country_assumed"]
    assert done["email"] == ["column", "email_normalised"]
    assert [one.what.text for one in data(person)["phone"].handled][-1].endswith("a number of BE.")
    [record] = provenance_of(person.pk, now=NOW).records.values()
    assert (record.source, record.dropped) == ("CUSTOMERS", ("hobby",))


def test_a_correction_changes_the_origin_of_what_it_changed_and_of_nothing_else(source):
    bring(source, MILA, name="march.csv")
    later = NOW + 10 * DAY
    bring(
        source,
        MILA.replace("0470 00 00 11", "0470 00 00 12").replace("03/03", "20/10"),
        at=later,
        name="october.csv",
    )
    [person] = Person.objects.all()
    found = data(person, later)
    assert (found["phone"].origin.file, found["phone"].origin.obtained_on) == (
        "october.csv",
        date(2026, 10, 20),
    )
    assert (found["email"].origin.file, found["email"].origin.obtained_on) == ("march.csv", date(2026, 3, 3))
    assert [(one.file, one.at) for one in found["phone"].changes] == [
        ("march.csv", NOW),
        ("october.csv", later),
    ]
    assert [one.file for one in found["email"].changes] == ["march.csv"]


def test_what_the_person_corrects_comes_from_the_person(world, source):
    bring(source, MILA)
    release(world, source)
    [person] = Person.objects.all()
    later = NOW + DAY
    correct(
        actor=OPERATOR, person=person, field="first_name", value="Milla", saying=Saying(), now=later
    )  # fmt: skip
    found = data(person, later)
    assert (found["first_name"].origin.by_person, found["first_name"].origin.source) == (True, "")
    assert found["first_name"].origin.obtained_on == later.date()
    assert [one.by_person for one in found["first_name"].changes] == [False, True]
    assert [one.value for one in found["first_name"].recipients] == ["older"]
    assert (found["last_name"].origin.by_person, found["last_name"].origin.source) == (False, "CUSTOMERS")


def test_a_recipient_got_the_fields_of_the_campaign_and_no_other(world, source):
    bring(source, MILA)
    made = release(world, source)
    Campaign.objects.update(release_fields=["email"])  # what it says later does not count
    [person] = Person.objects.all()
    got = {field: [one.release for one in datum.recipients] for field, datum in data(person).items()}
    assert got == {
        "first_name": [made.pk], "last_name": [made.pk], "phone": [made.pk], "email": [], "customer_no": [],
    }  # fmt: skip


def test_who_got_an_older_value_is_told_so(world, source):
    bring(source, MILA)
    release(world, source)
    later = NOW + 2 * DAY
    bring(source, MILA.replace("0470 00 00 11", "0470 00 00 12"), at=later, name="new.csv")
    [person] = Person.objects.all()
    found = data(person, later)
    assert [(one.code, one.value, one.sure) for one in found["phone"].recipients] == [("CC-A", "older", True)]
    assert [one.value for one in found["first_name"].recipients] == ["same"]


def test_a_list_of_before_duecause_counts_for_the_number_and_perhaps_for_its_other_columns(world, source):
    file = ListFile(name="former.csv", data=b"tel;e-mail\n0470000011;mila@example.org\n")
    hand_out_actions.record_hand_out(
        actor=OPERATOR, campaign=world.campaign, centre=world.centre, file=file, country="BE",
        on=date(2024, 5, 6), now=NOW,
    )  # fmt: skip
    bring(source, MILA, at=NOW + DAY)  # the register knows the number only afterwards
    [person] = Person.objects.all()
    found = data(person, NOW + DAY)
    assert [(one.former, one.value, one.sure) for one in found["phone"].recipients] == [(True, "same", True)]
    assert [one.sure for one in found["email"].recipients] == [False]
    assert found["first_name"].recipients == ()


def test_a_withdrawn_basis_is_the_basis_of_a_datum_no_longer(world):
    header = "klantnummer;voornaam;gsm;toestemming\n"
    row = "K1;Mila;0470000011;{}\n"
    mapped = {
        "klantnummer": "customer_no",
        "voornaam": "first_name",
        "gsm": "phone",
        "toestemming": "consent_text",
    }
    take(world.source, header + row.format("v4"), explicit_map=mapped, file_name="a.csv")
    [person] = Person.objects.all()
    assert data(person)["phone"].origin.consent.version == "v4"
    take(world.source, header + row.format("nonsense"), explicit_map=mapped, file_name="b.csv", now=NOW + DAY)
    record = Record.objects.get()
    assert record.basis == "unknown"
    assert [entry["basis"] for entry in record.history] == ["consent", "unknown"]


def test_a_split_waits_for_an_open_request_and_leaves_each_record_its_origin_and_recipients(world, source):
    bring(source, MILA + "K2;Milla Peeters;0470 00 00 11;;;\n")
    release(world, source)
    one, two = Record.objects.order_by("row")
    link = RecordLink.objects.filter(a__in=[one, two], b__in=[one, two]).first()
    if link is None:
        first, second = sorted([one, two], key=lambda record: record.pk)
        link = RecordLink.objects.create(
            a=first, b=second, state="suggested", rule="alike", decided_by="rule", decided_at=NOW
        )
    if link.state == "suggested":
        decide_link(actor=OPERATOR, link=link, same=True, now=NOW)
    person = Record.objects.get(pk=one.pk).person
    request_erasure(
        actor=OPERATOR, person=person, controller=world.controller, taking=Taking(how="call"), now=NOW
    )
    before = {(datum.record, datum.field): datum for datum in provenance_of(person.pk, now=NOW).data}
    link.refresh_from_db()
    with pytest.raises(Refused):
        split(actor=OPERATOR, link=link, now=NOW + DAY)
    known = provenance_of(person.pk, now=NOW).data
    assert {(datum.record, datum.field): datum for datum in known} == before
    Obligation.objects.filter(person=person.pk).update(state=Obligation.State.DONE)
    split(actor=OPERATOR, link=link, now=NOW + DAY)
    people = set(Record.objects.values_list("person", flat=True))
    assert len(people) == 2
    after = {
        (datum.record, datum.field): datum for each in people for datum in provenance_of(each, now=NOW).data
    }
    assert after == before
    assert any(datum.recipients for datum in after.values())
    kinds = {happened.kind for each in people for happened in life_of(each, now=NOW + DAY)}
    assert "separated" in kinds


def test_the_answer_for_programs_holds_no_value_and_is_an_event(world, source):
    bring(source, MILA)
    release(world, source)
    [person] = Person.objects.all()
    told = tell_provenance(actor=OPERATOR, person=person, now=NOW)
    text = json.dumps(told)
    for value in ("Mila", "Peeters", "0470", "32470000011", "example.org", "zeilen"):
        assert value not in text
    assert {datum["field"] for datum in told["data"]} == set(Record.objects.get().fields)
    assert [one["kind"] for one in told["happened"] if not one["planned"]] == ["screened"]
    assert Event.objects.filter(kind="register.provenance_told", person=person.pk).count() == 1
    with pytest.raises(NotPermitted):
        tell_provenance(actor=Actor.job("step"), person=person, now=NOW)


def row_of(number, fields, place):
    """A file of one row that holds these fields, each with a value of this file alone: no rule may find two
    examples to be one human, and no two files may have the same bytes."""
    unique = f"{number}-{place}"
    values = {"customer_no": f"C{number}", "phone": f"0{number}", "serial": unique}
    values |= {name: f"e{unique}@example.org" if name == "email" else unique for name in sorted(fields)}
    text = ";".join(values) + "\n" + ";".join(values.values()) + "\n"
    return text, {name: name for name in values if name != "serial"}


@pytest.mark.parametrize("seed", range(4))
def test_every_field_has_one_origin_and_its_recipients_are_the_releases_that_carried_it(world, source, seed):
    """Files that add, change and drop fields, releases of changing fields between them: against a plain list
    of what happened."""
    random = Random(seed)
    number, came, carried = 470_000_001, {}, {}
    for place in range(7):
        fields = {name for name in ("first_name", "last_name", "email", "city") if random.random() < 0.5}
        at = NOW + place * DAY / 50
        if place == 0 or random.random() < 0.5:
            text, columns = row_of(number, fields, place)
            take(source, text, now=at, file_name=f"{place}.csv", explicit_map=columns)
            came = dict.fromkeys(fields, place) | dict.fromkeys(("phone", "customer_no"), 0)
        else:
            FeedEntry.objects.update(acknowledged_at=at)  # the centre has heard of each correction
            Campaign.objects.update(release_fields=sorted(fields))
            made = release(world, source, now=at, campaign=Campaign.objects.get())
            carried[made.pk] = {"phone", *(fields & came.keys())}
    [person] = Person.objects.all()
    found = provenance_of(person.pk, now=NOW + DAY).data
    assert sorted(datum.field for datum in found) == sorted(came)
    for datum in found:
        assert datum.origin.file == f"{came[datum.field]}.csv"
        expected = {pk for pk, names in carried.items() if datum.field in names}
        assert {one.release for one in datum.recipients} == expected
