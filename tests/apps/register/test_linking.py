"""The same human on several lists is one person; a wrong link can be undone without a trace left behind."""

import pytest

from duecause.apps.gate.facts import Asking, Reason, person_facts
from duecause.apps.ledger.models import Event
from duecause.apps.register import link_actions
from duecause.apps.register.models import DialFact, Person, Record, RecordLink, RelationFact
from duecause.apps.staff.models import EmployeeIdentifier
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, record_of_row, take
from tests.support.world import NOW, OPERATOR

HEADER = "voornaam;achternaam;geboortedatum;telefoon;email\n"
MILA = "Mila;Peeters;1980-05-17;0470000021;mila@example.org\n"


def two_lists(world, first: str, second: str):
    one, two = customers(world, "ONE"), customers(world, "TWO")
    take(one, HEADER + first)
    take(two, HEADER + second)
    return record_of_row(one, 2), record_of_row(two, 2)


def test_the_same_human_on_two_lists_is_one_person(world):
    a, b = two_lists(world, MILA, "Mila;Peeters;1980-05-17;0470000021;\n")
    link = RecordLink.objects.get()
    assert a.person == b.person and link.state == "linked" and link.rule == "name_birth_date"
    assert "same_phone" in link.evidence
    assert Person.objects.count() == 1
    assert set(DialFact.objects.values_list("person", flat=True)) == {a.person_id}


def test_the_same_human_twice_in_one_list_is_one_person(world):
    source = customers(world)
    take(source, HEADER + MILA + "Mila;Peeters;1980-05-17;0470000021;other@example.org\n")
    assert Record.objects.count() == 2 and Person.objects.count() == 1


def test_new_records_follow_when_the_people_they_joined_become_one_in_the_same_chunk(world):
    """Two lists know Mila under two numbers; one new list has rows for each number and one with both."""
    one, two = customers(world, "ONE"), customers(world, "TWO")
    take(one, HEADER + "Mila;Peeters;1980-05-17;0470000021;\n")
    take(
        two,
        HEADER + "Mila;Peeters;1980-05-17;0470000029;\nMila;Peeters;1980-05-17;0470000029;m@example.org\n",
    )
    assert Person.objects.count() == 2
    rows = ("0470000021;a@example.org", "0470000029;b@example.org", "0470000021 / 0470000029;c@example.org")
    take(customers(world, "THREE"), HEADER + "".join(f"Mila;Peeters;1980-05-17;{row}\n" for row in rows))
    assert Person.objects.count() == 1 and Record.objects.count() == 6


def test_what_is_not_certain_is_only_suggested(world):
    a, b = two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    assert a.person != b.person and RecordLink.objects.get().state == "suggested"


def test_a_household_phone_links_nobody(world):
    a, b = two_lists(world, MILA, "Tom;Peeters;2004-02-01;0470000021;\n")
    assert a.person != b.person and not RecordLink.objects.exists()


def test_customer_numbers_of_two_companies_are_not_the_same_number(world):
    from duecause.apps.parties.models import Controller

    other = Controller.objects.create(code="OTHER", legal_name="Ander BV", country="NL")
    text = "klantnummer;voornaam;achternaam;geboortedatum\nK1;Mila;Peeters;1980-05-17\n"
    take(customers(world, "ONE"), text)
    take(customers(world, "TWO", controller=other), text)
    assert not RecordLink.objects.exists()
    take(customers(world, "THREE"), text)
    assert RecordLink.objects.get().evidence[0] == "same_customer_no"


def test_a_number_on_very_many_records_links_nobody(world):
    source = customers(world)
    rows = "".join(f"Mila;Peeters;1980-05-17;0470000021;m{n}@example.org\n" for n in range(25))
    take(source, HEADER + rows)
    assert not RecordLink.objects.exists()


def test_a_person_decides_a_suggestion_and_the_records_come_together(world):
    a, b = two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    link = RecordLink.objects.get()
    link_actions.decide_link(actor=OPERATOR, link=link, same=True, now=NOW)
    a.refresh_from_db()
    b.refresh_from_db()
    assert a.person == b.person and link.state == "linked" and link.decided_by == OPERATOR.ref
    assert set(DialFact.objects.values_list("person", flat=True)) == {a.person_id}
    assert Person.objects.count() == 1
    assert Event.objects.filter(kind="register.linked", person=a.person_id).count() == 1


def test_splitting_restores_what_was_before(world):
    a, b = two_lists(world, MILA, "Mila;Peeters;1980-05-17;0470000021;\n")
    sealed = {record.pk: bytes(record.identity) for record in (a, b)}
    link_actions.split(actor=OPERATOR, link=RecordLink.objects.get(), now=NOW)
    a.refresh_from_db()
    b.refresh_from_db()
    assert a.person != b.person and RecordLink.objects.get().state == "ended"
    assert {record.pk: bytes(record.identity) for record in (a, b)} == sealed
    assert DialFact.objects.get(record=b).person == b.person
    assert Event.objects.filter(kind="register.unlinked").count() == 1


