"""A small house in which every kind of token is kept and looked for, and what must hold in it at any moment
of a change of its keys."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from duecause.apps.consent import actions as consent
from duecause.apps.consent.queries import registers_naming
from duecause.apps.desk.search import find_people
from duecause.apps.dialling import precall, release_actions
from duecause.apps.dialling.models import FeedEntry
from duecause.apps.gate.facts import NO_REASON, Asking
from duecause.apps.register import providers
from duecause.apps.register.models import GuardToken, Person
from duecause.apps.staff.models import EmployeeIdentifier
from duecause.apps.staff.queries import identifier
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from tests.apps.dialling.lists import OWN_NUMBERS, load_dncm, screen
from tests.apps.register.lists import outcomes, take
from tests.support.world import NOW, OPERATOR, World, make_world

LATER = NOW + timedelta(hours=1)
AFTER = LATER + timedelta(minutes=1)
HEAD = "phone;email;customer_no;first_name;last_name;postcode;consent_text;obtained_on\n"
FIRST = 32470000100
COLLEAGUE, LISTED, ERASED = FIRST, 32470000900, "erased@test.example"


@dataclass
class House:
    """Numbers of people: all that were brought, those on the centre's list, those who must not be called."""

    world: World
    colleague: Actor
    files: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)

    def bring(self, count: int) -> list[int]:
        first = FIRST + len(self.numbers)
        numbers = list(range(first, first + count))
        text = HEAD + "".join(
            f"+{n};p{n}@test.example;C{n};Mila;{name_of(n)};9000;{self.world.wording.text};2026-03-03\n"
            for n in numbers
        )
        name = f"list-{first}.csv"
        became = outcomes(take(self.world.source, text, file_name=name))
        assert set(became.values()) == {"stored"}, became
        self.files[name] = text
        self.numbers += numbers
        return numbers

    def release(self) -> None:
        dial_list = screen(self.world)
        made = release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())
        assert made.rows == len(self.numbers)
        self.released = list(self.numbers)

    def objects(self, number: int, how: str) -> None:
        taking = consent.Taking(how="call")
        given: dict[str, Any] = {"actor": OPERATOR, "controller": self.world.controller, "taking": taking}
        if how == "person":
            consent.record_objection(person=self.person(number), now=LATER, **given)
        elif how == "number":
            consent.record_number_objection(numbers=[number], now=LATER, **given)
        else:
            consent.record_email_objection(email=f"p{number}@test.example", now=LATER, **given)
        self.stopped.add(number)

    def person(self, number: int) -> Person:
        [pk] = find_people(f"+{number}")[0]
        return Person.objects.get(pk=pk)

    def faults(self) -> list[str]:
        return [*self.faulty_calls(), *self._screening(), *self._desk(), *self._imports(), *self._others()]

    def allowed(self) -> set[int]:
        return {number for number, reason in self._answers().items() if not reason}

    def _answers(self) -> dict[int, str]:
        decisions = precall.decide(
            centre=self.world.centre, campaign="PUMP-BE", numbers=[f"+{n}" for n in self.released], now=AFTER
        )
        return dict(zip(self.released, (each.reason for each in decisions), strict=True))

    def faulty_calls(self) -> list[str]:
        answers = self._answers()
        wanted = {number: "denied" if number in self.stopped else "" for number in self.released}
        return [f"pre-call of {n}: {answers[n]!r}" for n in self.released if answers[n] != wanted[n]]

    def _screening(self) -> list[str]:
        # A centre that is silent gets no list at all.
        FeedEntry.objects.update(given_at=LATER, acknowledged_at=LATER)
        rows = screen(self.world, now=AFTER).rows.filter(released=True)
        free = {bytes(row.token) for row in rows if row.token}
        wanted = {indexes.dial_token(n) for n in set(self.numbers) - self.stopped}
        return [] if free == wanted else [f"screening lets {len(free)} through, not {len(wanted)}"]

    def _desk(self) -> list[str]:
        asked = (
            text
            for n in self.numbers
            for text in (f"+{n}", f"p{n}@test.example", f"C{n}", f"{name_of(n)} 9000")
        )
        return [f"the desk does not find {text}" for text in asked if len(find_people(text)[0]) != 1]

    def _imports(self) -> list[str]:
        found = []
        for name, text in self.files.items():
            became = outcomes(take(self.world.source, text + "\n" * 2, file_name=name, now=AFTER))
            found += [f"read again: {word}" for word in became.values() if word != "unchanged"]
        bulk = f"{HEAD};{ERASED};;Ada;Weg;9000;{self.world.wording.text};2026-03-03\n"
        became = outcomes(take(self.world.source, bulk, file_name="bulk.csv", now=AFTER))
        return found + [f"an erased person: {word}" for word in became.values() if word != "refused"]

    def _others(self) -> list[str]:
        asking = Asking(self.colleague, self.person(COLLEAGUE).pk, NO_REASON, AFTER)
        found = [] if providers.relation(asking) == "self" else ["an employee is a stranger to the gate"]
        listed = registers_naming(indexes.dial_token(LISTED))
        return found if listed else [*found, "the national register is not seen"]


def name_of(number: int) -> str:
    return "Test" + "".join(chr(ord("a") + int(digit)) for digit in str(number)[-4:])


def make_house(people: int = 6) -> House:
    """Somebody erased, an employee who is a customer, a national register, an e-mail objection of somebody
    who became known later, and a released list."""
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm(LISTED)
    GuardToken.objects.create(
        kind="email",
        token=indexes.guard_token("email", ERASED),
        key_id=indexes.guard_key_id(),
        made_at=NOW,
        delete_after=NOW + timedelta(days=999),
    )
    employee = world.employee("inbound")
    kind, token = identifier("phone", str(COLLEAGUE))
    EmployeeIdentifier.objects.create(employee=employee, kind=kind, token=token)
    house = House(world, Actor("employee", str(employee.pk)))
    house.bring(people)
    house.release()
    return house
