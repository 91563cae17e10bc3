"""No answer holds a value of a person that the profile and the reason do not permit, in any form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from duecause.apps.gate.policies import engine, links_for
from duecause.apps.staff.models import Employee
from duecause.engine.policy import Facts
from tests.security import canary
from tests.security.calling import call
from tests.security.endpoints import endpoints, rows
from tests.security.markup import inline_code, unguarded
from tests.security.objects import make_shared, names_of, objects_for
from tests.security.visitors import PROFILES, end_account, profile_that_may, untouched, visit
from tests.support.world import World, make_world

FRAGMENT = {"HX-Request": "true"}
READ = [name for name, row in rows().items() if "GET" in row.methods and name in endpoints()]
ABOUT_A_PERSON = [name for name in READ if "person" in rows()[name].takes.values()]


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def permitted(profile: str, action: str, link: str) -> frozenset[str]:
    facts = Facts(
        purpose=engine().vocabulary.usual_purpose[link],
        link=link,
        status="active",
        relation="none",
        workplace="store" if profile == "shop" else "office",
        trained=True,
        reason_ok=link != "other",
        restricted=False,
        objected=False,
        legal_hold=False,
        break_glass=False,
        mfa_fresh=False,
        assigned=False,  # nobody was released to a call centre
    )
    return engine().allow_set(profile=profile, action=action, facts=facts).groups


def at_desk(world: World, profile: str) -> Client:
    return visit(world, profile, function="desk.use").client


def forgiven() -> None:
    """Each look is judged alone: blocked ones before it neither slow the account down nor lock it."""
    Employee.objects.update(limited_until=None, locked_at=None, counts_from=datetime.now(UTC))


def shown(answer: HttpResponse) -> set[str]:
    return canary.betrayed(_content(answer))


def _content(answer: HttpResponse) -> bytes:
    body = answer.getvalue() if answer.streaming else answer.content
    return body + repr(sorted(answer.items())).encode()


@pytest.mark.parametrize("name", READ)
def test_a_page_or_fragment_shows_no_value_that_needs_a_reason(world: World, name: str) -> None:
    row = rows()[name]
    make_shared(world, row.takes)
    canary.canary(world)
    wrong = []
    for profile in PROFILES:
        with untouched():
            caller = visit(world, profile, function=row.needs["GET"])
            names = {p: f.other or f.own for p, f in objects_for(world, row.takes, caller).items()}
            for headers in (None, FRAGMENT):
                seen = shown(call(world, caller, row, "GET", names, headers=headers))
                wrong += [f"{profile} sees {sorted(seen)}"] if seen else []
    assert not wrong, f"{name}: " + "; ".join(wrong)


@pytest.mark.parametrize("name", ABOUT_A_PERSON)
@pytest.mark.parametrize("profile", PROFILES)
def test_with_a_reason_a_page_shows_what_the_policies_permit_at_most(
    world: World, name: str, profile: str
) -> None:
    row = rows()[name]
    caller = visit(world, profile, function=row.needs["GET"])
    link = next(iter(links_for(profile)), "caller")
    names = names_of(objects_for(world, row.takes, caller).items())
    for headers in (None, FRAGMENT):
        seen = shown(call(world, caller, row, "GET", names, headers=headers))
        assert seen <= permitted(profile, "view", link)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_card_shows_exactly_the_permitted_groups(world: World, profile: str) -> None:
    person = canary.canary(world)
    client = at_desk(world, profile)
    may_look = "desk.use" in engine().functions_of(profile)
    for link in engine().vocabulary.links:
        if link != "other":
            forgiven()
            answer = client.post(reverse("desk:look", args=[person.pk]), {"link": link})
            expected = permitted(profile, "view", link) & set(canary.SECRETS) if may_look else set()
            assert shown(answer) == expected, link


@pytest.mark.parametrize("profile", PROFILES)
def test_one_reveal_shows_one_group_and_only_where_it_is_permitted(world: World, profile: str) -> None:
    person = canary.canary(world)
    client = at_desk(world, profile)
    links = [link for link in links_for(profile) if link != "other"] or ["caller"]
    for link in links:
        forgiven()
        client.post(reverse("desk:look", args=[person.pk]), {"link": link})
        allowed = permitted(profile, "reveal", link)
        for group in canary.SECRETS:
            forgiven()
            seen = shown(client.post(reverse("desk:reveal", args=[person.pk]), {"group": group}))
            assert seen == ({group} if group in allowed else set()), f"{link}, {group}"


@pytest.mark.parametrize("profile", PROFILES)
def test_without_a_reason_nothing_is_revealed_said_or_offered(world: World, profile: str) -> None:
    person = canary.canary(world)
    client = at_desk(world, profile)
    for group in engine().vocabulary.groups:
        assert not shown(client.post(reverse("desk:reveal", args=[person.pk]), {"group": group}))
    for name in ("desk:source", "desk:objection", "desk:consent"):
        answer = client.post(reverse(name, args=[person.pk]))
        assert not shown(answer)
        assert world.source.say["nl"] not in answer.content.decode()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_search_shows_initials_town_and_customer_number_at_most(world: World, profile: str) -> None:
    canary.canary(world)
    answer = at_desk(world, profile).post(reverse("desk:search"), {"q": "0478 91 92 93"}, headers=FRAGMENT)
    may_look = "desk.use" in engine().functions_of(profile)
    found = permitted(profile, "find", "none") if may_look else frozenset()
    # Where nobody is found, the number that was typed is offered again, to object for it.
    assert shown(answer) == (found - {"name"} if found or not may_look else {"phone"})
    assert canary.VALUES["street"] not in answer.content.decode()


def _every_answer(world: World, name: str) -> Iterator[tuple[str, HttpResponse]]:
    """Served, refused, asked to sign in, not found, and the wrong method."""
    row = rows()[name]
    function = next(iter(row.needs.values()))
    make_shared(world, row.takes)
    refused = [profile for profile in PROFILES if function not in engine().functions_of(profile)]
    for who in ("nobody", "partner key", "leaver", profile_that_may(function), *refused[-1:]):
        with untouched():
            caller = visit(world, who, function=function)
            found = objects_for(world, row.takes, caller)
            if who == "leaver" and caller.employee:
                end_account(caller.employee, who)
            for method, whose in [*product(row.methods, ("own", "none")), ("PUT", "own")]:
                names = {p: getattr(objects, whose) for p, objects in found.items()}
                yield f"{method} as {who}", call(world, caller, row, method, names)


@pytest.mark.parametrize("name", sorted(rows().keys() & endpoints().keys()))
def test_every_answer_is_guarded_and_free_of_inline_code(world: World, name: str) -> None:
    wrong = set()
    for what, answer in _every_answer(world, name):
        page = "text/html" in answer.get("Content-Type", "")
        wrong |= {f"{what}: {fault}" for fault in unguarded(answer)}
        wrong |= {f"{what}: {fault}" for fault in (inline_code(answer) if page else [])}
        wrong |= {f"{what}: {answer.status_code}"} if answer.status_code >= 500 else set()
    assert not wrong, f"{name}:\n" + "\n".join(sorted(wrong))


@pytest.mark.parametrize(
    "page",
    [
        "<p style='color:red'>",
        "<style>p{}</style>",
        "<script>alert(1)</script>",
        "<a onclick=x()>",
        "<a href='javascript:x()'>",
        "<b hx-on:click=x()>",
        "<b hx-vals='js:x()'>",
    ],
)
def test_inline_code_of_each_kind_would_be_seen(page: str) -> None:
    assert inline_code(HttpResponse(page))


@pytest.mark.parametrize("group", sorted(canary.SECRETS))
def test_a_value_of_each_group_would_be_seen(group: str) -> None:
    for secret in canary.SECRETS[group]:
        for text in secret.spellings().values():
            assert canary.betrayed(f"<td>{text}</td>".encode()) == {group}
