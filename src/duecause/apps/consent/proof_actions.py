"""End the evidence of people whose proof period is over. Of an erased person the whole proof compartment
ends, with its key: that is the rights room's."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from duecause.apps.consent.histories import histories
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.proof import proof_of
from duecause.apps.consent.rules import rules
from duecause.apps.ledger.actions import record
from duecause.engine.actor import Actor

FUNCTION = "consent.end_proof"


def end_evidence(*, actor: Actor, now: datetime) -> int:
    """Remove pointers to evidence whose time is over and on which no consent rests any more. Returns of how
    many people; again finds nothing."""
    actor.require(FUNCTION)
    shortest = min(rule.months for rule in rules().proof)
    # No month is shorter: a first sieve by index, then the rule itself.
    old = ConsentEvent.objects.filter(evidence__isnull=False, at__lt=now - timedelta(days=28 * shortest))
    people = old.filter(person__erased_at=None).order_by("person").values_list("person_id", flat=True)
    ended = 0
    for person in people.distinct():
        kept = proof_of(person)
        over = kept is not None and kept.until < now.date()
        if not over or any(each.holds(now) for each in histories(person)):
            continue
        with transaction.atomic():
            rows = ConsentEvent.objects.filter(person=person, evidence__isnull=False).update(evidence=None)
            payload = {"events": rows, "rule": kept.rule.law if kept else ""}
            record(actor=actor, kind="consent.proof_ended", now=now, person=person, payload=payload)
        ended += 1
    return ended
