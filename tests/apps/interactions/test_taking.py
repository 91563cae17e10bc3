"""Contacts come in once, completed later, and never with a number in the clear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duecause.apps.interactions import actions, files
from duecause.apps.interactions.models import Interaction
from duecause.apps.interactions.queries import links_between
from duecause.apps.ledger.models import Event
from duecause.apps.staff.models import Team
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor, NotPermitted
from duecause.packs.interactions import terms
from tests.apps.interactions.telling import call, take, telephony
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_contact_told_twice_is_one_and_its_number_is_a_token(world: World) -> None:
    system, agent = telephony(), world.employee("inbound")
    assert take(system, call(agent)).new == {0}
    again = take(system, call(agent))
    assert (again.new, again.updated, dict(again.refused)) == (frozenset(), frozenset(), {})
    row = Interaction.objects.get()
    assert row.token == indexes.lookup_token("phone", "32470000011")
    assert Event.objects.filter(kind="interactions.told").count() == 2


def test_a_contact_is_completed_by_its_end_and_by_who_it_was(world: World) -> None:
    system, agent = telephony(), world.employee("inbound")
    take(system, call(agent, number=""))
    assert Interaction.objects.get().token is None
    done = take(system, call(agent, ended_at=NOW))
    assert done.updated == {0}
    row = Interaction.objects.get()
    assert row.ended_at == NOW
    assert row.token is not None
    assert row.bound == "identified"


def test_what_contradicts_is_refused_and_the_rest_is_taken(world: World) -> None:
    system, agent = telephony(), world.employee("inbound")
    take(system, call(agent))
    done = take(
        system,
        call(agent, number="+32470000012"),
        call(agent, reference="call-2", employee="nobody"),
        call(agent, reference="+32470000011"),
        call(agent, reference="call-3", kind="visit-home"),
        call(agent, reference="call-4", number="0470 00 00 11"),
        call(agent, reference="call-5", begun_at=NOW + timedelta(hours=1)),
        call(agent, reference="call-6", team="GENT"),
        call(agent, reference="call-7"),
    )
    assert {place: problem.code for place, problem in done.refused.items()} == {
        0: "interaction_otherwise",
        1: "interaction_employee",
        2: "interaction_personal_reference",
        3: "interaction_kind",
        4: "interaction_number",
        5: "interaction_begin",
        6: "interaction_whose",
    }
    assert done.new == {7}
    assert "0470 00 00 11" not in " ".join(problem.text for problem in done.refused.values())


def test_a_call_handed_on_links_both_who_had_it(world: World) -> None:
    system, person = telephony(), world.person()
    one, other, third = (world.employee("inbound") for _ in range(3))
    take(system, call(one, ended_at=NOW), call(other, begun_at=NOW))
    linked = [
        links_between(each, person.pk, now=NOW, before=timedelta(0), after=timedelta(minutes=30))
        for each in (one, other, third)
    ]
    assert [[link.row for link in links] for links in linked] == [["CTI:call-1"], ["CTI:call-1"], []]


def test_a_ticket_in_the_queue_of_a_team_links_its_members_alone(world: World) -> None:
    system, person = telephony(), world.person()
    team = Team.objects.create(code="GENT", name="Gent")
    member, stranger = world.employee("inbound"), world.employee("inbound")
    member.team = team
    member.save()
    take(system, call(member, employee="", team="GENT", kind="ticket", reference="T-1"))
    asked = {"now": NOW, "before": timedelta(0), "after": timedelta(hours=48)}
    [link] = links_between(member, person.pk, **asked)
    assert (link.kind, link.traits.assigned, link.traits.bound) == ("ticket", "team", "number")
    assert links_between(stranger, person.pk, **asked) == []


def test_a_call_without_a_number_links_whoever_is_looked_up_meanwhile_and_not_for_sure(world: World) -> None:
    system, person, agent = telephony(), world.person(), world.employee("inbound")
    take(system, call(agent, number=""))
    asked = {"before": timedelta(0), "after": timedelta(minutes=12)}
    [link] = links_between(agent, person.pk, now=NOW, **asked)
    assert link.traits.bound == "none"
    take(system, call(agent, number="", ended_at=NOW))
    assert links_between(agent, person.pk, now=NOW + timedelta(minutes=20), **asked) == []


def test_contacts_are_deleted_at_the_end_of_their_time(world: World) -> None:
    system, agent = telephony(), world.employee("inbound")
    kept = terms(NOW.date())
    take(
        system,
        call(agent, ended_at=NOW),
        call(agent, reference="T-1", kind="ticket"),
        call(agent, reference="call-2", begun_at=NOW - timedelta(days=2), ended_at=NOW),
    )
    job = Actor.job("test", "interactions.forget")
    assert actions.forget_old(actor=job, now=NOW + kept.keep - timedelta(minutes=1)) == 0
    assert actions.forget_old(actor=job, now=NOW + kept.keep + timedelta(minutes=1)) == 2
    assert Interaction.objects.get().reference == "T-1"
    assert actions.forget_old(actor=job, now=NOW + kept.keep_open) == 1
    with pytest.raises(NotPermitted):
        actions.forget_old(actor=Actor.job("test"), now=NOW)


def test_a_file_is_taken_row_by_row_and_again_changes_nothing(world: World) -> None:
    agent, system = world.employee("inbound"), telephony()
    data = (
        "reference;kind;begun_at;employee;number;contact\n"
        f"T-1;ticket;2026-11-02T09:00:00;{agent.username};0470 00 00 11;yes\n"
        f"T-2;ticket;yesterday;{agent.username};;\n"
        f"T-3;ticket;2026-11-02T09:00:00+01:00;{agent.username};12;\n"
    ).encode()
    asked = {"actor": OPERATOR, "system": system, "data": data, "name": "t.csv", "country": "BE"}
    done = files.take_file(**asked, zone=NOW.tzinfo, now=NOW)
    assert [row.outcome for row in done] == ["new", "refused", "refused"]
    assert [row.problem.code for row in done if row.problem] == ["interaction_moment", "interaction_number"]
    assert next(row.outcome for row in files.take_file(**asked, zone=NOW.tzinfo, now=NOW)) == "known"
    row = Interaction.objects.get()
    assert row.token == indexes.lookup_token("phone", "32470000011")
    assert row.contact
