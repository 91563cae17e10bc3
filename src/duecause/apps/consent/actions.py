"""Take objections. They are effective at commit: the pre-call check reads the same rows.

Five different things stay apart: objection (stops marketing of one controller), refusal (a "no" to a
consent) and withdrawal (ends a consent; `consent_actions.py`), national register (a public list,
`registers.py`), erasure request (an obligation; it comes with an objection at once).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from duecause.apps.consent.models import ConsentEvent, Objection, Suppression
from duecause.apps.consent.queries import objections_before_erasure
from duecause.apps.consent.quiet_actions import end_quiet
from duecause.apps.consent.telling import Lifted, Taken, announce, announce_lifted
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact, Person, Record
from duecause.apps.vault import indexes
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.periods import end_of_day, local_day, one_month

ERASURE_REQUEST = "rights.erasure_request"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Taking:
    """How an objection reached us. `how`: call, letter, mail, portal, partner or import."""

    how: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Scope:
    """How far an objection reaches. Everything is the default; less only if the person asks for less."""

    kind: str = Objection.Scope.ALL_MARKETING
    channel: str = ""
    campaign: str = ""


ALL_MARKETING = Scope()


def record_objection(
    *,
    actor: Actor,
    person: Person,
    controller: Controller,
    taking: Taking,
    now: datetime,
    scope: Scope = ALL_MARKETING,
    at: datetime | None = None,
) -> Objection:
    """Record that a person objects to direct marketing (GDPR Art. 21(2)-(3)).

    Effective for every later pre-call check at commit, on every number we know of the person. Objecting
    again with a scope that already holds returns the objection that holds. `at`: when the person objected,
    where that was before `now`. Raises NotPermitted.
    """
    actor.require("consent.object")
    with transaction.atomic():
        held = _already_holds(person, controller, scope)
        if held:
            return held
        objection = _write_objection(
            actor=actor, person=person, controller=controller, taking=taking, scope=scope, now=now, at=at
        )
        tokens = {
            bytes(token) for token in DialFact.objects.filter(person=person).values_list("token", flat=True)
        }
        _take_effect(actor, objection, tokens, now)
        return objection


def record_number_objection(
    *,
    actor: Actor,
    numbers: Sequence[int],
    controller: Controller,
    taking: Taking,
    now: datetime,
    scope: Scope = ALL_MARKETING,
    at: datetime | None = None,
) -> Objection:
    """Record the objection of a caller who is not in the register: it follows the numbers (E.164)."""
    tokens = {indexes.dial_token(number) for number in numbers}
    return record_token_objection(
        actor=actor, tokens=tokens, controller=controller, taking=taking, now=now, scope=scope, at=at
    )


def record_token_objection(
    *,
    actor: Actor,
    tokens: set[bytes],
    controller: Controller,
    taking: Taking,
    now: datetime,
    scope: Scope = ALL_MARKETING,
    at: datetime | None = None,
) -> Objection:
    """As `record_number_objection`, for who has only the dial tokens of the numbers."""
    actor.require("consent.object")
    with transaction.atomic():
        objection = _write_objection(
            actor=actor, person=None, controller=controller, taking=taking, scope=scope, now=now, at=at
        )
        _take_effect(actor, objection, tokens, now)
        return objection


def record_email_objection(
    *,
    actor: Actor,
    email: str,
    controller: Controller,
    taking: Taking,
    now: datetime,
    scope: Scope = ALL_MARKETING,
    at: datetime | None = None,
) -> Objection:
    """Record the objection of somebody who is known by nothing but an e-mail address (normalised): it stops
    the calls to whoever turns out to have it."""
    actor.require("consent.object")
    with transaction.atomic():
        objection = _write_objection(
            actor=actor, person=None, controller=controller, taking=taking, scope=scope, now=now, at=at
        )
        token = indexes.lookup_token("email", email)
        _take_effect(actor, objection, {token}, now, key_id=indexes.lookup_key_id())
        return objection


def request_erasure(
    *, actor: Actor, person: Person, controller: Controller, taking: Taking, now: datetime
) -> tuple[Objection, Obligation]:
    """ "Erase me": the objection holds now, and a request is opened that is due within one month of the
    controller's country (GDPR Art. 17, Art. 12(3), Reg. 1182/71)."""
    with transaction.atomic():
        objection = record_objection(
            actor=actor, person=person, controller=controller, taking=taking, now=now
        )
        waiting = Obligation.objects.filter(
            kind=ERASURE_REQUEST, person=person.pk, state=Obligation.State.OPEN
        ).first()
        if waiting:
            return objection, waiting
        due = one_month(received=local_day(now, controller.country), country=controller.country).due
        obligation = open_obligation(
            actor=actor,
            kind=ERASURE_REQUEST,
            now=now,
            systems=["privacy_desk"],
            person=person.pk,
            facts={"controller": controller.code, "how": taking.how, "objection": str(objection.pk)},
            due_at=end_of_day(due, controller.country) - timedelta(seconds=1),
            waiting=True,
        )
        return objection, obligation


