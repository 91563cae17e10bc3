"""What passing days do to partners: an alarm before a gate closes and when it has, and an end to the lists
that a partner holds when it may not have them any longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from duecause.apps.dialling.feed_actions import tell_of_recall
from duecause.apps.dialling.models import Release
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import endings_of, gate_of
from duecause.apps.parties.standing import party_facts
from duecause.engine.actor import Actor
from duecause.engine.partyfacts import Block
from duecause.engine.partygate import ends_lists_after
from duecause.engine.periods import end_of_day, local_day
from duecause.packs.law import party_rules
from duecause.web.templatetags.formats import shown_day

ENDS = "party_gate_ends"
CLOSED = "party_gate_closed"
GRAVE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Watched:
    """How many alarms were raised and how many lists ended early."""

    alarms: int
    ended: int


def watch_gates(*, actor: Actor, now: datetime) -> Watched:
    """Look at every partner once: warn before a day closes its gate, say when one has, end its lists then.
    Again on the same day it does nothing more."""
    raised = ended = 0
    for partner in Partner.objects.order_by("pk"):
        with transaction.atomic():
            Partner.objects.select_for_update().get(pk=partner.pk)  # two watchers raise one alarm
            raised += _warn(actor, partner, now)
            raised += _say_closed(actor, partner, now)
        ended += end_lists(actor=actor, partner=partner, now=now)
    return Watched(raised, ended)


def end_lists(*, actor: Actor, partner: Partner, now: datetime) -> int:
    """Let the lists that a partner holds end on the last day on which its gate is open. Gives how many end
    earlier now than before."""
    running = Release.objects.filter(
        centre=partner, recalled_at=None, expires_at__gt=now, released_at__lt=F("expires_at")
    ).select_related("campaign__controller", "centre")
    ended = 0
    for release in running:
        country = release.campaign.controller.country
        today = local_day(now, country)
        facts = party_facts(partner, today, now=now)
        last = ends_lists_after(facts, on=today, rules=party_rules())
        if last is None:
            continue
        until = now if last < today else end_of_day(last, country)
        if until < release.expires_at:
            ended += _end(actor, release, until, gate_of(partner, today, now=now).blocks, now)
    return ended


def _end(actor: Actor, release: Release, until: datetime, blocks: Iterable[Block], now: datetime) -> int:
    with transaction.atomic():
        changed = Release.objects.filter(pk=release.pk, recalled_at=None, expires_at__gt=until).update(
            expires_at=until
        )
        if changed:
            payload = {
                "release": str(release.pk),
                "campaign": release.campaign.code,
                "centre": release.centre.code,
                "expires_at": until.isoformat(),
                "reasons": sorted(block.key for block in blocks if block.stops),
            }
            record(actor=actor, kind="dialling.release_ended", now=now, payload=payload)
            if until <= now:  # it holds a file that nobody may call from any more, and must hear so
                tell_of_recall(actor=actor, release=release, now=now)
    return changed


def _warn(actor: Actor, partner: Partner, now: datetime) -> int:
    """One alarm for each thing that ends, at each of the distances of the pack."""
    today, days = shown_day(now), party_rules().policy.alarm_days
    raised = 0
    for ending in endings_of(partner, today, today + timedelta(days=max(days))):
        left = (ending.last_day - today).days
        notice = min(each for each in days if left <= each)
        for block in ending.blocks:
            facts = _facts(partner, block, ending.last_day) | {"days": notice}
            raised += _once(actor, ENDS, 3 if notice <= GRAVE_DAYS else 2, facts, now)
    return raised


def _say_closed(actor: Actor, partner: Partner, now: datetime) -> int:
    """One alarm for each day that has passed and closed the gate."""
    raised = 0
    for block in gate_of(partner, shown_day(now), now=now).blocks:
        end = block.problem.params.get("end")
        if block.stops and isinstance(end, date):
            raised += _once(actor, CLOSED, 3, _facts(partner, block, end), now)
    return raised


def _facts(partner: Partner, block: Block, last_day: date) -> dict[str, Any]:
    return {
        "partner": partner.code,
        "reason": block.problem.code,
        "key": block.key,
        "country": str(block.problem.params.get("country", "")),
        "last_day": last_day.isoformat(),
    }


def _once(actor: Actor, kind: str, severity: int, facts: Mapping[str, Any], now: datetime) -> int:
    known = Alarm.objects.filter(kind=kind, **{f"facts__{key}": value for key, value in facts.items()})
    if known.exists():
        return 0
    raise_alarm(actor=actor, kind=kind, severity=severity, facts=facts, now=now)
    return 1
