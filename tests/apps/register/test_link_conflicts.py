"""Decisions that contradict each other, chains and cycles of links, open requests, and what comes first."""

import pytest

from duecause.apps.consent.actions import Taking, record_objection, request_erasure
from duecause.apps.consent.models import Suppression
from duecause.apps.obligations.models import Obligation
from duecause.apps.register import link_actions, link_value, queries
from duecause.apps.register.models import DialFact, Person, Record, RecordLink
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, record_of_row, take
from tests.support.world import NOW, OPERATOR

HEADER = "voornaam;achternaam;geboortedatum;telefoon;email\n"
MILA = "Mila;Peeters;1980-05-17;0470000021;mila@example.org\n"
INITIAL = "M.;Peeters;;0470000021;\n"


def lists(world, *rows: str) -> list[Record]:
    sources = [customers(world, f"LIST{number}") for number, _ in enumerate(rows)]
    for source, row in zip(sources, rows, strict=True):
        take(source, HEADER + row)
    return [record_of_row(source, 2) for source in sources]


def link_of(a: Record, b: Record) -> RecordLink:
    return RecordLink.objects.get(a__in=[a, b], b__in=[a, b])


def decide(link: RecordLink, same: bool) -> None:
    link_actions.decide_link(actor=OPERATOR, link=link, same=same, now=NOW)


def persons(*records: Record) -> list[object]:
    return [Record.objects.get(pk=record.pk).person_id for record in records]


@pytest.mark.postgres
def test_a_is_b_and_b_is_c_but_a_is_not_c_is_refused_until_the_first_decision_is_taken_back(world):
    a, b, c = lists(world, INITIAL, INITIAL.replace("M.", "Mila"), INITIAL.replace("M.", "Milla"))
    RecordLink.objects.all().delete()
    ab, bc, ac = (
        RecordLink.objects.create(
            a=min(x, y, key=lambda one: one.pk),
            b=max(x, y, key=lambda one: one.pk),
            state="suggested",
            rule="first_name_close",
            decided_by="rule",
            decided_at=NOW,
        )
        for x, y in ((a, b), (b, c), (a, c))
    )
    decide(ac, same=False)
    decide(ab, same=True)
    with pytest.raises(Refused) as refused:
        decide(bc, same=True)
    assert refused.value.code == "kept_apart"
    one, same, other = persons(a, b, c)
    assert one == same != other, "nothing half-done"
    decide(ac, same=True)
    assert len(set(persons(a, b, c))) == 1
    bc.refresh_from_db()
    assert bc.state == "suggested" and bc not in queries.suggestions(), "settled through the others"


def test_in_a_cycle_of_links_ending_one_changes_nothing_ending_two_does(world):
    a, b, c = lists(world, MILA, MILA, MILA)
    assert RecordLink.objects.filter(state="linked").count() == 3 and Person.objects.count() == 1
    link_actions.split(actor=OPERATOR, link=link_of(a, b), now=NOW)
    assert len(set(persons(a, b, c))) == 1, "both are still linked to the third"
    link_actions.split(actor=OPERATOR, link=link_of(a, c), now=NOW)
    first, second, third = persons(a, b, c)
    assert first != second == third


def test_records_of_a_person_with_an_open_request_are_not_separated(world):
    a, b = lists(world, MILA, MILA)
    person = Person.objects.get()
    taking = Taking(how="letter")
    request_erasure(actor=OPERATOR, person=person, controller=world.controller, taking=taking, now=NOW)
    link = RecordLink.objects.get()
    with pytest.raises(Refused) as refused:
        link_actions.split(actor=OPERATOR, link=link, now=NOW)
    assert refused.value.code == "request_open"
    link.refresh_from_db()
    assert link.state == "linked" and len(set(persons(a, b))) == 1
    Obligation.objects.filter(person=person.pk).update(state=Obligation.State.DONE)
    link_actions.split(actor=OPERATOR, link=link, now=NOW)
    assert len(set(persons(a, b))) == 2


def test_a_suppressed_number_stays_suppressed_whatever_links_say(world):
    a, b = lists(world, MILA, INITIAL)
    objecting = Record.objects.get(pk=a.pk).person
    taking = Taking(how="call")
    record_objection(actor=OPERATOR, person=objecting, controller=world.controller, taking=taking, now=NOW)
    token = bytes(DialFact.objects.get(record=a).token)
    before = list(Suppression.objects.filter(token=token).values_list("pk", "lifted_at"))
    decide(link_of(a, b), same=True)
    link_actions.split(actor=OPERATOR, link=link_of(a, b), now=NOW)
    after = list(Suppression.objects.filter(token=token).values_list("pk", "lifted_at"))
    assert before and before == after
    assert bytes(DialFact.objects.get(record=b).token) == token, "the other record shares the number"


def test_a_decision_that_spreads_an_objection_comes_first(world):
    lists(world, MILA, INITIAL)
    other = "Jan;Bos;1970-02-03;0470000031;jan@example.org\n"
    objecting, _ = lists_named(world, ("JAN1", other), ("JAN2", "J.;Bos;;0470000031;\n"))
    first = queries.suggestions().first()
    assert link_value.most_valuable_first(queries.suggestions(), now=NOW)[0][0] == first
    record_objection(
        actor=OPERATOR,
        person=objecting.person,
        controller=world.controller,
        taking=Taking(how="call"),
        now=NOW,
    )
    ranked = link_value.most_valuable_first(queries.suggestions(), now=NOW)
    assert objecting.pk in (ranked[0][0].a_id, ranked[0][0].b_id) and ranked[0][0] != first
    assert ranked[0][1] == ("objection", "callable") and ranked[1][1] == ("callable",)


def lists_named(world, *named: tuple[str, str]) -> list[Record]:
    found = []
    for code, row in named:
        source = customers(world, code)
        take(source, HEADER + row)
        found.append(record_of_row(source, 2))
    return found
