"""The call centres that hold an erased person's number must erase it too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.rights import stores
from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Order:
    """`rows` are the ids of the released rows; the partner knows them by the references in its own file.
    `person` is None where rows of several go and nobody is erased as a whole."""

    actor: Actor
    case: UUID
    person: UUID | None
    rows: Sequence[int]
    now: datetime


Deliver = Callable[[Order], Sequence[str]]
_deliveries: list[Deliver] = []


def delivers_orders(deliver: Deliver) -> Deliver:
    """Register who carries an erasure order to call centres: called inside the transaction, again after a
    crash; returns the codes of the centres that now have it due."""
    if deliver not in _deliveries:
        _deliveries.append(deliver)
    return deliver


def hand_over(order: Order) -> set[str]:
    """Codes of the centres that now have the order due."""
    return {centre for deliver in _deliveries for centre in deliver(order)}


def tell(order: Order) -> list[dict[str, Any]]:
    """Hand the order to whoever delivers; says of each centre whether its order is on the way (`ordered`) or
    somebody has to tell it by other means (`to_be_told`)."""
    ordered = hand_over(order)
    holders = stores.holders(order.person, order.now) if order.person else []
    return [
        {
            **asdict(holder),
            "released_on": holder.released_on.isoformat(),
            "order": "ordered" if holder.centre in ordered else "to_be_told",
        }
        for holder in holders
    ]
