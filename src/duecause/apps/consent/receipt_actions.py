"""Hand out what is known of a consent: the receipt to the person, the record to who must show it. Each is an
event with the hash of what was given."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from duecause.apps.consent import records
from duecause.apps.consent.histories import History
from duecause.apps.ledger.actions import record
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7


def give_receipt(*, actor: Actor, known: History, now: datetime) -> dict[str, Any]:
    """The receipt for the person, in the person's language: nothing of anybody else, nothing sealed."""
    actor.require("consent.object")
    made = records.receipt(known, receipt_id=uuid7(), now=now)
    receipt_id = made["receipt"]["receipt_id"]
    _record(actor, "consent.receipt_given", known, made, now, receipt=receipt_id)
    return made


def export_record(*, actor: Actor, known: History, now: datetime) -> dict[str, Any]:
    """The record of ISO/IEC TS 27560, for an authority or an auditor."""
    actor.require("consent.read")
    made = records.consent_record(known, now=now)
    _record(actor, "consent.record_exported", known, made, now)
    return made


def _record(
    actor: Actor, kind: str, known: History, made: dict[str, Any], now: datetime, **more: str
) -> None:
    digest = hashlib.sha256(tlog.canonical_json(made)).hexdigest()
    payload = {"consent": str(known.id), "sha256": digest, **more}
    with transaction.atomic():
        record(actor=actor, kind=kind, now=now, person=known.person, payload=payload)
