"""Plan an erasure, approve it as another employee, refuse it. What is approved is applied by a job
(`erasing_actions.py`); nothing is complete before it was read back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duecause.apps.consent.actions import ERASURE_REQUEST, Taking, request_erasure
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import finish_waiting, open_obligation
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person
from duecause.apps.rights import planning
from duecause.apps.rights.models import ErasureCase
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

ERASE = "rights.erase"
DESK = "privacy_desk"
# GDPR Art. 17(1), and Art. 12(5)-(6), 17(3): why it is asked for, why it is refused.
GROUNDS = ("request", "objection", "withdrawn", "unlawful", "no_longer_needed")
REFUSALS = ("not_identified", "legal_claim", "legal_obligation", "unfounded", "withdrawn")

_NO_REQUEST = gettext_noop("No such request is open. Open one at the desk, or run: duecause erase")
_ERASED = gettext_noop("This person has been erased already. There is nothing left to plan.")
_RUNNING = gettext_noop("This erasure is approved and can no longer be changed.")
_NO_PLAN = gettext_noop("This erasure has no plan that waits for approval. Plan it first.")
_OWN_PLAN = gettext_noop("An erasure is approved by another employee than the one who planned it. Ask one.")
_CHANGED = gettext_noop("The person's data have changed since it was planned. Plan it again, then approve.")
_BLOCKED = gettext_noop("A legal hold keeps this person's data. The erasure can be approved when it ends.")
_NOBODY = gettext_noop("No company holds a record of this person. There is nothing to erase.")


def open_request(*, actor: Actor, person: Person, how: str, ground: str, now: datetime) -> Obligation:
    """Open a request for a person known by a record, with the objection that goes with it. Again returns the
    request that is open. Raises Refused, NotPermitted."""
    controller = Controller.objects.filter(sources__records__person=person).order_by("pk").first()
    if person.erased_at is not None or controller is None:
        raise Refused("rights.nobody", _NOBODY)
    with transaction.atomic():
        taking = Taking(how=how, language=person.language)
        _, opened = request_erasure(actor=actor, person=person, controller=controller, taking=taking, now=now)
        if ground not in ("", opened.facts.get("ground")):
            opened.facts = {**opened.facts, "ground": ground}
            opened.save(update_fields=["facts"])
        return opened


def plan_erasure(*, actor: Actor, request: Obligation, now: datetime) -> ErasureCase:
    """Draft what erasing would do, or draft it anew while nobody has approved it. Opens nothing.

    Raises NotPermitted, and Refused for a request that is closed, decided or about an erased person.
    """
    actor.require("rights.plan")
    with transaction.atomic():
        locked = Obligation.objects.select_for_update().get(pk=request.pk)
        if locked.kind != ERASURE_REQUEST or locked.state != Obligation.State.OPEN or locked.person is None:
            raise Refused("rights.no_request", _NO_REQUEST)
        person = Person.objects.get(pk=locked.person)
        case = ErasureCase.objects.filter(obligation=locked).first()
        if person.erased_at is not None and case is None:
            raise Refused("rights.erased", _ERASED)
        if case is not None and case.state != ErasureCase.State.PLANNED:
            raise Refused("rights.running", _RUNNING)
        plan = planning.draft(person.pk, actor=actor, now=now)
        case, _ = ErasureCase.objects.update_or_create(
            obligation=locked,
            defaults={
                "person": person,
                "plan": plan,
                "plan_hash": planning.fingerprint(plan),
                "planned_by": actor.ref,
                "planned_at": now,
            },
        )
        _record(actor, "rights.erasure_planned", case, now, plan=case.plan_hash)
        return case


def approve_erasure(*, actor: Actor, case: ErasureCase, plan_hash: str, now: datetime) -> Obligation:
    """Approve the plan that was seen (`plan_hash`), as another employee than its planner; a job applies it.

    Raises NotPermitted, and Refused where nothing waits for approval, the planner is the approver, a hold
    stands against it, or the plan no longer says what would happen.
    """
    actor.require("rights.approve")
    with transaction.atomic():
        case = ErasureCase.objects.select_for_update().get(pk=case.pk)
        if case.state != ErasureCase.State.PLANNED:
            raise Refused("rights.no_plan", _NO_PLAN)
        if actor.kind != "employee" or actor.ref == case.planned_by:
            raise Refused("rights.own_plan", _OWN_PLAN)
        current = planning.draft(case.person_id, actor=actor, now=now)
        if current["blockers"]:
            raise Refused("rights.hold", _BLOCKED)
        if not plan_hash == case.plan_hash == planning.fingerprint(current):
            raise Refused("rights.plan_changed", _CHANGED)
        job = open_obligation(
            actor=actor,
            kind=ERASE,
            now=now,
            systems=["duecause"],
            person=case.person_id,
            facts={"case": str(case.pk)},
        )
        case.state, case.approved_by, case.approved_at = ErasureCase.State.APPROVED, actor.ref, now
        case.job = job.pk
        case.save(update_fields=["state", "approved_by", "approved_at", "job"])
        _record(actor, "rights.erasure_approved", case, now, plan=case.plan_hash)
        return job


def refuse_erasure(*, actor: Actor, case: ErasureCase, because: str, now: datetime) -> None:
    """Refuse the request (`because`: a code of REFUSALS) and close it. The objection that came with it stays.

    Raises NotPermitted, and Refused for an unknown code or a case that is approved.
    """
    actor.require("rights.plan")
    if because not in REFUSALS:
        raise Refused("rights.no_reason", gettext_noop("Choose why the request is refused."))
    with transaction.atomic():
        case = ErasureCase.objects.select_for_update().get(pk=case.pk)
        if case.state != ErasureCase.State.PLANNED:
            raise Refused("rights.running", _RUNNING)
        case.state, case.refused_by, case.refused_at = ErasureCase.State.REFUSED, actor.ref, now
        case.refused_because = because
        case.save(update_fields=["state", "refused_by", "refused_at", "refused_because"])
        _record(actor, "rights.erasure_refused", case, now, because=because)
        close_request(actor=actor, case=case, now=now, receipt={"refused": because})


def close_request(*, actor: Actor, case: ErasureCase, now: datetime, receipt: dict[str, str]) -> None:
    """Close the privacy desk's step, and with it the request. Belongs into the caller's transaction."""
    for step in Step.objects.select_related("obligation").filter(obligation=case.obligation_id, system=DESK):
        finish_waiting(actor=actor, step=step, now=now, receipt=receipt)


def _record(actor: Actor, kind: str, case: ErasureCase, now: datetime, **more: str) -> None:
    record(actor=actor, kind=kind, now=now, person=case.person_id, payload={"case": str(case.pk), **more})
