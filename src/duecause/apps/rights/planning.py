"""What an erasure would do to one person, found by reading alone: rows, keys, what stays and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.consent.proof import proof_of
from duecause.apps.gate.facts import Asking, Reason, person_facts
from duecause.apps.register.identifiers import PERSONAL
from duecause.apps.register.models import Lookup, Record
from duecause.apps.rights import stores
from duecause.apps.rights.rules import rules
from duecause.apps.vault.models import Compartment
from duecause.engine import tlog
from duecause.engine.actor import Actor

REASON = Reason(link="request_case", purpose="rights")
OF_A_PERSON = (
    Compartment.IDENTITY,
    Compartment.MARKETING,
    Compartment.CONTRACT,
    Compartment.SPECIAL,
    Compartment.CONTENT,
)
# What the approver approved. Ledger entries are left out: looking at the case writes one.
APPROVED = ("tables", "keys", "kept", "blockers")


def draft(person: UUID, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """The plan as JSON: counts, codes and dates only."""
    today = now.date()
    kept_records = kept_for_contracts(person, now)
    kept = _kept(person, kept_records, now)
    records = Record.objects.filter(person=person)
    identifiers = Lookup.objects.filter(record__person=person, kind__in=PERSONAL)
    holders = [{**asdict(h), "released_on": h.released_on.isoformat()} for h in stores.holders(person, now)]
    asking = Asking(actor=actor, person=person, reason=REASON, now=now)
    return {
        "tables": stores.counts(person, kept_records, today),
        "keys": {"records": records.count(), "person": [str(name) for name in compartments(person)]},
        "events": stores.sealed_events(person),
        "kept": kept,
        "guards": {
            kind: len(set(identifiers.filter(kind=kind).values_list("token", flat=True))) for kind in PERSONAL
        },
        "guards_until": rules().guard_until(today).isoformat(),
        "holders": holders,
        "blockers": ["legal_hold"] if person_facts(asking).legal_hold else [],
    }


def fingerprint(plan: Mapping[str, Any]) -> str:
    """SHA-256 over what is approved, as hex."""
    return hashlib.sha256(tlog.canonical_json({name: plan[name] for name in APPROVED})).hexdigest()


def kept_for_contracts(person: UUID, now: datetime) -> set[UUID]:
    return set(stores.running_contracts(person, now.date()).values_list("record_id", flat=True))


def compartments(person: UUID) -> tuple[Compartment, ...]:
    """Compartments of the person whose keys are destroyed; the proof too where there is none to keep."""
    return OF_A_PERSON if stores.newest_word(person) else (*OF_A_PERSON, Compartment.PROOF)


def _kept(person: UUID, kept_records: set[UUID], now: datetime) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    proof = proof_of(person)
    if proof and stores.newest_word(person):
        kept.append(
            {
                "compartment": "proof",
                "because": "consent_proof",
                "law": proof.rule.law,
                "until": proof.until.isoformat(),
            }
        )
    if kept_records:
        ends = [fact.until for fact in stores.running_contracts(person, now.date())]
        known = [end for end in ends if end is not None]
        until_day = rules().contract_until(max(known)).isoformat() if len(known) == len(ends) else None
        kept.append(_reason("contract", "contract", until_day))
    return kept


def _reason(compartment: str, rule: str, until: str | None) -> dict[str, Any]:
    return {"compartment": compartment, "because": rule, "law": rules().law[rule], "until": until}
