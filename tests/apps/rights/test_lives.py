"""The life of a datum tells what rules of retention took and will take, and what is held."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from duecause.apps.catalogue.models import Field, Purpose
from duecause.apps.register.hold_actions import Terms, begin_hold, end_hold
from duecause.apps.register.life import Happened, life_of
from duecause.apps.register.models import Person
from duecause.apps.rights.retention_actions import run_retention
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from tests.support.world import NOW, OPERATOR, World, keep_by_rules, make_world

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = date(2023, 5, 31)
A_DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return make_world()


def night(now: datetime = NOW) -> None:
    run_retention(actor=Actor.job("test", "rights.retention", "open:retention"), run=uuid7(), now=now)


def told(person: Person, *kinds: str, now: datetime = NOW) -> list[Happened]:
    return [one for one in life_of(person.pk, now=now) if one.kind in kinds]


def since(person: Person, day: date) -> Person:
    person.records.update(obtained_on=day, recorded_at=datetime(day.year, day.month, day.day, tzinfo=UTC))
    return person


def short_lived(world: World, field: str, action: str) -> None:
    """One field goes a year after it was obtained, the rest in ten."""
    other = Purpose.objects.create(code="service", name={"en": "Service"}, legal_basis="contract")
    for each in Field.objects.exclude(code=field):
        each.purposes.set([other])
    keep_by_rules(
        (world.sales, None, "obtained", 12, 0, action), (other, None, "obtained", 120, 0, "erase")
    )  # fmt: skip


def test_the_day_on_which_a_rule_will_erase_is_told_as_planned_with_its_rule(world):
    person = since(world.person(), date(2026, 3, 3))
    planned = told(person, "rule_erase_planned")
    assert {one.at for one in planned} == {datetime(2028, 3, 4, tzinfo=UTC)}
    assert all(one.planned and "24 months" in one.why.text for one in planned)
    assert frozenset().union(*(one.fields for one in planned)) == {"first_name", "last_name", "phone"}


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("erase", "Erased by a rule"),
        ("anonymise", "Made anonymous by a rule"),
        ("restrict", "Only stored since then"),
    ],
)
def test_a_field_that_a_rule_took_is_told_with_its_rule_and_no_value(world, action, words):
    person = since(world.person(postcode="9000"), LONG_AGO)
    short_lived(world, "postcode", action)
    night()
    (done,) = told(person, f"rule_{action}")
    assert done.at == NOW and done.fields == {"postcode"} and done.what.text.startswith(words)
    assert "12 months" in done.why.text and "9000" not in f"{done.what.text}{done.why.text}"


def test_a_field_that_is_in_use_again_is_told_to_be(world):
    person = since(world.person(postcode="9000"), LONG_AGO)
    short_lived(world, "postcode", "restrict")
    night()
    keep_by_rules((world.sales, None, "obtained", 120, 0, "erase"))
    night(NOW + A_DAY)
    (done,) = told(person, "rule_restrict")
    assert done.why.text == "In use again since."


def test_of_a_whole_record_its_source_and_the_moment_remain(world):
    person = since(world.person(), LONG_AGO)
    record = person.records.get().pk
    night()
    (gone,) = told(person, "rule_record")
    assert (gone.record, gone.source, gone.at) == (record, "Web shop", NOW)
    assert not told(person, "rule_erase_planned")


def test_a_hold_stops_what_is_planned_and_is_told_without_its_reason(world):
    person = since(world.person(), LONG_AGO)
    terms = Terms("court_order", until=NOW.date() + timedelta(days=30))
    hold = begin_hold(actor=OPERATOR, person=person.pk, terms=terms, now=NOW)
    assert not told(person, "rule_erase_planned")
    begun, ends = told(person, "hold_begun", "hold_planned")
    assert begun.at == NOW and begun.why is None and ends.planned
    end_hold(actor=OPERATOR, hold=hold, now=NOW + A_DAY)
    assert [one.kind for one in told(person, "hold_begun", "hold_ended", now=NOW + 2 * A_DAY)] == [
        "hold_begun", "hold_ended",
    ]  # fmt: skip


def test_a_hold_of_some_fields_concerns_no_others(world):
    person = world.person(postcode="9000")
    begin_hold(
        actor=OPERATOR, person=person.pk, terms=Terms("legal_claim"), now=NOW, fields=["phone"],
        only=person.records.get().pk,
    )  # fmt: skip
    (begun,) = told(person, "hold_begun")
    assert begun.concerns("phone", number=True) and not begun.concerns("postcode", number=False)
