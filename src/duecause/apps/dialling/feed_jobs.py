"""What a worker does for the feed: watch that centres acknowledge, and ping those that want to be called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling import feed_actions, feed_queries, feed_webhook
from duecause.apps.gate.actions import open_spool
from duecause.apps.gate.holdings import Sealed
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.parties.actions import WEBHOOK_COMPARTMENT, WEBHOOK_USE, secrets_owner
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.packs.feed import windows

WATCH = "dialling.watch_feeds"
OPEN = "webhook"


def _every_five_minutes(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}:{now.minute // 5 * 5:02}"


@periodic(WATCH, _every_five_minutes)
def watch(step: Step) -> Mapping[str, Any]:
    """Raise an alarm for every centre that is silent too long, and a graver one when its releases stop."""
    raised = feed_actions.raise_overdue(actor=Actor.job(str(step.pk)), now=datetime.now(UTC))
    return {"alarms": raised}


@handles(feed_actions.PING)
def ping(step: Step) -> Mapping[str, Any]:
    """Tell one partner that its feed has grown; not needed any more once it has fetched everything."""
    partner = Partner.objects.get(code=step.system)
    stream = feed_queries.stream_of(partner)
    if not partner.webhook_url or stream.given >= stream.written:
        return {"cursor": stream.written, "needed": False}
    now = datetime.now(UTC)
    status = send_ping(
        step, url=partner.webhook_url, secret=_secret(step, partner, now), cursor=stream.written, now=now
    )
    return {"cursor": stream.written, "needed": True, "status": status}


def send_ping(step: Step, *, url: str, secret: str, cursor: int, now: datetime, inside: bool = False) -> int:
    """The status that a webhook answered; as `feed_webhook.ping`. Raises Postponed where it is silent."""
    try:
        return feed_webhook.ping(
            url=url, secret=secret, cursor=cursor, timestamp=int(now.timestamp()), inside=inside
        )
    except feed_webhook.NotReached as silent:
        patience = windows(now.date())
        wait = patience.ping_wait(max(step.attempts, 1))
        raise Postponed(str(silent), wait=wait, tries=patience.ping_tries) from None


def _secret(step: Step, partner: Partner, now: datetime) -> str:
    blob = bytes(partner.webhook_secret or b"")
    sealed = Sealed(secrets_owner(partner), WEBHOOK_COMPARTMENT, WEBHOOK_USE, blob)
    actor = Actor.job(str(step.pk), f"open:{OPEN}")
    secret = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now) if blob else None
    if secret is None:
        raise Refused(
            "webhook_no_secret",
            "%(partner)s has a webhook and no secret to sign with. Make one: duecause feed secret %(centre)s",
            partner=partner.name,
            centre=partner.code,
        )
    return secret.decode()
