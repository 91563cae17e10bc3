"""Set up sinks of alarms and send what waits for them, in order, one worker at a time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Q

from duecause.apps.gate.actions import open_spool, raise_alarm
from duecause.apps.gate.formats.message import Message
from duecause.apps.gate.holdings import Sealed
from duecause.apps.gate.models import Alarm, Delivery, Sink
from duecause.apps.gate.outbox import CLOSED, OUTBOX, put_alarm, put_test
from duecause.apps.gate.senders import Away, Declined, send
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import Noun, put
from duecause.apps.vault.actions import seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.alarms import terms
from duecause.web.templatetags.formats import shown_day

SINK = Noun(name="alarm sink", model=Sink, event="gate.sink_changed")
USE, OPEN = "gate.sink", "alarm_sink"
SECRET_BYTES = 32
BATCH = 50
HELD = timedelta(seconds=90)
DOWN, OVER = "sink_down", "over"
State = Delivery.State


def apply_sink(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    kind: str,
    address: str,
    format: str = Sink.Format.OCSF,
    tls: bool = True,
    inside: bool = False,
    severity_from: int = 2,
    is_active: bool = True,
) -> Change | None:
    """`address`: a mailbox, an https address or host:port. Raises NotPermitted, Refused."""
    actor.require("organisation.apply")
    check_address(kind, address, code)
    wanted = {
        "code": code,
        "kind": kind,
        "address": address,
        "format": format,
        "tls": tls,
        "inside": inside,
        "severity_from": severity_from,
        "is_active": is_active,
    }
    return put(SINK, wanted, actor=actor, now=now)


def check_address(kind: str, address: str, code: str) -> None:
    """Raises Refused for an address that does not fit the kind."""
    host, _, port = address.rpartition(":")
    fits = {
        Sink.Kind.EMAIL: "@" in address and " " not in address,
        Sink.Kind.WEBHOOK: address.startswith(("https://", "http://")),
        Sink.Kind.SYSLOG: bool(host) and port.isdigit() and 0 < int(port) < 65_536,
    }
    if not fits.get(Sink.Kind(kind), False):
        raise Refused("sink_address", ADDRESS, sink=code, kind=kind)


def give_secret(*, actor: Actor, sink: Sink, now: datetime) -> str:
    """Make the secret that signs this webhook's messages and return it in clear, this once."""
    actor.require("apikeys.manage")
    clear = secrets.token_urlsafe(SECRET_BYTES)
    blob = seal_bytes(_owner(sink), Compartment.CONTENT, USE, clear.encode())
    with transaction.atomic():
        Sink.objects.filter(pk=sink.pk).update(secret=blob)
        record(actor=actor, kind="gate.sink_secret_given", now=now, payload={"sink": sink.code})
    return clear


def claim(sink: Sink, *, now: datetime, anyway: bool = False) -> bool:
    """Become the one who sends to this sink. False: another does, or it is not to be tried yet."""
    free = Sink.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), pk=sink.pk)
    if not anyway:
        free = free.filter(Q(next_at=None) | Q(next_at__lte=now))
    return bool(free.update(busy_until=now + HELD))


def release(sink: Sink) -> None:
    Sink.objects.filter(pk=sink.pk).update(busy_until=None)


def drain(*, actor: Actor, sink: Sink, until: int, now: datetime) -> bool:
    """Send what waits up to a number, the oldest first. The caller has claimed the sink. False: it is
    down."""
    waiting = Delivery.objects.select_related("alarm").filter(sink=sink, state=State.DUE, number__lte=until)
    secret = _secret(actor, sink, now)
    while rows := list(waiting.order_by("number")[:BATCH]):
        done = 0
        try:
            for _taken in send(sink, [message_of(row) for row in rows], secret=secret, now=now):
                Delivery.objects.filter(pk=rows[done].pk).update(
                    state=State.SENT, sent_at=datetime.now(UTC), error=""
                )
                done += 1
        except Declined as declined:
            if not _set_aside(rows[done], str(declined), now):
                _note_down(sink, str(declined), now)
                return False
            continue
        except Away as away:
            _note_down(sink, str(away), now)
            return False
        _note_up(sink, now)
    return True


