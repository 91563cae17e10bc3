"""Leave numbers in peace without an objection: a refusal for as long as a dated rule says, a wrong number
until the person gives a fresh consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.models import Suppression
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor

QUIET = (Suppression.Reason.REFUSAL_QUIET, Suppression.Reason.WRONG_NUMBER)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A number (dial token) that is not called from `since` until `until`; None is until a fresh consent.
    `reason` is one of QUIET; `rule` the id of the dated rule that says how long."""

    token: bytes
    reason: str
    since: datetime
    until: datetime | None
    rule: str = ""


def keep_quiet(
    *, actor: Actor, quiet: Sequence[Quiet], controller: Controller, channel: str, now: datetime
) -> int:
    """Stop calls of this controller to these numbers, at every centre. What is stopped for the same reason at
    least as long already stays as it is; what has run out by now is left. Gives how many were new.

    Raises NotPermitted.
    """
    actor.require("consent.object")
    with transaction.atomic():
        held = _held(quiet, controller, channel)
        new: list[Suppression] = []
        for one in quiet:
            key = (one.token, str(one.reason))
            running = one.until is None or one.until > now
            if not running or any(_as_long(until, one.until) for until in held.get(key, ())):
                continue
            held.setdefault(key, []).append(one.until)
            new.append(
                Suppression(
                    token=one.token,
                    key_id=indexes.dial_key_id(),
                    reason=one.reason,
                    controller=controller,
                    channel=channel,
                    effective_at=min(one.since, now),
                    expires_at=one.until,
                    rule=one.rule,
                )
            )
        if new:
            Suppression.objects.bulk_create(new)
            told = {
                "controller": controller.code,
                "channel": channel,
                "numbers": dict(Counter(str(row.reason) for row in new)),
                "rules": dict(Counter(row.rule for row in new if row.rule)),
            }
            record(actor=actor, kind="consent.left_in_peace", now=now, payload=told)
    return len(new)


def _held(
    quiet: Sequence[Quiet], controller: Controller, channel: str
) -> dict[tuple[bytes, str], list[datetime | None]]:
    held: dict[tuple[bytes, str], list[datetime | None]] = {}
    rows = Suppression.objects.filter(
        token__in={one.token for one in quiet},
        controller=controller,
        channel=channel,
        campaign="",
        reason__in=QUIET,
        lifted_at=None,
    )
    for token, reason, until in rows.values_list("token", "reason", "expires_at"):
        held.setdefault((bytes(token), reason), []).append(until)
    return held


def _as_long(known: datetime | None, until: datetime | None) -> bool:
    return known is None or (until is not None and known >= until)


def end_quiet(*, person: UUID, controller: Controller, channel: str, now: datetime) -> None:
    """A fresh consent of the person ends it. Belongs into the transaction of the consent, whose event
    tells."""
    tokens = set(DialFact.objects.filter(person=person).values_list("token", flat=True))
    Suppression.objects.filter(
        token__in=tokens, controller=controller, channel=channel, reason__in=QUIET, lifted_at=None
    ).update(lifted_at=now)
