"""What a worker does for this room: call the webhook of a system whose feed has grown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling.feed_jobs import send_ping
from duecause.apps.gate.actions import open_spool
from duecause.apps.gate.holdings import Sealed
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import handles, periodic
from duecause.apps.systems.actions import PING, WEBHOOK_COMPARTMENT, WEBHOOK_USE, raise_silent, secret_owner
from duecause.apps.systems.models import ChangeStream, System
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

OPEN = "webhook"
WATCH = "systems.watch"


@periodic(WATCH, lambda now: f"{now:%Y-%m-%dT%H}")
def watch(step: Step) -> Mapping[str, Any]:
    """Raise an alarm for every system that is silent too long."""
    return {"alarms": raise_silent(actor=Actor.job(str(step.pk)), now=datetime.now(UTC))}


@handles(PING)
def ping(step: Step) -> Mapping[str, Any]:
    """Say how far the feed is; not needed any more once the system has fetched everything."""
    system = System.objects.get(code=step.system)
    stream = ChangeStream.objects.filter(system=system).first()
    if stream is None or not system.webhook_url or system.ended_at or stream.given >= stream.written:
        return {"needed": False}
    now = datetime.now(UTC)
    secret = _secret(step, system, now)
    status = send_ping(
        step, url=system.webhook_url, secret=secret, cursor=stream.written, now=now, inside=True
    )
    return {"cursor": stream.written, "needed": True, "status": status}


def _secret(step: Step, system: System, now: datetime) -> str:
    blob = bytes(system.webhook_secret or b"")
    sealed = Sealed(secret_owner(system), WEBHOOK_COMPARTMENT, WEBHOOK_USE, blob)
    actor = Actor.job(str(step.pk), f"open:{OPEN}")
    secret = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now) if blob else None
    if secret is None:
        raise Refused(
            "system_no_secret",
            gettext_noop(
                "%(system)s has a webhook and no secret to sign with. Make one: duecause systems secret"
                " %(key)s"
            ),
            system=system.name,
            key=system.code,
        )
    return secret.decode()
