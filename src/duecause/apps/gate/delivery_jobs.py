"""What a worker does for alarms: send them to sinks, show that it is alive, and tell employees the same
evening which look-ups of theirs have no reason on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from duecause.apps.gate import delivery_actions as delivery
from duecause.apps.gate.activation import activated
from duecause.apps.gate.models import Access, Delivery, StaffNotice
from duecause.apps.gate.outbox import DELIVER, put_heartbeat
from duecause.apps.gate.telling import tell
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.parties.models import Controller
from duecause.engine.actor import Actor
from duecause.engine.phone.zones import zone_of
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.alarms import terms
from duecause.web.templatetags.formats import shown_day, zone

HEARTBEAT, EVENING = "gate.heartbeat", "gate.evening"
REVIEW = "lookup_review"
WITHOUT_END = 1_000_000
SOON = timedelta(seconds=2)


@handles(DELIVER)
def deliver(step: Step) -> Mapping[str, Any]:
    """Send this message, and before it what waited longer. A sink that is down keeps its order and its place
    in time: one worker tries it, ever less often; what waits too long is given up and can be tried again."""
    now = datetime.now(UTC)
    own = _own(step)
    if own is None or own.state == Delivery.State.SENT:
        return {"needed": False}
    if not own.sink.is_active:
        delivery.give_up(own, why="ended")
        raise Refused("sink_ended", ENDED, sink=own.sink.code)
    again = step.attempts == 1  # the first try, or somebody asked for another
    if own.state == Delivery.State.DEAD:
        Delivery.objects.filter(pk=own.pk).update(state=Delivery.State.DUE, tries=0)
    if not delivery.claim(own.sink, now=now, anyway=again and own.state == Delivery.State.DEAD):
        raise Postponed(WAITS, wait=_wait(own, now), tries=_tries(own, step, now))
    actor = Actor.job(str(step.pk), f"open:{delivery.OPEN}")
    try:
        delivery.drain(actor=actor, sink=own.sink, until=own.number, now=now)
    finally:
        delivery.release(own.sink)
    own.refresh_from_db()
    if own.state == Delivery.State.SENT:
        return {"number": own.number}
    if own.state == Delivery.State.DEAD:
        raise Refused("delivery_refused", REFUSED, sink=own.sink.code, why=own.error)
    own.sink.refresh_from_db()
    raise Postponed(own.error or WAITS, wait=_wait(own, now), tries=_tries(own, step, now))


def _own(step: Step) -> Delivery | None:
    rows = Delivery.objects.select_related("sink").filter(obligation=step.obligation_id)
    return rows.filter(sink__code=step.system).first()


def _wait(own: Delivery, now: datetime) -> timedelta:
    return max((own.sink.next_at or now) - now, SOON)


def _tries(own: Delivery, step: Step, now: datetime) -> int:
    """One more than there were, until the message has waited as long as any does."""
    if step.attempts > 1 and now - own.at > terms(shown_day(now)).sinks.give_up:
        delivery.give_up(own, why=own.error or "given up")
        return 1
    return WITHOUT_END


def _beat(now: datetime) -> str:
    every = int(terms(shown_day(now)).heartbeat.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // every * every, UTC).isoformat()


@periodic(HEARTBEAT, _beat)
def heartbeat(step: Step) -> Mapping[str, Any]:
    """Say that alarms would come if there were any: in the ledger and to every sink."""
    now = datetime.now(UTC)
    with transaction.atomic():
        sinks = put_heartbeat(now=now)
        record(actor=Actor.job(str(step.pk)), kind="gate.heartbeat", now=now, payload={"sinks": sinks})
    return {"sinks": sinks}


def _evening(now: datetime) -> str:
    """The day whose evening has begun where the company is."""
    local = now.astimezone(_zone(int(now.timestamp()) // 600))
    hour = timedelta(hours=terms(shown_day(now)).evening_hour)
    return f"{local - hour:%Y-%m-%d}"


@lru_cache(maxsize=1)
def _zone(_slot: int) -> ZoneInfo:
    """Asked again every ten minutes: the worker names the day all the time."""
    country = Controller.objects.order_by("pk").values_list("country", flat=True).first()
    named = zone_of(country) if country else None
    return ZoneInfo(named) if named else zone()


@periodic(EVENING, _evening)
def evening(step: Step) -> Mapping[str, Any]:
    """Ask employees the same evening about look-ups without a reason on record; once that review may run."""
    now = datetime.now(UTC)
    if not activated(REVIEW, now):
        return {"told": 0}
    return {"told": tell_unexplained(day=step.obligation.slot, now=now)}


def tell_unexplained(*, day: str, now: datetime) -> int:
    """One notice per employee for the last day. Again tells nobody twice."""
    day_of = Access.objects.filter(action="view", at__gt=now - timedelta(days=1), at__lte=now)
    unbacked = day_of.filter(state__in=[Access.State.PENDING, Access.State.UNCONFIRMED])
    counts = Counter(unbacked.values_list("employee", flat=True))
    told = 0
    for employee, count in sorted(counts.items()):
        kind = StaffNotice.Kind.UNEXPLAINED
        if StaffNotice.objects.filter(employee=employee, kind=kind, facts__day=day).exists():
            continue
        tell(employee=employee, kind=kind, facts={"count": count, "day": day}, now=now)
        told += 1
    return told


WAITS = "The sink is not to be tried yet, or another worker sends to it."
ENDED = gettext_noop("The alarm sink %(sink)s has ended. What was meant for it is set aside.")
REFUSED = gettext_noop("The alarm sink %(sink)s refuses this message while it takes others: %(why)s")
