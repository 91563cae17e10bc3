"""What outlives an erasure ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence
from duecause.apps.register.models import GuardToken, Record, RelationFact
from duecause.apps.rights.keeping_actions import FUNCTION, end_kept
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import Actor
from tests.apps.rights.cases import approved, known_everywhere, work_off
from tests.security import canary
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)
JOB = Actor.job("test", FUNCTION)
YEARS = timedelta(days=366)


def keys(compartment: str) -> int:
    return DataKey.objects.filter(compartment=compartment).exclude(wrapped=b"").count()


def test_the_proof_ends_after_five_years_and_the_tokens_against_lists_after_ten():
    world = make_world()
    case = work_off(approved(world, known_everywhere(world)))
    now = datetime.now(UTC)
    assert end_kept(actor=JOB, now=now + 4 * YEARS) == {"ended": 0, "tokens": 0}
    assert keys("proof") == 1
    assert end_kept(actor=JOB, now=now + 6 * YEARS) == {"ended": 1, "tokens": 0}
    assert keys("proof") == 0
    assert end_kept(actor=JOB, now=now + 11 * YEARS) == {"ended": 0, "tokens": 3}
    assert not GuardToken.objects.exists()
    case.refresh_from_db()
    assert case.work["kept_ended"] is True
    later = now + 12 * YEARS
    sequence(actor=OPERATOR, now=later)
    assert checking.verify_live(now=later, anchor=None).exit_code == 0


def test_a_contract_ends_with_its_date_and_takes_its_record_along():
    world = make_world()
    person = canary.canary(world)
    now = datetime.now(UTC)
    RelationFact.objects.create(
        record=person.records.get(), person=person, family="gas", until=now.date() + timedelta(days=30)
    )
    work_off(approved(world, person))
    assert Record.objects.filter(person=person).count() == 1
    assert end_kept(actor=JOB, now=now + timedelta(days=29))["ended"] == 0
    assert end_kept(actor=JOB, now=now + timedelta(days=32))["ended"] == 1
    assert not Record.objects.filter(person=person).exists()
    assert not RelationFact.objects.filter(person=person).exists()
