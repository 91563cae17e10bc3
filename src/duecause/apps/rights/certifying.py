"""The certificate of an erasure: what was done, what is kept and until when, and the proof of its event."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.ledger import queries as ledger
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import Record
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.copies import copies_live

FORMAT = "duecause.erasure/1"


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def consents_of_records(person: UUID) -> list[dict[str, str]]:
    """The proof of consents that came with a list: from which source, with which words, when."""
    return consents_of(Record.objects.filter(person=person))


def consents_of(records: QuerySet[Record]) -> list[dict[str, str]]:
    rows = records.filter(basis="consent", wording__isnull=False)
    return [
        {
            "source": row.source.code,
            "wording": str(row.wording),
            "obtained_on": row.obtained_on.isoformat() if row.obtained_on else "",
        }
        for row in rows.select_related("source", "wording").order_by("recorded_at", "pk")
    ]


def certificate(case: ErasureCase, request: Obligation) -> dict[str, Any]:
    """What was found and done, by stage. `case` is about to be proven; the ledger holds the hash of this."""
    work, plan = case.work, case.plan
    applied = case.applied_at or case.planned_at
    return {
        "format": FORMAT,
        "case": str(case.pk),
        "person": str(case.person_id),
        "controller": request.facts.get("controller", ""),
        "requested_at": _iso(request.opened_at),
        "due_at": _iso(request.due_at),
        "planned": {"at": _iso(case.planned_at), "by": case.planned_by, "sha256": case.plan_hash},
        "approved": {"at": _iso(case.approved_at), "by": case.approved_by},
        "applied_at": _iso(case.applied_at),
        "proven_at": _iso(case.proven_at),
        "rows": work["rows"],
        "keys_destroyed": work["keys_destroyed"],
        "ledger_parts_sealed_for_good": work["sealed_events"],
        "kept": plan["kept"],
        "consents_proved": work["consents"],
        "objections": "kept_by_number_token",
        "quarantine": "rows_without_basis_are_deleted_by_their_own_date",
        "guards": {"tokens": work["guards"], "until": work["guards_until"]},
        "call_centres": work["partners"],
        "files": work["scrubbed"],
        "read_back": work["read_back"],
        # A copy of the key database that was made just before the erasure is the last way back.
        "final_on": (applied + copies_live()).date().isoformat(),
        "key_backup_days": copies_live().days,
    }


def with_proof(case: ErasureCase) -> dict[str, Any]:
    """The certificate and where its event stands in the ledger: the inclusion proof once a checkpoint covers
    it (C2SP tlog-proof), `waiting` before."""
    event = Event.objects.select_related("leaf").filter(uid=case.event or UUID(int=0)).first()
    standing = ledger.standing(event) if event else None
    proof = str(standing.proof) if standing and standing.proof and standing.holds else None
    return {
        "certificate": case.certificate,
        "ledger": {
            "event": str(case.event),
            "leaf": bytes(event.leaf_bytes).decode() if event else None,
            "index": standing.index if standing else None,
            "proof": proof,
            "state": "logged" if proof else "waiting",
        },
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
