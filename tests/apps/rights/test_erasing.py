"""From the request to the certificate, over our own stores."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence
from duecause.apps.obligations.models import Obligation
from duecause.apps.rights.actions import approve_erasure, plan_erasure
from duecause.apps.rights.models import ErasureCase
from duecause.engine.problems import Refused
from tests.apps.rights.cases import approved, known_everywhere, requested, work_off
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_erasure_is_planned_approved_applied_proven_and_closes_its_request():
    world = make_world()
    person = known_everywhere(world)
    case = work_off(approved(world, person))
    assert case.state == ErasureCase.State.PROVEN, case.stage
    assert Obligation.objects.get(pk=case.obligation_id).state == Obligation.State.DONE
    assert set(case.certificate["read_back"].values()) == {0}
    assert case.certificate["guards"]["tokens"] == {"phone": 1, "email": 1, "customer_no": 1}
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    report = checking.verify_live(now=datetime.now(UTC), anchor=None)
    assert report.exit_code == 0, report.log.failures
    assert report.erased == case.certificate["ledger_parts_sealed_for_good"]


def test_the_planner_does_not_approve():
    world = make_world()
    person = world.person()
    planner = world.actor("privacy_officer")
    case = plan_erasure(actor=planner, request=requested(world, person), now=datetime.now(UTC))
    with pytest.raises(Refused, match="another employee"):
        approve_erasure(actor=planner, case=case, plan_hash=case.plan_hash, now=datetime.now(UTC))