def undo_objection(*, actor: Actor, objection: Objection, now: datetime, within_seconds: int = 10) -> bool:
    """Take back a mis-hit right after it happened. Later corrections need a consent of the person."""
    actor.require("consent.object")
    fresh = (now - objection.at).total_seconds() <= within_seconds and objection.taken_by == actor.ref
    if not fresh:
        return False
    with transaction.atomic():
        lifted = Objection.objects.filter(pk=objection.pk, lifted_at=None).update(lifted_at=now)
        if lifted:
            objection.suppressions.filter(lifted_at=None).update(lifted_at=now)
            record(
                actor=actor,
                kind="consent.objection_undone",
                now=now,
                person=objection.person_id,
                payload={"objection": str(objection.pk)},
            )
            objection.refresh_from_db(fields=["lifted_at"])
            announce_lifted(Lifted(actor=actor, objections=(objection,), channel="", now=now))
        return bool(lifted)


def _already_holds(person: Person, controller: Controller, scope: Scope) -> Objection | None:
    running = Objection.objects.filter(person=person, controller=controller, lifted_at=None)
    for objection in running:
        everything = objection.scope == Objection.Scope.ALL_MARKETING
        same = (objection.scope, objection.channel, objection.campaign) == (
            scope.kind,
            scope.channel,
            scope.campaign,
        )
        if everything or same:
            return objection
    return None


def _write_objection(
    *,
    actor: Actor,
    person: Person | None,
    controller: Controller,
    taking: Taking,
    scope: Scope,
    now: datetime,
    at: datetime | None,
) -> Objection:
    objection = Objection.objects.create(
        person=person,
        record=oldest_record(person) if person else None,
        controller=controller,
        scope=scope.kind,
        channel=scope.channel,
        campaign=scope.campaign,
        taken_by=actor.ref,
        taken_how=taking.how,
        language=taking.language,
        at=at or now,
    )
    record(
        actor=actor,
        kind="consent.objected",
        now=now,
        person=person.pk if person else None,
        payload={
            "objection": str(objection.pk),
            "controller": controller.code,
            "scope": scope.kind,
            "channel": scope.channel,
            "campaign": scope.campaign,
            "how": taking.how,
        },
        person_payload={"person": str(person.pk)} if person else None,
        compartment=Compartment.PROOF,
    )
    return objection


def follow_records(*, moved: Mapping[UUID, UUID]) -> None:
    """What a human said goes where that human's records go (record -> person), when records turn out to be,
    or not to be, the same human. Belongs into the transaction that moves the records and writes its event."""
    by_person: dict[UUID, list[UUID]] = {}
    for record_id, person in moved.items():
        by_person.setdefault(person, []).append(record_id)
    for person, records in by_person.items():
        for start in range(0, len(records), BATCH):
            part = records[start : start + BATCH]
            Objection.objects.filter(record__in=part).update(person=person)
            ConsentEvent.objects.filter(record__in=part).update(person=person)


def oldest_record(person: Person) -> Record | None:
    return Record.objects.filter(person=person).order_by("recorded_at", "pk").first()


