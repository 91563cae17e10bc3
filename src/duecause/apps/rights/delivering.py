"""Erasure orders reach call centres through their feed."""

from __future__ import annotations

from collections.abc import Sequence

from duecause.apps.dialling.feed_actions import tell_of_erasure
from duecause.apps.rights.telling import Order, delivers_orders


@delivers_orders
def by_feed(order: Order) -> Sequence[str]:
    return tell_of_erasure(actor=order.actor, case=order.case, rows=order.rows, now=order.now)
