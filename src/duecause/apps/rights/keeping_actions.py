"""End what outlived an erasure when its date has come: proof, contract, the tokens against bulk lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.models import ConsentEvent
from duecause.apps.ledger.actions import record
from duecause.apps.register.models import GuardToken, Record
from duecause.apps.rights import removing, scrubbing, stores
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.actions import bury_keys
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor

FUNCTION = "rights.end_kept"


def end_kept(*, actor: Actor, now: datetime) -> dict[str, Any]:
    """Destroy what is due; returns how many compartments ended and tokens went. Again finds nothing.
    Raises Busy where the files cannot be scrubbed yet: what was due is destroyed by then."""
    actor.require(FUNCTION)
    tokens, _ = GuardToken.objects.filter(delete_after__lte=now).delete()
    ended = 0
    for case in ErasureCase.objects.filter(state=ErasureCase.State.PROVEN).iterator():
        if not case.work.get("kept_ended"):
            ended += _end(case, actor, now)
    if ended or tokens:
        scrubbing.scrub(removing.TOUCHED)
    return {"ended": ended, "tokens": tokens}


def _end(case: ErasureCase, actor: Actor, now: datetime) -> int:
    before = list(case.work.get("ended", []))
    due = [
        kept["compartment"]
        for kept in case.certificate["kept"]
        if kept["compartment"] not in before and _is_due(case, kept, now.date())
    ]
    for compartment in due:
        owners = _owners(case, compartment)
        bury_keys({owner: [compartment] for owner in owners}, now=now)
    ended = [*before, *due]
    if not due and len(ended) < len(case.certificate["kept"]):
        return 0
    with transaction.atomic():
        _remove(case, due)
        everything = len(ended) == len(case.certificate["kept"])
        case.work = {**case.work, "ended": ended, "kept_ended": everything}
        case.save(update_fields=["work"])
        if due:
            payload = {"case": str(case.pk), "ended": due}
            record(actor=actor, kind="rights.kept_ended", now=now, person=case.person_id, payload=payload)
    return len(due)


def _is_due(case: ErasureCase, kept: dict[str, Any], today: date) -> bool:
    if kept["until"] is None:  # a contract without an end: until somebody says that it ended
        return not stores.running_contracts(case.person_id, today).exists()
    return date.fromisoformat(kept["until"]) < today


def _owners(case: ErasureCase, compartment: str) -> list[UUID]:
    if compartment == Compartment.PROOF:
        return [case.person_id]
    return [UUID(text) for text in case.work["kept"]]


def _remove(case: ErasureCase, due: list[str]) -> None:
    if Compartment.PROOF in due:
        ConsentEvent.objects.filter(person=case.person_id).update(evidence=None)
    if Compartment.CONTRACT in due:
        removing.remove(case.person_id, kept=set())
        Record.objects.filter(person=case.person_id).delete()
