"""Where a company wants it, two people have to say the same before records become one person."""

from __future__ import annotations

import pytest
from django.urls import reverse

from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Controller
from duecause.apps.register import link_actions, queries
from duecause.apps.register.models import LinkOpinion, Person, RecordLink
from duecause.engine.actor import Actor
from tests.apps.register.lists import customers, take
from tests.support.world import NOW

HEADER = "voornaam;achternaam;geboortedatum;telefoon;email\n"
ANNA, BRAM, CHARLOTTE = (
    Actor("employee", name, "privacy_officer", frozenset({"register.link"})) for name in ("1", "2", "3")
)


@pytest.fixture
def link(world) -> RecordLink:
    Controller.objects.update(link_deciders=2)
    take(customers(world, "ONE"), HEADER + "Mila;Peeters;1980-05-17;0470000021;mila@example.org\n")
    take(customers(world, "TWO"), HEADER + "M.;Peeters;;0470000021;\n")
    return RecordLink.objects.get()


def says(who: Actor, link: RecordLink, *, same: bool) -> bool:
    return link_actions.decide_link(actor=who, link=link, same=same, now=NOW)


def people_and_state(link: RecordLink) -> tuple[int, str]:
    link.refresh_from_db()
    return Person.objects.count(), link.state


@pytest.mark.parametrize(("same", "end"), [(True, (1, "linked")), (False, (2, "rejected"))])
def test_nothing_changes_until_a_second_person_says_the_same(link, same, end):
    assert not says(ANNA, link, same=same)
    assert people_and_state(link) == (2, "suggested")
    assert says(BRAM, link, same=same)
    assert people_and_state(link) == end
    assert not LinkOpinion.objects.exists()
    assert Event.objects.filter(kind="register.link_judged").count() == 2


def test_nobody_counts_twice(link):
    assert not says(ANNA, link, same=True)
    assert not says(ANNA, link, same=True)
    assert people_and_state(link) == (2, "suggested")


def test_where_two_differ_a_third_decides(link):
    says(ANNA, link, same=True)
    says(BRAM, link, same=False)
    assert people_and_state(link) == (2, "suggested")
    assert says(CHARLOTTE, link, same=False)
    assert people_and_state(link) == (2, "rejected")


def test_who_has_answered_is_not_asked_again_and_may_take_it_back(link):
    says(ANNA, link, same=True)
    assert not queries.suggestions(ANNA.ref).exists() and queries.suggestions(BRAM.ref).exists()
    link_actions.reopen_link(actor=ANNA, link=link, now=NOW)
    assert queries.suggestions(ANNA.ref).exists()
    assert not says(BRAM, link, same=True)
    assert people_and_state(link) == (2, "suggested")


def test_the_stricter_company_of_the_two_counts(link):
    Controller.objects.exclude(pk=link.a.source.controller_id).update(link_deciders=1)
    assert queries.deciders_of(link) == 2
    Controller.objects.update(link_deciders=1)
    link = RecordLink.objects.get()
    assert says(ANNA, link, same=True) and people_and_state(link) == (1, "linked")


def test_the_page_says_that_somebody_else_has_to_agree_and_not_what_was_said(link, client, world):
    officers = [world.employee("privacy_officer"), world.employee("privacy_officer")]
    url = reverse("register:decide-link", args=[link.pk])
    client.force_login(officers[0])
    page = client.post(url, {"answer": "same"}, headers={"HX-Request": "true"}).content.decode()
    assert "until somebody else says the same" in page and "Nothing to decide" in page
    client.force_login(officers[1])
    page = client.get(reverse("register:links")).content.decode()
    assert "Two people have to say the same" in page and "1 pair to decide" in page
    client.post(url, {"answer": "same"}, headers={"HX-Request": "true"})
    assert people_and_state(link) == (1, "linked")
