"""Verbs of overrides: one person asks that a reason of the gate does not count for a while, another one
agrees.

What is lost by it is written down: every place that shows the gate shows the override too.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Override, Partner
from duecause.apps.parties.queries import party_facts
from duecause.engine.actor import Actor
from duecause.engine.partyfacts import Block
from duecause.engine.partygate import blocks
from duecause.engine.problems import Refused
from duecause.packs.law import party_rules
from duecause.web.templatetags.formats import shown_day

LEAST_WORDS = 20
MOST_WORDS = 1000


def ask_override(
    *, actor: Actor, partner: Partner, key: str, because: str, until: date, now: datetime
) -> Override:
    """Ask that one reason of a partner's gate does not count until a day, inclusive.

    Raises NotPermitted; Refused where the reason does not stand, may not be overridden, is not explained
    or would be overridden for too long.
    """
    actor.require("parties.override")
    today, policy = shown_day(now), party_rules().policy
    block = _standing(partner, key, today, now)
    if block.problem.code in policy.never:
        raise Refused(
            "override_never",
            "Nobody can override this reason. Mend what it names: %(reason)s",
            reason=block.problem.text,
        )
    because = because.strip()
    if not LEAST_WORDS <= len(because) <= MOST_WORDS:
        raise Refused(
            "override_because",
            "Say in %(least)s to %(most)s characters why it is right to go on without it.",
            least=LEAST_WORDS,
            most=MOST_WORDS,
        )
    last = today + timedelta(days=policy.longest_days)
    if not today <= until <= last:
        raise Refused(
            "override_until",
            "An override ends within %(days)s days: choose a day from %(today)s to %(last)s.",
            days=policy.longest_days,
            today=today,
            last=last,
        )
    with transaction.atomic():
        made = Override.objects.create(
            partner=partner, key=key, because=because, until=until, asked_by=actor.ref, asked_at=now
        )
        _tell(actor, "parties.override_asked", made, now)
    return made


def approve_override(*, actor: Actor, override: Override, now: datetime) -> Override:
    """Let it hold from now on. Raises NotPermitted; Refused for who asked for it, or when it is over."""
    actor.require("parties.approve_override")
    if override.asked_by == actor.ref:
        raise Refused(
            "override_same_person",
            "You asked for this override. Somebody else has to approve it.",
        )
    if override.until < shown_day(now):
        raise Refused("override_over", "This override has ended. Ask for a new one if it is still needed.")
    with transaction.atomic():
        waiting = Override.objects.filter(pk=override.pk, approved_at=None, ended_at=None)
        if not waiting.update(approved_by=actor.ref, approved_at=now):
            raise Refused("override_decided", "This override was decided before. Look at the page again.")
        _tell(actor, "parties.override_approved", override, now)
    override.refresh_from_db()
    return override


def end_override(*, actor: Actor, override: Override, now: datetime) -> bool:
    """Refuse one that waits or take back one that holds: the reason counts again at once. False: it had
    ended."""
    actor.require("parties.override")
    with transaction.atomic():
        ended = Override.objects.filter(pk=override.pk, ended_at=None).update(
            ended_by=actor.ref, ended_at=now
        )
        if ended:
            _tell(actor, "parties.override_ended", override, now)
    return bool(ended)


def _standing(partner: Partner, key: str, today: date, now: datetime) -> Block:
    facts = party_facts(partner, today, now=now)
    for block in blocks(facts, on=today, rules=party_rules()):
        if block.key == key and block.stops:
            return block
    raise Refused(
        "override_nothing",
        "This reason does not stand in the way of %(partner)s today. Look at the page again.",
        partner=partner.name,
    )


def _tell(actor: Actor, kind: str, override: Override, now: datetime) -> None:
    payload = {
        "key": override.partner.code,
        "override": override.pk,
        "reason": override.key,
        "because": override.because,
        "until": override.until.isoformat(),
        "asked_by": override.asked_by,
    }
    record(actor=actor, kind=kind, now=now, payload=payload)