def test_splitting_a_chain_keeps_linked_what_is_still_linked(world):
    one, two, three = (customers(world, code) for code in ("ONE", "TWO", "THREE"))
    take(one, HEADER + "Mila;Peeters;1980-05-17;0470000021;\n")
    take(two, HEADER + MILA)
    take(three, HEADER + "Mila;Peeters;1980-05-17;;mila@example.org\n")
    first, middle, last = (record_of_row(source, 2) for source in (one, two, three))
    assert Person.objects.count() == 1 and RecordLink.objects.count() == 2
    link = RecordLink.objects.get(a__in=[first, middle], b__in=[first, middle])
    link_actions.split(actor=OPERATOR, link=link, now=NOW)
    people = [Record.objects.get(pk=record.pk).person_id for record in (first, middle, last)]
    assert people[1] == people[2] != people[0]


def test_a_split_stays_when_the_lists_come_again(world):
    a, b = two_lists(world, MILA, "Mila;Peeters;1980-05-17;0470000021;\n")
    link_actions.split(actor=OPERATOR, link=RecordLink.objects.get(), now=NOW)
    take(b.source, HEADER + "Mila;Peeters;1980-05-17;0470000021;\n" + "Tom;Bos;;0470000022;\n")
    a.refresh_from_db()
    b.refresh_from_db()
    assert a.person != b.person and RecordLink.objects.get().state == "ended"


def test_a_third_record_does_not_join_people_whom_somebody_kept_apart(world):
    two_lists(world, MILA, "Mila;Peeters;1980-05-17;0470000021;\n")
    link_actions.split(actor=OPERATOR, link=RecordLink.objects.get(), now=NOW)
    take(customers(world, "THREE"), HEADER + "Mila;Peeters;1980-05-17;0470000021;m@example.org\n")
    assert Person.objects.count() == 3
    first, second = RecordLink.objects.filter(state="suggested")
    link_actions.decide_link(actor=OPERATOR, link=first, same=True, now=NOW)
    with pytest.raises(Refused) as refused:
        link_actions.decide_link(actor=OPERATOR, link=second, same=True, now=NOW)
    assert refused.value.code == "kept_apart" and Person.objects.count() == 2
    second.refresh_from_db()
    assert second.state == "suggested"


def test_a_rejected_suggestion_is_not_made_again(world):
    _, b = two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    link_actions.decide_link(actor=OPERATOR, link=RecordLink.objects.get(), same=False, now=NOW)
    take(b.source, HEADER + "M.;Peeters;1980-05-17;0470000021;\n")
    assert RecordLink.objects.get().state == "rejected"


def test_a_corrected_identifier_undoes_what_the_rule_had_linked(world):
    one, two = customers(world, "ONE"), customers(world, "TWO")
    header = "klantnummer;voornaam;achternaam;geboortedatum;telefoon\n"
    take(one, header + "K1;Mila;Peeters;1980-05-17;0470000021\n")
    take(two, HEADER + "Mila;Peeters;1980-05-17;0470000021;\n")
    assert Person.objects.count() == 1
    take(one, header + "K1;Mila;Peeters;1980-05-17;0470000029\n")
    assert not RecordLink.objects.exists() and Person.objects.count() == 2
    assert record_of_row(one, 2).person != record_of_row(two, 2).person


def test_relation_facts_follow_the_person(world):
    one, two = customers(world, "ONE"), customers(world, "TWO")
    take(one, HEADER + MILA)
    take(
        two,
        "voornaam;achternaam;geboortedatum;email;product\nMila;Peeters;1980-05-17;mila@example.org;ketel\n",
    )
    assert RelationFact.objects.get().person == record_of_row(one, 2).person


def test_rooms_above_are_told_which_records_moved(world, monkeypatch):
    from duecause.apps.register import grouping

    heard = []
    monkeypatch.setattr(grouping, "_followers", [heard.append])
    a, b = two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    link_actions.decide_link(actor=OPERATOR, link=RecordLink.objects.get(), same=True, now=NOW)
    assert heard == [{b.pk: a.person_id}] or heard == [{a.pk: b.person_id}]


def test_a_restriction_holds_for_the_whole_human_after_linking(world):
    _, b = two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    Person.objects.filter(pk=b.person_id).update(restricted_at=NOW)
    link_actions.decide_link(actor=OPERATOR, link=RecordLink.objects.get(), same=True, now=NOW)
    assert Person.objects.get().restricted_at == NOW


def test_nobody_links_or_splits_without_the_function(world):
    two_lists(world, MILA, "M.;Peeters;;0470000021;\n")
    link = RecordLink.objects.get()
    agent = Actor("employee", "1", "inbound", frozenset({"desk.use"}))
    with pytest.raises(NotPermitted):
        link_actions.decide_link(actor=agent, link=link, same=True, now=NOW)
    with pytest.raises(NotPermitted):
        link_actions.split(actor=agent, link=link, now=NOW)
    link.refresh_from_db()
    assert link.state == "suggested"


def relation_to(world, employee, person) -> str:
    actor = Actor("employee", str(employee.pk), "inbound")
    return person_facts(Asking(actor, person.pk, Reason("caller", "customer_care"), NOW)).relation


def test_the_gate_learns_that_a_customer_is_a_colleague_or_the_employee(world):
    source = customers(world)
    take(source, HEADER + MILA)
    person = record_of_row(source, 2).person
    mila, tom = world.employee("inbound", "mila"), world.employee("inbound", "tom")
    assert relation_to(world, mila, person) == "none"
    token = indexes.lookup_token("phone", "32470000021")
    EmployeeIdentifier.objects.create(employee=mila, kind="phone", token=token)
    assert relation_to(world, mila, person) == "self"
    assert relation_to(world, tom, person) == "colleague"
