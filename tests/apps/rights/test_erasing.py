"""From the request to the certificate, over our own stores."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.consent.models import Objection
from duecause.apps.dialling import feed_actions
from duecause.apps.dialling.models import ReleaseRow
from duecause.apps.gate.actions import reveal
from duecause.apps.gate.facts import Reason
from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence, signer
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import Lookup, Person, RelationFact
from duecause.apps.rights import certifying, queries
from duecause.apps.rights.actions import approve_erasure, plan_erasure, refuse_erasure
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.models import DataKey
from duecause.engine import tlog
from duecause.engine.problems import Refused
from tests.apps.rights.cases import approved, known_everywhere, requested, work_off
from tests.security import canary
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


def test_who_changed_since_the_plan_is_planned_again():
    world = make_world()
    person = known_everywhere(world)
    case = plan_erasure(
        actor=world.actor("privacy_officer"), request=requested(world, person), now=datetime.now(UTC)
    )
    Lookup.objects.filter(record__person=person).first().delete()
    with pytest.raises(Refused, match="Plan it again"):
        approve_erasure(
            actor=world.actor("privacy_officer"), case=case, plan_hash=case.plan_hash, now=datetime.now(UTC)
        )


def test_what_changes_after_the_approval_goes_back_to_the_desk_untouched():
    world = make_world()
    person = known_everywhere(world)
    case = approved(world, person)
    Lookup.objects.filter(record__person=person).first().delete()
    case = work_off(case)
    assert (case.state, case.stage, case.approved_by) == ("planned", "none", "")
    assert Person.objects.get(pk=person.pk).erased_at is None
    assert Obligation.objects.get(pk=case.obligation_id).state == Obligation.State.OPEN


def test_a_running_contract_keeps_its_compartment_until_it_ends():
    world = make_world()
    person = canary.canary(world)
    record = person.records.get()
    until = datetime.now(UTC).date() + timedelta(days=90)
    RelationFact.objects.create(record=record, person=person, family="electricity", until=until)
    case = work_off(approved(world, person))
    assert case.state == ErasureCase.State.PROVEN, case.stage
    kept = {kept["compartment"]: kept["until"] for kept in case.certificate["kept"]}
    assert kept["contract"] == until.isoformat()
    record.refresh_from_db()
    assert (record.identity, record.fields) == (None, ["customer_no"])
    left = DataKey.objects.filter(owner=record.pk).exclude(wrapped=b"")
    assert list(left.values_list("compartment", flat=True)) == ["contract"]
    assert set(case.certificate["guards"]["tokens"]) == {"phone", "email"}


def test_looking_at_an_erased_person_does_not_make_a_key_that_breaks_the_old_entries():
    world = make_world()
    person = known_everywhere(world)
    work_off(approved(world, person))
    reason = Reason(link="request_case", purpose="rights", words="why I look, in words")
    found = reveal(
        actor=world.actor("privacy_officer"), person=person.pk, reason=reason, now=datetime.now(UTC)
    )
    assert found.values == {}
    assert not DataKey.objects.filter(owner=person.pk, compartment="content").exclude(wrapped=b"").exists()
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    assert checking.verify_live(now=datetime.now(UTC), anchor=None).exit_code == 0


def test_a_refused_request_is_closed_and_its_objection_stays():
    world = make_world()
    person = world.person()
    officer = world.actor("privacy_officer")
    case = plan_erasure(actor=officer, request=requested(world, person), now=datetime.now(UTC))
    refuse_erasure(actor=officer, case=case, because="legal_claim", now=datetime.now(UTC))
    assert Obligation.objects.get(pk=case.obligation_id).state == Obligation.State.DONE
    assert Objection.objects.get(person=person).lifted_at is None
    with pytest.raises(Refused):
        approve_erasure(
            actor=world.actor("privacy_officer"), case=case, plan_hash=case.plan_hash, now=datetime.now(UTC)
        )


def test_the_certificate_is_downloaded_with_a_proof_that_an_independent_reader_can_check():
    world = make_world()
    case = work_off(approved(world, known_everywhere(world)))
    assert certifying.with_proof(case)["ledger"]["state"] == "waiting"
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    told = certifying.with_proof(case)["ledger"]
    proof = tlog.parse_proof(told["proof"].encode())
    proof.verify(leaf=told["leaf"].encode(), policy=tlog.Policy.of_keys([signer().verifier()]))
    assert json.dumps(certifying.with_proof(case)).isascii()


def test_the_centre_that_holds_the_number_is_ordered_to_erase_it_and_its_answer_is_seen():
    world = make_world()
    person = known_everywhere(world)
    reference = ReleaseRow.objects.get(person=person).reference
    case = work_off(approved(world, person))
    (holder,) = case.certificate["call_centres"]
    assert (holder["centre"], holder["order"]) == ("CC-A", "ordered")
    partner = feed_actions.partner_actor(world.centre)
    page = feed_actions.hand_out(actor=partner, partner=world.centre, after=0, now=datetime.now(UTC))
    order = next(entry for entry in page.entries if entry["kind"] == "erasure")
    assert order["references"] == [reference]
    assert queries.holders_of(case, [holder])[0]["told"] == "Order on its way"
    feed_actions.acknowledge(actor=partner, partner=world.centre, cursor=page.cursor, now=datetime.now(UTC))
    assert queries.holders_of(case, [holder])[0]["told"] == "Order acknowledged"
