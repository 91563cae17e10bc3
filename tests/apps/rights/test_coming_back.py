"""An erased person does not come back through a list, and does by a fresh word of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.parties.models import Source
from duecause.apps.register.actions import import_file
from duecause.apps.register.models import ImportBatch, ImportRow, Person, Record
from duecause.apps.vault import indexes
from tests.apps.register.lists import customers
from tests.apps.rights.cases import approved, known_everywhere, lookups_of, work_off
from tests.security import canary
from tests.support.world import OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def erased() -> tuple[World, Person]:
    world = make_world()
    person = known_everywhere(world)
    assert work_off(approved(world, person)).state == "proven"
    return world, person


def take(source: Source, row: Mapping[str, str], now: datetime) -> ImportBatch:
    data = "\n".join((";".join(row), ";".join(row.values()))).encode()
    done = import_file(actor=OPERATOR, source=source, data=data, file_name="again.csv", now=now)
    return done.batch


def problems_of(batch: ImportBatch) -> list[str]:
    return [item["code"] for row in ImportRow.objects.filter(batch=batch) for item in row.problems]


@pytest.mark.parametrize("known_by", ["phone", "email", "customer_no"])
def test_a_bought_list_is_refused_whichever_identifier_it_has(
    erased: tuple[World, Person], known_by: str
) -> None:
    world, _ = erased
    row = {"last_name": canary.VALUES["last_name"], known_by: canary.VALUES[known_by]}
    batch = take(customers(world, "BOUGHT"), row, datetime.now(UTC) + timedelta(days=3))
    assert (batch.counts, problems_of(batch)) == ({"refused": 1}, ["erased_guard"])
    assert not Person.objects.filter(lookups_of(canary.NUMBER)).exists()


def test_a_fresh_consent_of_the_person_is_a_new_person(erased: tuple[World, Person]) -> None:
    world, before = erased
    later = datetime.now(UTC) + timedelta(days=3)
    fresh = {
        "consent_text": world.wording.text,
        "obtained_on": (later - timedelta(days=1)).date().isoformat(),
    }
    batch = take(world.source, {**canary.VALUES, **fresh}, later)
    assert batch.counts == {"stored": 1}
    new = Person.objects.get(lookups_of(canary.NUMBER))
    assert new.pk != before.pk and new.erased_at is None
    assert not Record.objects.filter(person=before).exists()


def test_the_same_list_with_the_old_consent_stays_refused(erased: tuple[World, Person]) -> None:
    world, _ = erased
    old = {"consent_text": world.wording.text, "obtained_on": "2026-03-03"}
    batch = take(world.source, {**canary.VALUES, **old}, datetime.now(UTC) + timedelta(days=3))
    assert problems_of(batch) == ["erased_guard"]


def test_the_objection_goes_on_by_the_number_and_no_list_names_the_person(
    erased: tuple[World, Person],
) -> None:
    _, person = erased
    token = indexes.dial_token(canary.NUMBER)
    assert Suppression.objects.filter(token=token, lifted_at=None).exists()
    assert Objection.objects.get(person=person).record is None
    assert not ReleaseRow.objects.filter(token=token).exists()
    assert not ListRow.objects.filter(token=token).exists()
    assert ReleaseRow.objects.filter(person=None, record=None).exists()


def test_a_spoken_consent_of_the_person_who_came_back_lifts_the_old_objection(
    erased: tuple[World, Person],
) -> None:
    world, before = erased
    new = world.person(number=canary.NUMBER)
    _say_yes(world, new)
    objection = Objection.objects.get(person=before, scope="all_marketing")
    assert objection.lifted_at is not None
    calls = Suppression.objects.filter(token=indexes.dial_token(canary.NUMBER), lifted_at=None)
    assert not calls.filter(channel__in=["", "call"]).exists()
    assert calls.filter(channel="email").exists()


def test_somebody_who_shares_one_of_several_numbers_does_not_lift_it(erased: tuple[World, Person]) -> None:
    world, before = erased
    objection = Objection.objects.get(person=before, scope="all_marketing")
    own = objection.suppressions.get()
    Suppression.objects.create(
        token=indexes.dial_token(32470000077), key_id=own.key_id, reason=own.reason,
        controller=own.controller, objection=objection, effective_at=own.effective_at,
    )  # fmt: skip
    _say_yes(world, world.person(number=canary.NUMBER))
    objection.refresh_from_db()
    assert objection.lifted_at is None


def _say_yes(world: World, person: Person) -> None:
    record_consent(
        actor=OPERATOR,
        person=person,
        wording=world.spoken_wording,
        channel="call",
        given=True,
        saying=Saying(act="spoken_yes"),
        now=datetime.now(UTC) + timedelta(days=2),
    )