def _take_effect(
    actor: Actor, objection: Objection, tokens: set[bytes], now: datetime, key_id: str = ""
) -> None:
    """Suppress the numbers, and let the rooms above tell whoever holds them."""
    key_id = key_id or indexes.dial_key_id()
    _suppress(objection, tokens, key_id)
    announce(Taken(actor=actor, objection=objection, tokens=frozenset(tokens), key_id=key_id, now=now))


def _suppress(objection: Objection, tokens: set[bytes], key_id: str = "") -> None:
    Suppression.objects.bulk_create(
        Suppression(
            token=token,
            key_id=key_id or indexes.dial_key_id(),
            reason=Suppression.Reason.OBJECTION,
            controller=objection.controller,
            channel=objection.channel,
            campaign=objection.campaign,
            objection=objection,
            effective_at=objection.at,
        )
        for token in sorted(tokens)
    )


def lift_objections(*, actor: Actor, event: ConsentEvent, now: datetime) -> None:
    """A later consent of the person overrides an earlier objection for its controller and channel. An
    objection to everything is narrowed: it goes on for the other channels as suppressions of their own. Quiet
    periods of the person's numbers end. Belongs into the transaction of the consent."""
    end_quiet(person=event.person_id, controller=event.controller, channel=event.channel, now=now)
    lifted: list[Objection] = []
    running = Objection.objects.filter(
        Q(person=event.person) | Q(pk__in=objections_before_erasure(event.person, event.controller)),
        controller=event.controller,
        lifted_at=None,
        at__lte=event.at,
    )
    for objection in running.exclude(channel__in=_other_channels(event.channel)):
        objection.lifted_at = now
        objection.lifted_by_consent = event
        objection.save(update_fields=["lifted_at", "lifted_by_consent"])
        objection.suppressions.filter(lifted_at=None).update(lifted_at=now)
        if objection.scope == Objection.Scope.ALL_MARKETING:
            for channel in _other_channels(event.channel):
                _carry_on(objection, channel=channel, now=now)
        lifted.append(objection)
    if lifted:
        record(
            actor=actor,
            kind="consent.objection_lifted",
            now=now,
            person=event.person_id,
            payload={"objections": [str(one.pk) for one in lifted], "consent": str(event.pk)},
        )
        announce_lifted(Lifted(actor=actor, objections=tuple(lifted), channel=event.channel, now=now))


def restore_objections(*, actor: Actor, event: ConsentEvent, now: datetime) -> list[Objection]:
    """A consent proved invalid: the objections that it had lifted hold again, on the same numbers. Belongs
    into the transaction of the invalidation."""
    lifted = Objection.objects.filter(lifted_by_consent=event, lifted_at__isnull=False)
    restored = list(lifted.select_related("controller", "person"))
    for objection in restored:
        objection.suppressions.filter(lifted_at=objection.lifted_at).update(lifted_at=None)
        objection.lifted_at, objection.lifted_by_consent = None, None
        objection.save(update_fields=["lifted_at", "lifted_by_consent"])
        tokens = {bytes(token) for token in objection.suppressions.values_list("token", flat=True)}
        key_id = indexes.dial_key_id()
        announce(Taken(actor=actor, objection=objection, tokens=frozenset(tokens), key_id=key_id, now=now))
    if restored:
        record(
            actor=actor,
            kind="consent.objection_restored",
            now=now,
            person=event.person_id,
            payload={"objections": [str(each.pk) for each in restored], "consent": str(event.pk)},
        )
    return restored


CHANNELS = ("call", "email", "sms", "post")


def _other_channels(channel: str) -> list[str]:
    return [other for other in CHANNELS if other != channel]


def _carry_on(objection: Objection, *, channel: str, now: datetime) -> None:
    narrowed = Objection.objects.create(
        person=objection.person,
        record=objection.record,
        controller=objection.controller,
        scope=Objection.Scope.CHANNEL,
        channel=channel,
        taken_by=objection.taken_by,
        taken_how=objection.taken_how,
        language=objection.language,
        at=objection.at,
    )
    tokens = {bytes(token) for token in objection.suppressions.values_list("token", flat=True)}
    _suppress(narrowed, tokens)
