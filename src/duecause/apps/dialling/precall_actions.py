"""Answer a centre's question before a call, and write down that it was asked and what was decided."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from duecause.apps.dialling.precall import Decision, decide
from duecause.apps.dialling.precall_caps import allow_within_caps
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor

HASHED = 16


def centre_actor(centre: Partner) -> Actor:
    return Actor(kind="partner", id=centre.code, functions=frozenset({"precall"}))


def precall(
    *, actor: Actor, centre: Partner, campaign: str, numbers: Sequence[str], now: datetime
) -> list[Decision]:
    """Decide on each number (see `precall.decide` and `precall_caps`); the event is committed before this
    returns, and so is what counts as a call from now on.

    The event holds counts, and per row that is on a list the hash of its reference with the decision: enough
    to prove later what was answered for a released row, nothing to find a number by.
    """
    actor.require("precall")
    decisions = decide(centre=centre, campaign=campaign, numbers=numbers, now=now)
    with transaction.atomic():
        decisions = allow_within_caps(decisions, centre=centre, now=now)
        rows = {
            hashlib.sha256(decision.reference.encode()).hexdigest()[:HASHED]: _word(decision)
            for decision in decisions
            if decision.reference
        }
        told = {
            "centre": centre.code,
            "campaign": campaign[:40],
            "numbers": len(numbers),
            "decisions": dict(Counter(map(_word, decisions))),
            "rows": rows,
        }
        record(actor=actor, kind="dialling.precall", now=now, payload=told)
    return decisions


def _word(decision: Decision) -> str:
    return "allow" if decision.allowed else decision.reason
