"""What a person puts right: in every record that says the same, kept apart from the source, and not undone by
the next file."""

import pytest

from duecause.apps.gate.actions import Denied
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.register import writing
from duecause.apps.register.correct_actions import Saying, correct
from duecause.apps.register.history import source_of, statements_of
from duecause.apps.register.models import Correction, DialFact, ImportRow, Lookup, Person, Record
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import bury_keys
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
OLD, NEW = 32470000011, 32470000099
ON_THE_LINE = Reason(link="caller", purpose="customer_care")


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def source(world):
    return customers(world)


def file(source, *, first="Mila", last="Test-Peeters", phone=OLD, city="Gent", now=NOW, columns=True):
    head = "customer number,first name,last name,phone,city" if columns else "customer number,last name"
    row = f"K-1,{first},{last},+{phone},{city}" if columns else f"K-1,{last}"
    return take(source, f"{head}\n{row}", now=now)


@pytest.fixture
def mila(source):
    file(source)
    return Person.objects.get(records__source=source)


def put_right(person, field="last_name", value="Test-Janssens", **given):
    given = {"actor": OPERATOR, "saying": Saying(how="letter", reference="L-7"), "now": NOW, **given}
    return correct(person=person, field=field, value=value, **given)


def holds(person, opened):
    """Values of the person's records, as a set per field."""
    found = {}
    for values in opened(person).values():
        for name, value in values.items():
            found.setdefault(name, set()).add(value)
    return found


@pytest.fixture
def opened():
    from duecause.apps.gate.actions import open_for_job
    from duecause.engine.actor import Actor

    def read(person):
        fields = {name for record in person.records.all() for name in record.fields}
        actor = Actor.job("test", "open:test")
        return open_for_job(actor=actor, kind="person", ids=[person.pk], fields=fields, why="test", now=NOW)

    return read


def test_the_right_value_is_stored_and_the_person_is_its_source(mila, opened):
    done = put_right(mila)
    assert holds(mila, opened)["last_name"] == {"Test-Janssens"}
    kept = Correction.objects.get()
    assert (kept.act, kept.field, kept.how, kept.reference) == (done.act, "last_name", "letter", "L-7")
    assert kept.record.changed_at == NOW


def test_the_previous_value_stays_sealed_with_its_record_and_dies_with_its_key(mila):
    from duecause.apps.vault.opening import Sealed, open_many
    from duecause.apps.vault.opening import open_many as read

    put_right(mila)
    kept = Correction.objects.get()
    sealed = Sealed(kept.record_id, "identity", "register.previous", bytes(kept.previous))
    assert read([sealed]) == [{"last_name": "Test-Peeters"}]
    assert b"Peeters" not in bytes(kept.previous)
    bury_keys({kept.record_id: ["identity"]}, now=NOW)
    assert open_many([sealed]) == [None]
    kept.record.delete()
    assert not Correction.objects.exists()


def test_the_person_is_the_origin_of_the_field_until_the_source_says_something_new(source, mila):
    put_right(mila)
    file(source, city="Brugge")
    known = statements_of(Record.objects.get())
    assert source_of("last_name", known).batch is None, "no file: the person"
    assert source_of("city", known).batch == Record.objects.get().batch_id


def test_a_person_is_found_and_dialled_by_the_new_number_only(mila):
    put_right(mila, "phone", f"+{NEW}")
    phones = Lookup.objects.filter(kind="phone").values_list("token", flat=True)
    assert [bytes(token) for token in phones] == [indexes.lookup_token("phone", str(NEW))]
    assert bytes(DialFact.objects.get().token) == indexes.dial_token(NEW)


def test_every_record_that_says_the_same_is_put_right_whatever_it_calls_its_numbers(
    world, source, mila, opened
):
    other = customers(world, "SHOP")
    take(other, f"customer number,first name,last name,mobile\nS-9,Mila,Test-Peeters,+{OLD}")
    Record.objects.filter(source=other).update(person=mila)
    DialFact.objects.filter(record__source=other).update(person=mila)
    done = put_right(mila, "phone", f"+{NEW}")
    assert len(done.records) == 2
    found = holds(mila, opened)
    assert found["phone"] == found["phone_mobile"] == {f"+{NEW}"}


def test_where_sources_differ_the_wrong_one_must_be_named(world, source, mila, opened):
    other = customers(world, "SHOP")
    take(other, "customer number,last name,city\nS-9,Test-Peeters,Brugge")
    Record.objects.filter(source=other).update(person=mila)
    with pytest.raises(Refused, match="2 different values"):
        put_right(mila, "city", "Antwerpen")
    wrong = Record.objects.get(source=other).pk
    put_right(mila, "city", "Antwerpen", record_id=wrong)
    assert holds(mila, opened)["city"] == {"Gent", "Antwerpen"}


def test_what_is_missing_is_completed(mila, opened):
    put_right(mila, "email", "Mila@Example.ORG")
    assert holds(mila, opened)["email"] == {"mila@example.org"}
    assert Lookup.objects.filter(kind="email").count() == 1


