"""What a worker does about exchanges: a round with each centre every ten minutes, again when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from duecause.apps.dialling.exchange_actions import OPEN, ROUND, run_exchange
from duecause.apps.dialling.exchange_sftp import NotExchanged
from duecause.apps.dialling.models import Exchange
from duecause.apps.obligations.actions import ensure_periodic
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor

PLAN = "dialling.plan_exchanges"


def _slot(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}:{now.minute // 10 * 10:02}"


@periodic(PLAN, _slot)
def plan(step: Step) -> Mapping[str, Any]:
    """One step for each centre; none while the one before is still tried."""
    now, planned = datetime.now(UTC), 0
    for pk, code in Exchange.objects.order_by("pk").values_list("partner_id", "partner__code"):
        trying = Step.objects.filter(obligation__kind=ROUND, system=code)
        if not trying.filter(state__in=(Step.State.DUE, Step.State.LEASED)).exists():
            ensure_periodic(kind=ROUND, slot=f"{pk}:{_slot(now)}", system=code, now=now)
            planned += 1
    return {"planned": planned}


@handles(ROUND)
def exchange(step: Step) -> Mapping[str, Any]:
    """One round; what could not be done is done by the next try, which begins at the beginning."""
    actor = Actor.job(str(step.pk), f"open:{OPEN}")
    partner = Partner.objects.get(code=step.system)
    try:
        done = run_exchange(actor=actor, partner=partner, now=datetime.now(UTC))
    except NotExchanged as why:
        raise Postponed(str(why)) from None
    return {"sent": len(done.sent), "taken": len(done.taken), "problems": len(done.problems)}
