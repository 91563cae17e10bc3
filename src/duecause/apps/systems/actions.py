"""Set up a system that follows changes; write what it must hear, hand it out, take its word that it acted."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from duecause.apps.catalogue.models import Field
from duecause.apps.dialling.feed_actions import refuse_never_given
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import ensure_periodic
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Source
from duecause.apps.parties.queries import hash_of, new_key
from duecause.apps.systems import queries
from duecause.apps.systems.models import Change, ChangeStream, System
from duecause.apps.systems.naming import Shown, shown
from duecause.apps.vault.actions import destroy_keys, seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.feed import windows

SCOPE = "changes"
SILENT = "system_silent"
PING = "systems.ping"
MOST_CHANGES = 500
SECRET_BYTES = 32
WEBHOOK_USE = "systems.webhook"
WEBHOOK_COMPARTMENT = Compartment.CONTENT


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is what to acknowledge and to ask after next."""

    changes: list[Shown]
    cursor: int
    more: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Everything up to `cursor` is acknowledged since `at`."""

    cursor: int
    at: datetime | None


def system_actor(system: System) -> Actor:
    return Actor(kind="system", id=system.code, functions=frozenset({SCOPE}))


def set_up(
    *,
    actor: Actor,
    code: str,
    name: str,
    sources: Collection[str],
    fields: Collection[str],
    webhook_url: str,
    now: datetime,
) -> System:
    """Bring a system to what is wanted. `sources`: codes of those that are its own; `fields`: codes whose new
    values it needs to know. Raises NotPermitted, Refused for an unknown source or field."""
    actor.require("parties.manage")
    own = list(Source.objects.filter(code__in=sources))
    _refuse_unknown(sources, {source.code for source in own})
    _refuse_unknown(fields, set(Field.objects.values_list("code", flat=True)))
    if not own or not code or not code.isprintable() or len(code) > 40:
        raise Refused(
            "system_incomplete",
            gettext_noop("A system needs a code of up to 40 characters and the source that is its own."),
        )
    with transaction.atomic():
        system, _made = System.objects.update_or_create(
            code=code,
            defaults={
                "name": name or code,
                "fields": sorted(set(fields)),
                "webhook_url": webhook_url,
                "ended_at": None,
            },
        )
        system.sources.set(own)
        payload = {"system": code, "sources": sorted(sources), "fields": system.fields}
        record(actor=actor, kind="systems.system_set", now=now, payload=payload)
    return system


def _refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Refused(
            "system_unknown",
            gettext_noop("There is no source or field “%(given)s”. Look its code up in the catalogue."),
            given=unknown[0][:40],
        )


def end(*, actor: Actor, system: System, now: datetime) -> None:
    """The system follows nothing any more; its key opens nothing."""
    actor.require("parties.manage")
    with transaction.atomic():
        System.objects.filter(pk=system.pk).update(ended_at=now, key_prefix="", key_hash="")
        record(actor=actor, kind="systems.system_ended", now=now, payload={"system": system.code})


def make_key(*, actor: Actor, system: System, now: datetime) -> str:
    """Make the key of a system and return it in clear, this once. The one before ends at once."""
    actor.require("apikeys.manage")
    prefix, clear = new_key()
    with transaction.atomic():
        System.objects.filter(pk=system.pk).update(
            key_prefix=prefix, key_hash=hash_of(clear), key_made_at=now
        )
        payload = {"system": system.code, "prefix": prefix, "scope": SCOPE}
        record(actor=actor, kind="systems.key_made", now=now, payload=payload)
    return clear


def give_secret(*, actor: Actor, system: System, now: datetime) -> str:
    """Make the secret that signs the calls of the system's webhook and return it, this once."""
    actor.require("apikeys.manage")
    clear = secrets.token_urlsafe(SECRET_BYTES)
    blob = seal_bytes(secret_owner(system), WEBHOOK_COMPARTMENT, WEBHOOK_USE, clear.encode())
    with transaction.atomic():
        System.objects.filter(pk=system.pk).update(webhook_secret=blob)
        record(actor=actor, kind="systems.secret_given", now=now, payload={"system": system.code})
    return clear


def secret_owner(system: System) -> UUID:
    return uuid5(NAMESPACE_URL, f"duecause:system:{system.code}")


