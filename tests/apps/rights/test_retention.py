"""Retention rules are carried out: what is due goes and can be shown to have gone, nothing else does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from duecause.apps.catalogue.models import Field, Purpose, RetentionVersion
from duecause.apps.consent.actions import Taking, record_objection
from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.models import Suppression
from duecause.apps.dialling.models import FeedEntry, ReleaseRow
from duecause.apps.gate.actions import Revealed, open_for_job, reveal
from duecause.apps.gate.facts import Reason
from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence
from duecause.apps.ledger.models import Event
from duecause.apps.register.correct_actions import Saying as CorrectionSaying
from duecause.apps.register.correct_actions import correct
from duecause.apps.register.hold_actions import Terms, begin_hold, end_hold
from duecause.apps.register.models import (
    Correction,
    DialFact,
    Lookup,
    Person,
    Record,
    RelationFact,
    StoredField,
)
from duecause.apps.rights import retention_actions
from duecause.apps.rights.models import AnonymousCount, RetentionCertificate
from duecause.apps.rights.retention_actions import run_retention
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import Actor, NotPermitted
from tests.apps.dialling.lists import imported, load_dncm, reasons, screen
from tests.apps.rights.cases import known_everywhere, requested
from tests.security import canary
from tests.support.world import NOW, OPERATOR, World, keep_by_rules, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
JOB = Actor.job("test", "rights.retention", "open:retention")
LONG_AGO, LATELY = date(2023, 5, 31), date(2026, 10, 1)
NOTHING = {
    "persons": 0,
    "records": 0,
    "records_whole": 0,
    "keys": 0,
    "proofs": 0,
    "fields_returned": 0,
    "fields": {},
}


@pytest.fixture
def world() -> World:
    return make_world()


def run(now: datetime = NOW) -> dict:
    done = run_retention(actor=JOB, run=uuid4(), now=now)
    return {name: value for name, value in done.items() if name != "version"}


def known_since(person: Person, obtained: date) -> Record:
    person.records.update(obtained_on=obtained, recorded_at=datetime(*obtained.timetuple()[:3], tzinfo=UTC))
    return person.records.get()


def contract_for(world: World, *fields: str) -> Purpose:
    """A second purpose, which keeps these fields for seven years after the contract."""
    contract = Purpose.objects.create(code="supply", name={"en": "Supply"}, legal_basis="contract")
    for field in Field.objects.filter(code__in=fields):
        field.purposes.add(contract)
    keep_by_rules(
        (world.sales, None, "last_contact", 24, 0, "erase"),
        (contract, None, "contract_ended", 84, 0, "erase"),
    )
    return contract


def live_keys(owner) -> int:
    return DataKey.objects.filter(owner=owner).exclude(wrapped=b"").count()


def opened(record: Record, *fields: str, **more) -> dict:
    job = Actor.job("test", "open:test")
    found = open_for_job(
        actor=job, kind="record", ids=[record.pk], fields=fields, why="test", now=NOW, **more
    )
    return found.get(record.pk, {})


def test_a_record_whose_last_purpose_has_ended_goes_with_its_keys(world):
    old, new = canary.canary(world), world.person(number=32470000012)
    gone, kept = known_since(old, LONG_AGO), known_since(new, LATELY)
    rows_of_other = Counter(model.__name__ for model in (Record, Lookup, DialFact))
    done = run()
    assert (done["persons"], done["records"], done["records_whole"]) == (1, 1, 1)
    assert not Record.objects.filter(pk=gone.pk).exists() and live_keys(gone.pk) == 0
    old.refresh_from_db()
    assert old.erased_at == NOW
    assert opened(kept, "phone") == {"phone": "+32470000012"} and live_keys(kept.pk) > 0
    assert Counter({m.__name__: m.objects.count() for m in (Record, Lookup, DialFact)}) == rows_of_other


def test_the_last_day_is_kept_and_the_next_is_not(world):
    known_since(world.person(), date(2024, 2, 29))
    assert run(datetime(2026, 2, 28, 12, tzinfo=UTC)) == NOTHING
    assert run(datetime(2026, 2, 28, 22, 59, tzinfo=UTC)) == NOTHING, "still the 28th in Brussels"
    assert run(datetime(2026, 2, 28, 23, 1, tzinfo=UTC))["records_whole"] == 1


def test_every_run_can_be_shown_and_the_second_finds_nothing(world):
    person = canary.canary(world)
    known_since(person, LONG_AGO)
    run()
    certificate = RetentionCertificate.objects.get()
    assert certificate.stage == "proven" and certificate.content["keys_destroyed"] > 0
    (told,) = certificate.content["records"]
    assert told["whole"] and told["fields"]["phone"]["rule"]["purpose"] == "phone_sales"
    assert told["fields"]["phone"]["until"] == "2025-05-31"
    assert not canary.betrayed(str(certificate.content).encode())
    assert Event.objects.get(uid=certificate.event).person == person.pk
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"rights.retention_batch", "rights.retention_done"} <= kinds
    assert run() == NOTHING
    assert RetentionCertificate.objects.count() == 1
    sequence(actor=OPERATOR, now=NOW)
    assert checking.verify_live(now=NOW, anchor=None).exit_code == 0


def test_without_rules_in_force_nothing_goes(world):
    known_since(world.person(), LONG_AGO)
    RetentionVersion.objects.update(state="replaced")
    assert run() == NOTHING and Record.objects.count() == 1


def test_only_the_job_for_it_may(world):
    with pytest.raises(NotPermitted):
        run_retention(actor=Actor.job("test"), run=uuid4(), now=NOW)


def test_a_running_contract_keeps_the_number_but_takes_it_out_of_marketing(world):
    load_dncm()
    contract_for(world, "first_name", "last_name", "phone")
    person = imported(world, 32470000012)
    record = known_since(person, LONG_AGO)
    RelationFact.objects.create(record=record, person=person, family="gas")
    assert reasons(screen(world)) == [[]]
    assert run()["fields"] == {"leave_marketing": 1}
    assert opened(record, "phone") == {"phone": "+32470000012"}
    assert reasons(screen(world)) == [["retention_over"]]
    assert run() == NOTHING
    record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=Taking(how="call"), now=NOW
    )
    assert Suppression.objects.count() == 1, "an objection still finds the number"


def test_a_number_comes_back_into_marketing_when_the_person_speaks_with_us_again(world):
    load_dncm()
    contract_for(world, "first_name", "last_name", "phone")
    person = imported(world, 32470000012)
    record = known_since(person, LONG_AGO)
    RelationFact.objects.create(record=record, person=person, family="gas")
    run()
    record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=True,
        saying=Saying(act="spoken_yes"), now=NOW,
    )  # fmt: skip
    assert run()["fields_returned"] == 1
    assert reasons(screen(world)) == [[]]
    assert run() == NOTHING


def test_a_contract_that_ended_keeps_for_its_own_time_and_then_the_record_goes(world):
    contract_for(world, *canary.VALUES)
    person = canary.canary(world)
    record = known_since(person, LONG_AGO)
    RelationFact.objects.create(record=record, person=person, family="gas", until=date(2020, 1, 31))
    run()
    assert Record.objects.filter(pk=record.pk).exists()
    assert run(datetime(2027, 1, 31, 12, tzinfo=UTC))["records_whole"] == 0
    assert run(datetime(2027, 2, 1, 12, tzinfo=UTC))["records_whole"] == 1


def test_a_field_goes_alone_with_everything_made_of_it(world):
    keep_by_rules(
        (world.sales, None, "last_contact", 24, 0, "erase"),
        (world.sales, "phone", "obtained", 0, 10, "erase"),
        (world.sales, "birth_date", "obtained", 0, 10, "erase"),
    )
    person = canary.canary(world)
    record = known_since(person, LATELY)
    DialFact.objects.update(adult_from=date(2005, 9, 13))
    mobile = {name: value for name, value in canary.VALUES.items() if name not in ("phone", "birth_date")}
    assert run()["fields"] == {"erase": 2}
    assert opened(record, *canary.VALUES) == mobile
    record.refresh_from_db()
    assert record.fields == sorted(mobile)
    assert not DialFact.objects.exists() and not Lookup.objects.filter(kind="phone").exists()
    assert live_keys(record.pk) > 0
    person.refresh_from_db()
    assert person.erased_at is None
    assert run() == NOTHING


def test_the_centre_that_holds_the_number_is_told_to_erase_it(world):
    person = known_everywhere(world)
    now = datetime.now(UTC)
    reference = ReleaseRow.objects.get(person=person).reference
    later = now + timedelta(days=800)
    run(later)
    (entry,) = FeedEntry.objects.filter(kind="erasure")  # one for everybody who goes together
    assert entry.partner == world.centre and reference in entry.references
    row = ReleaseRow.objects.get(reference=reference)
    assert row.person is None and row.record is None
    assert RetentionCertificate.objects.get(person=person).content["call_centres"] == {"CC-A": "ordered"}


def test_what_stays_of_a_birth_date_is_a_decade_that_no_record_leads_to(world):
    keep_by_rules(
        (world.sales, None, "last_contact", 24, 0, "erase"),
        (world.sales, "birth_date", "obtained", 0, 10, "anonymise"),
    )
    record = known_since(canary.canary(world), LATELY)
    assert run()["fields"] == {"anonymise": 1}
    assert "birth_date" not in opened(record, *canary.VALUES)
    (count,) = AnonymousCount.objects.all()
    assert (count.source, count.field, count.group, count.records) == ("WEB", "birth_date", "1980-1989", 1)


def test_what_may_only_be_stored_is_shown_to_nobody_and_in_no_list(world):
    load_dncm()
    keep_by_rules(
        (world.sales, "phone", "obtained", 0, 10, "restrict"),
        (world.sales, None, "last_contact", 24, 0, "erase"),
    )
    person = imported(world, 32470000012)
    record = known_since(person, LATELY)
    assert run()["fields"] == {"restrict": 1}
    assert StoredField.objects.get().field == "phone"
    shown = reveal(
        actor=world.actor("inbound"),
        person=person.pk,
        reason=Reason(link="caller", purpose="customer_care"),
        now=NOW,
    )
    assert isinstance(shown, Revealed) and "phone" not in shown.values[record.pk]
    assert shown.values[record.pk]["last_name"] == "Test-Peeters"
    assert opened(record, "phone") == {}
    assert opened(record, "phone", stored_only=True) == {"phone": "+32470000012"}
    assert reasons(screen(world)) == [["retention_over"]]
    assert run() == NOTHING
    keep_by_rules((world.sales, None, "last_contact", 24, 0, "erase"))
    assert run()["fields_returned"] == 1
    assert opened(record, "phone") == {"phone": "+32470000012"} and reasons(screen(world)) == [[]]


def test_a_hold_keeps_and_what_is_overdue_goes_by_itself_when_it_ends(world):
    person = world.person()
    record = known_since(person, LONG_AGO)
    officer = world.actor("privacy_officer")
    hold = begin_hold(actor=officer, person=person.pk, terms=Terms("legal_claim", "WH/2026/7"), now=NOW)
    assert run() == NOTHING and Record.objects.filter(pk=record.pk).exists()
    end_hold(actor=officer, hold=hold, now=NOW)
    assert run()["records_whole"] == 1
    kinds = Counter(Event.objects.values_list("kind", flat=True))
    assert kinds["register.hold_begun"] == kinds["register.hold_ended"] == 1


def test_a_hold_on_some_fields_keeps_them_alone(world):
    record = known_since(canary.canary(world), LONG_AGO)
    begin_hold(
        actor=OPERATOR,
        person=record.person_id,
        terms=Terms("authority", until=NOW.date() + timedelta(days=30)),
        fields=["email", "last_name"],
        now=NOW,
    )
    run()
    assert opened(record, *canary.VALUES).keys() == {"email", "last_name"}
    assert run(NOW + timedelta(days=30)) == NOTHING
    assert run(NOW + timedelta(days=31))["records_whole"] == 1


def test_who_asked_for_restriction_is_not_erased_silently(world):
    person = world.person()
    known_since(person, LONG_AGO)
    Person.objects.update(restricted_at=NOW)
    assert run() == NOTHING
    Person.objects.update(restricted_at=None)
    assert run()["persons"] == 1


def test_an_open_request_is_answered_before_anything_goes(world):
    person = world.person()
    known_since(person, LONG_AGO)
    requested(world, person, NOW)
    assert run() == NOTHING


@pytest.mark.parametrize("where", ["bury_keys", "scrubbing.scrub", "_leftovers"])
def test_a_run_that_is_killed_goes_on(world, monkeypatch, where):
    for number in range(3):
        known_since(world.person(number=32470000020 + number), LONG_AGO)
    held = world.person(number=32470000030)
    known_since(held, LATELY)

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"{retention_actions.__name__}.{where}", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert not Record.objects.exclude(person=held).exists()
    run()
    certificates = list(RetentionCertificate.objects.all())
    assert len(certificates) == 3 and {each.stage for each in certificates} == {"proven"}
    gone = [each.content["records"][0]["record"] for each in certificates]
    assert not DataKey.objects.filter(owner__in=gone).exclude(wrapped=b"").exists()
    assert Record.objects.get().person == held


def test_a_hold_that_comes_while_the_run_is_on_its_way_still_holds(world, monkeypatch):
    person = world.person()
    known_since(person, LONG_AGO)
    real = retention_actions._one_group

    def late(work, people, totals):
        begin_hold(actor=OPERATOR, person=person.pk, terms=Terms("court_order"), now=NOW)
        real(replace(work), people, totals)

    monkeypatch.setattr(retention_actions, "_one_group", late)
    assert run() == NOTHING and Record.objects.count() == 1


def test_the_proof_of_what_somebody_said_outlives_the_record_for_its_own_time(world):
    person = known_everywhere(world)
    later = datetime.now(UTC) + timedelta(days=800)
    run(later)
    assert DataKey.objects.filter(owner=person.pk, compartment="proof").exclude(wrapped=b"").exists()
    assert run(later + timedelta(days=6 * 366))["proofs"] == 1
    assert not DataKey.objects.filter(owner=person.pk).exclude(wrapped=b"").exists()


def test_what_a_corrected_field_held_before_goes_with_it(world):
    keep_by_rules(
        (world.sales, None, "last_contact", 24, 0, "erase"), (world.sales, "city", "obtained", 0, 10, "erase")
    )
    person = canary.canary(world)
    record = known_since(person, LATELY)
    correct(
        actor=OPERATOR,
        person=person,
        field="city",
        value="Tienen",
        saying=CorrectionSaying(how="call"),
        now=NOW,
    )
    assert Correction.objects.get().previous is not None
    assert run()["fields"] == {"erase": 1}
    assert not Correction.objects.exists() and "city" not in opened(record, "city", "street")


def test_a_correction_shows_nothing_that_is_stored_only_and_loses_none_of_it(world):
    keep_by_rules(
        (world.sales, "email", "obtained", 0, 10, "restrict"),
        (world.sales, None, "last_contact", 24, 0, "erase"),
    )
    person = canary.canary(world)
    record = known_since(person, LATELY)
    run()
    correct(
        actor=OPERATOR,
        person=person,
        field="city",
        value="Tienen",
        saying=CorrectionSaying(how="call"),
        now=NOW,
    )
    assert opened(record, "email", "city") == {"city": "Tienen"}
    assert opened(record, "email", stored_only=True) == {"email": canary.VALUES["email"]}