def test_a_file_that_repeats_what_was_wrong_does_not_undo_it(source, mila, opened):
    put_right(mila)
    again = file(source, city="Gent ")
    row = ImportRow.objects.get(batch=again)
    assert (row.outcome, [each["code"] for each in row.problems]) == ("unchanged", ["person_corrected"])
    assert holds(mila, opened)["last_name"] == {"Test-Janssens"}


def test_what_else_that_file_brings_is_taken(source, mila, opened):
    put_right(mila, "phone", f"+{NEW}")
    row = ImportRow.objects.get(batch=file(source, city="Brugge"))
    assert (row.outcome, row.changes) == ("updated", ["city"])
    found = holds(mila, opened)
    assert (found["city"], found["phone"]) == ({"Brugge"}, {f"+{NEW}"})
    assert bytes(DialFact.objects.get().token) == indexes.dial_token(NEW)


def test_a_file_without_that_column_does_not_undo_it(source, mila, opened):
    put_right(mila, "phone", f"+{NEW}")
    file(source, columns=False)
    assert holds(mila, opened)["phone"] == {f"+{NEW}"}


def test_what_the_source_says_anew_ends_the_correction(source, mila, opened):
    put_right(mila)
    file(source, last="Test-Claes")
    assert holds(mila, opened)["last_name"] == {"Test-Claes"}
    assert Correction.objects.get().ended_at is not None
    file(source, last="Test-Peeters", city="Luik")
    assert holds(mila, opened)["last_name"] == {"Test-Peeters"}, "nothing stands against the file any more"


def test_corrected_twice_the_source_is_still_known_by_what_it_says(source, mila, opened):
    put_right(mila)
    put_right(mila, value="Test-Claes")
    assert Correction.objects.filter(ended_at=None).count() == 1
    file(source, city="Gent ")
    assert holds(mila, opened)["last_name"] == {"Test-Claes"}


def test_the_event_names_fields_and_records_and_no_value(mila):
    put_right(mila)
    event = Event.objects.get(kind="register.corrected")
    (payload,) = records_of([event])
    assert (event.person, payload["fields"]) == (mila.pk, ["last_name"])
    assert "Janssens" not in str(payload) and "Peeters" not in str(payload)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("last_name", "  ", "right value"),
        ("last_name", "x" * 201, "right value"),
        ("last_name", "a\0b", "right value"),
        ("last_name", "Test-Peeters", "already"),
        ("phone", "0470", "cannot be read"),
        ("phone", "+32470000099 +32470000098 '; DROP", "cannot be read"),
        ("email", "mila at example", "cannot be read"),
        ("birth_date", "31-31-1980", "cannot be read"),
        ("product", "Heat pump", "no field"),
        ("external_id", "9", "no field"),
        ("nonsense", "9", "no field"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(mila, field, value, words):
    before = list(Record.objects.values())
    with pytest.raises(Refused, match=words):
        put_right(mila, field, value)
    assert list(Record.objects.values()) == before
    assert not Correction.objects.exists()


def test_an_erased_person_is_refused(mila):
    Person.objects.update(erased_at=NOW)
    mila.refresh_from_db()
    with pytest.raises(Refused, match="erased"):
        put_right(mila)


def test_a_record_of_somebody_else_is_refused(world, mila):
    other = world.person(number=32470000012)
    with pytest.raises(Refused, match="not one of the person"):
        put_right(mila, record_id=other.records.get().pk)


def test_whoever_comes_second_in_the_same_moment_is_told(mila, monkeypatch):
    rewrite = writing.rewrite

    def overtaken(*given, **named):
        Record.objects.update(content_hash=b"\1" * 16)
        return rewrite(*given, **named)

    monkeypatch.setattr(writing, "rewrite", overtaken)
    with pytest.raises(Refused, match="same moment"):
        put_right(mila)
    assert not Correction.objects.exists()


def test_an_agent_corrects_contact_data_with_the_customer_on_the_line(world, mila, opened):
    actor = world.actor("inbound")
    done = put_right(mila, "email", "mila@example.org", actor=actor, reason=ON_THE_LINE)
    assert not isinstance(done, Denied)
    assert holds(mila, opened)["email"] == {"mila@example.org"}


@pytest.mark.parametrize(
    ("profile", "field", "reason"),
    [
        ("inbound", "birth_date", ON_THE_LINE),
        ("inbound", "phone", Reason(link="ticket", purpose="customer_care")),
        ("privacy_officer", "phone", ON_THE_LINE),
    ],
)
def test_what_the_policies_do_not_let_a_profile_correct_is_denied_with_an_alarm(
    world, mila, profile, field, reason
):
    value = "1980-12-31" if field == "birth_date" else f"+{NEW}"
    assert isinstance(put_right(mila, field, value, actor=world.actor(profile), reason=reason), Denied)
    assert Alarm.objects.count() == 1
    assert not Correction.objects.exists()


def test_a_restricted_record_is_corrected_by_nobody_at_the_desk(world, mila):
    Person.objects.update(restricted_at=NOW)
    actor = world.actor("privacy_officer")
    reason = Reason(link="request_case", purpose="rights")
    assert isinstance(put_right(mila, actor=actor, reason=reason), Denied)


def test_a_profile_without_the_function_is_refused(world, mila):
    with pytest.raises(NotPermitted):
        put_right(mila, actor=world.actor("technician"), reason=ON_THE_LINE)
