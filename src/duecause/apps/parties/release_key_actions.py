"""The public key of a call centre: once it is set, nothing is handed out to the centre in clear."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor
from duecause.engine.recipients import Recipient


def recipient_of(partner: Partner) -> Recipient | None:
    """To whom a file for this partner is encrypted, as the database says now; None: it has no key. Nobody
    sets one until the caller's transaction ends, so that no clear file is released after a key was set."""
    with transaction.atomic():
        held = Partner.objects.select_for_update(no_key=True).filter(pk=partner.pk)
        key = held.values_list("release_key", flat=True).first()
    return Recipient(key) if key else None


def fingerprint_of(partner: Partner) -> str:
    return Recipient(partner.release_key).fingerprint if partner.release_key else ""


def set_release_key(*, actor: Actor, partner: Partner, key: str, now: datetime) -> Recipient:
    """Encrypt to this public key from now on; the one before ends. The same again changes nothing.

    Raises NotPermitted, Refused for what is no public key.
    """
    actor.require("apikeys.manage")
    recipient = Recipient.parse(key)
    with transaction.atomic():
        others = Partner.objects.filter(pk=partner.pk).exclude(release_key=recipient.text)
        if others.update(release_key=recipient.text, release_key_since=now):
            payload = {"partner": partner.code, "fingerprint": recipient.fingerprint}
            record(actor=actor, kind="parties.release_key_set", now=now, payload=payload)
    partner.refresh_from_db(fields=["release_key", "release_key_since"])
    return recipient


def remove_release_key(*, actor: Actor, partner: Partner, now: datetime) -> bool:
    """Hand out in clear again. False: there was no key. Raises NotPermitted."""
    actor.require("apikeys.manage")
    with transaction.atomic():
        held = Partner.objects.filter(pk=partner.pk).exclude(release_key="")
        removed = held.update(release_key="", release_key_since=None)
        if removed:
            payload = {"partner": partner.code}
            record(actor=actor, kind="parties.release_key_removed", now=now, payload=payload)
    partner.refresh_from_db(fields=["release_key", "release_key_since"])
    return bool(removed)