def send_test(*, actor: Actor, sink: Sink, now: datetime) -> bool:
    """Send a test, after what waits. Whether it was taken. Raises NotPermitted, Refused."""
    actor.require("organisation.apply")
    with transaction.atomic():
        put_test(sink, now=now)
    sink.refresh_from_db()
    if not claim(sink, now=now, anyway=True):
        return False
    try:
        return drain(actor=actor, sink=sink, until=sink.written, now=now)
    finally:
        release(sink)


def message_of(row: Delivery) -> Message:
    alarm = row.alarm
    if alarm is None:
        return Message(uid=str(row.pk), what=row.what, kind="", severity=1, at=row.at)
    return Message(
        uid=str(row.pk),
        what=row.what,
        kind=alarm.kind,
        severity=alarm.severity,
        at=row.at,
        reference=str(alarm.pk),
        employee=str(alarm.employee_id or ""),
        about_person=alarm.person is not None,
        action=str(alarm.facts.get("action", "")),
        outcome=alarm.outcome if row.what == CLOSED else "",
        groups=tuple(alarm.facts.get("groups", ())),
        policies=tuple(alarm.facts.get("policies", ())),
    )


def give_up(row: Delivery, *, why: str) -> None:
    Delivery.objects.filter(pk=row.pk, state=State.DUE).update(state=State.DEAD, error=why[:120])


def _set_aside(row: Delivery, why: str, now: datetime) -> bool:
    """A message that the sink refuses while it takes others must not stop those. False: try it once more."""
    tries = row.tries + 1
    enough = tries >= terms(shown_day(now)).sinks.refusals
    state = State.DEAD if enough else State.DUE
    Delivery.objects.filter(pk=row.pk).update(tries=tries, state=state, error=why[:120])
    return enough


def _note_down(sink: Sink, why: str, now: datetime) -> None:
    patience = terms(shown_day(now)).sinks
    sink.refresh_from_db()
    sink.tries, sink.down_since = sink.tries + 1, sink.down_since or now
    sink.next_at = now + patience.wait(sink.tries)
    sink.save(update_fields=["tries", "down_since", "next_at"])
    Delivery.objects.filter(sink=sink, state=State.DUE).update(error=why[:120])
    if now - sink.down_since < patience.alarm_after:
        return
    with transaction.atomic():
        known = Alarm.objects.filter(kind=DOWN, facts__sink=sink.code).exclude(state=Alarm.State.CLOSED)
        if not known.exists():
            waiting = Delivery.objects.filter(sink=sink, state=State.DUE).count()
            minutes = int((now - sink.down_since).total_seconds()) // 60
            facts = {"sink": sink.code, "minutes": minutes, "waiting": waiting}
            raise_alarm(actor=OUTBOX, kind=DOWN, severity=3, facts=facts, now=now)


def _note_up(sink: Sink, now: datetime) -> None:
    was_down = sink.down_since is not None
    Sink.objects.filter(pk=sink.pk).update(tries=0, down_since=None, next_at=None, last_ok_at=now)
    sink.down_since = None
    if not was_down:
        return
    with transaction.atomic():
        for alarm in Alarm.objects.filter(kind=DOWN, facts__sink=sink.code).exclude(state=Alarm.State.CLOSED):
            alarm.state, alarm.outcome, alarm.closed_at = Alarm.State.CLOSED, OVER, now
            alarm.save(update_fields=["state", "outcome", "closed_at"])
            told = {"alarm": str(alarm.pk), "outcome": OVER}
            record(actor=OUTBOX, kind="gate.alarm_closed", now=now, payload=told)
            put_alarm(alarm, now=now, what=CLOSED)


def _secret(actor: Actor, sink: Sink, now: datetime) -> str:
    if sink.kind != Sink.Kind.WEBHOOK:
        return ""
    blob = bytes(sink.secret or b"")
    sealed = Sealed(_owner(sink), Compartment.CONTENT, USE, blob)
    secret = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now) if blob else None
    if secret is None:
        raise Refused("sink_no_secret", NO_SECRET, sink=sink.code)
    return secret.decode()


def _owner(sink: Sink) -> UUID:
    return uuid5(NAMESPACE_URL, f"duecause:alarm-sink:{sink.code}")


ADDRESS = gettext_noop(
    "The alarm sink %(sink)s (%(kind)s) needs another address: email takes a mailbox, webhook an address with"
    " https://, syslog host:port."
)
NO_SECRET = gettext_noop(
    "The alarm sink %(sink)s has no secret to sign with. Make one: duecause alarms secret %(sink)s"
)
