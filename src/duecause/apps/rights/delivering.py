"""Erasure orders reach call centres through their feed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from duecause.apps.dialling.feed_actions import TELL, tell_of_erasure
from duecause.apps.obligations.models import Step
from duecause.apps.rights.telling import Order, delivers_orders


@delivers_orders
def by_feed(order: Order) -> Sequence[str]:
    return tell_of_erasure(actor=order.actor, case=order.case, rows=order.rows, now=order.now)


def acknowledged(case: UUID) -> set[str]:
    """Codes of the centres that have confirmed their order by now."""
    steps = Step.objects.filter(
        obligation__kind=TELL, obligation__facts__erasure=str(case), state=Step.State.DONE
    )
    return set(steps.values_list("system", flat=True))
