"""The public key of a call centre: once it is set, nothing is handed out to the centre in clear. On the page
it takes two persons to end one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import KeyRemoval, Partner
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
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
            KeyRemoval.objects.filter(partner=partner).delete()
            payload = {"partner": partner.code, "fingerprint": recipient.fingerprint}
            record(actor=actor, kind="parties.release_key_set", now=now, payload=payload)
    partner.refresh_from_db(fields=["release_key", "release_key_since"])
    return recipient


def remove_release_key(*, actor: Actor, partner: Partner, now: datetime) -> bool:
    """Hand out in clear again, by the operator's command. False: there was no key. Raises NotPermitted."""
    actor.require("apikeys.manage")
    return _remove(actor, partner, now)


def ask_key_removal(*, actor: Actor, partner: Partner, now: datetime) -> KeyRemoval:
    """Ask that this key ends. Raises NotPermitted, Refused where there is none or somebody asked before."""
    actor.require("apikeys.manage")
    with transaction.atomic():
        partner = Partner.objects.select_for_update().get(pk=partner.pk)
        if not partner.release_key:
            raise Refused("key_none", "%(partner)s has no key. Look at the page again.", partner=partner.name)
        asked, made = KeyRemoval.objects.get_or_create(
            partner=partner,
            defaults={"fingerprint": fingerprint_of(partner), "asked_by": actor.ref, "asked_at": now},
        )
        if not made:
            raise Refused("key_removal_asked", "Somebody asked for that before. Another person has to agree.")
        payload = {"partner": partner.code, "fingerprint": asked.fingerprint}
        record(actor=actor, kind="parties.release_key_removal_asked", now=now, payload=payload)
    return asked


def approve_key_removal(*, actor: Actor, partner: Partner, now: datetime) -> None:
    """Agree to what another person asked for: from now on files leave in clear. Raises NotPermitted, Refused
    for who asked, and where nothing was asked of the key of now."""
    actor.require("parties.approve_override")
    with transaction.atomic():
        partner = Partner.objects.select_for_update().get(pk=partner.pk)
        asked = KeyRemoval.objects.filter(partner=partner, fingerprint=fingerprint_of(partner)).first()
        if asked is None:
            raise Refused("key_removal_gone", "Nobody asks for this any more. Look at the page again.")
        if asked.asked_by == actor.ref:
            raise Refused("key_same_person", "You asked for this. Somebody else has to agree.")
        _remove(actor, partner, now, asked_by=asked.asked_by)


def end_key_removal(*, actor: Actor, partner: Partner, now: datetime) -> bool:
    """Refuse it or take it back: the key stays. False: nothing was asked."""
    actor.require("parties.review")
    with transaction.atomic():
        ended, _ = KeyRemoval.objects.filter(partner=partner).delete()
        if ended:
            payload = {"partner": partner.code}
            record(actor=actor, kind="parties.release_key_kept", now=now, payload=payload)
    return bool(ended)


def _remove(actor: Actor, partner: Partner, now: datetime, **told: str) -> bool:
    with transaction.atomic():
        held = Partner.objects.filter(pk=partner.pk).exclude(release_key="")
        removed = held.update(release_key="", release_key_since=None)
        if removed:
            KeyRemoval.objects.filter(partner=partner).delete()
            payload = {"partner": partner.code, **told}
            record(actor=actor, kind="parties.release_key_removed", now=now, payload=payload)
    partner.refresh_from_db(fields=["release_key", "release_key_since"])
    return bool(removed)