def write(*, changes: Sequence[Change], now: datetime) -> None:
    """Put changes (not saved yet) into the feeds of their systems. Belongs into the transaction of what they
    tell of."""
    systems = System.objects.in_bulk({change.system_id for change in changes})
    # In one order, so that two writers never wait for each other.
    for pk in sorted(systems):
        own = [change for change in changes if change.system_id == pk]
        stream = locked_stream(systems[pk])
        for change in own:
            stream.written += 1
            change.cursor = stream.written
        stream.save(update_fields=["written"])
        Change.objects.bulk_create(own, batch_size=500)
        _call_webhook(systems[pk], stream.written, now)


def _call_webhook(system: System, cursor: int, now: datetime) -> None:
    if not system.webhook_url:
        return
    waiting = Step.objects.filter(obligation__kind=PING, system=system.code, state=Step.State.DUE)
    if not waiting.exists():
        ensure_periodic(kind=PING, slot=f"{system.pk}:{cursor}", system=system.code, now=now)


def locked_stream(system: System) -> ChangeStream:
    """The stream of this system, which nobody else moves until commit."""
    own = ChangeStream.objects.select_for_update().filter(system=system)
    found = own.first()
    if found is None:
        ChangeStream.objects.get_or_create(system=system)
        found = own.get()
    return found


def hand_out(*, actor: Actor, system: System, after: int, now: datetime, limit: int = MOST_CHANGES) -> Page:
    """The changes after a cursor, in their order. Asking again gives them again, with the values of then.

    Raises NotPermitted, Refused for a cursor that was never given.
    """
    actor.require(SCOPE)
    with transaction.atomic():
        stream = locked_stream(system)
        refuse_never_given(stream.given, after)
        rows = Change.objects.filter(system=system, cursor__gt=after).order_by("cursor")
        found = list(rows[: min(limit, MOST_CHANGES)])
        cursor = found[-1].cursor if found else after
        if cursor > stream.given:
            fresh = Change.objects.filter(system=system, cursor__gt=stream.given, cursor__lte=cursor)
            fresh.update(given_at=now)
            stream.given = cursor
            stream.save(update_fields=["given"])
    return Page(changes=shown(system, found, now), cursor=cursor, more=stream.written > cursor)


def raise_silent(*, actor: Actor, now: datetime) -> int:
    """An alarm for each system that has not acknowledged in time (packs/feed.yaml), once for the same oldest
    change. Gives how many were raised."""
    raised, patience = 0, windows(now.date())
    for system, oldest in queries.silent(now):
        correction = oldest.kind == Change.Kind.CORRECTION
        after = patience.correction_alarm_after if correction else patience.alarm_after
        facts = {"system": system.code, "cursor": oldest.cursor, "hours": after // timedelta(hours=1)}
        with transaction.atomic():
            locked_stream(system)  # two watchers raise one alarm
            known = Alarm.objects.filter(kind=SILENT, facts__system=system.code, facts__cursor=oldest.cursor)
            if not known.exists():
                raise_alarm(actor=actor, kind=SILENT, severity=2, facts=facts, now=now)
                raised += 1
    return raised


def acknowledge(*, actor: Actor, system: System, cursor: int, now: datetime) -> Acknowledged:
    """The system has acted on everything up to `cursor`. Again gives the same answer. What named erased
    people is destroyed then. Raises NotPermitted, Refused for a cursor that was never given."""
    actor.require(SCOPE)
    with transaction.atomic():
        stream = locked_stream(system)
        refuse_never_given(stream.given, cursor)
        if cursor > stream.acknowledged:
            stream.acknowledged, stream.acknowledged_at = cursor, now
            stream.save(update_fields=["acknowledged", "acknowledged_at"])
            told = {"system": system.code, "cursor": cursor}
            record(actor=actor, kind="systems.acknowledged", now=now, payload=told)
    _forget_names(system, stream.acknowledged)
    return Acknowledged(stream.acknowledged, stream.acknowledged_at)


def _forget_names(system: System, acknowledged: int) -> None:
    """The key first: a crash leaves a name that nobody can open, and the next acknowledgement clears it."""
    named = Change.objects.filter(system=system, cursor__lte=acknowledged, reference__isnull=False)
    for pk in list(named.values_list("pk", flat=True)):
        destroy_keys(pk, [Compartment.CONTENT])
        Change.objects.filter(pk=pk).update(reference=None)
