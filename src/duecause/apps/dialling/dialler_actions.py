"""Calls that a dialler reports by itself, as each ends: signed with a secret of its centre, taken once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from duecause.apps.dialling.attempt_actions import Call, Returned, return_attempts
from duecause.apps.dialling.models import DiallerSecret, SignedReport
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.vault import derived
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.packs.feed import windows

USE = "dialler"
SALT_BYTES = 16
TAKEN_BEFORE = "report_taken_before"


def give_dialler_secret(*, actor: Actor, partner: Partner, now: datetime) -> str:
    """Make the secret with which a centre's dialler signs and return it in clear, this once. The one before
    ends at once. Raises NotPermitted."""
    actor.require("apikeys.manage")
    salt = secrets.token_hex(SALT_BYTES)
    with transaction.atomic():
        DiallerSecret.objects.update_or_create(partner=partner, defaults={"salt": salt, "since": now})
        payload = {"partner": partner.code}
        record(actor=actor, kind="dialling.dialler_secret_given", now=now, payload=payload)
    return derived.secret(USE, salt)


def signing_centre(code: str) -> tuple[Partner | None, str]:
    """The centre whose dialler may sign under this code, and its secret; None, and a secret that nobody has,
    where there is none: the signature is compared in every case."""
    found = DiallerSecret.objects.filter(partner__code=code).select_related("partner").first()
    return (found.partner if found else None), derived.secret(USE, found.salt if found else "")


def valid_for(now: datetime) -> timedelta:
    """How far the clock of a signature may be off, in either direction."""
    return windows(now.date()).ping_valid


def take_report(
    *, actor: Actor, partner: Partner, calls: Sequence[Call], signature: str, now: datetime
) -> Returned:
    """Keep signed calls as `return_attempts` does, and the signature, so that nobody sends them again.

    Raises NotPermitted, Refused for a signature that was taken before and for what cannot be read."""
    digest = hashlib.sha256(signature.encode()).hexdigest()
    with transaction.atomic():
        SignedReport.objects.filter(at__lt=now - 2 * valid_for(now)).delete()
        _, first = SignedReport.objects.get_or_create(partner=partner, digest=digest, defaults={"at": now})
        if not first:
            raise Refused(TAKEN_BEFORE, "This report was taken before. Sign each report anew.")
        return return_attempts(actor=actor, partner=partner, calls=calls, now=now)
