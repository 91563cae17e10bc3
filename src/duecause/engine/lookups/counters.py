"""Counters that run along with the look-ups of one employee: what an hour without reasons looks like so far.

Pure: the room that keeps them stores a `State` per employee and calls `update` for each look-up, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from duecause.engine.lookups.rules import Rules

HOUR = timedelta(hours=1)
Notice = Literal["burst", "sequential"]


@dataclass(frozen=True, slots=True)
class Look:
    """`customer`: any digest that is the same for the same customer. `number`: its number, if it has one."""

    customer: str
    at: datetime
    explained: bool
    exported: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Look-ups without a reason of the last hour, the oldest first."""

    recent: tuple[Look, ...] = ()

    @property
    def unexplained(self) -> int:
        return len(self.recent)

    @property
    def customers(self) -> int:
        return len({look.customer for look in self.recent})

    @property
    def exports(self) -> int:
        return sum(look.exported for look in self.recent)


def update(state: State, look: Look, rules: Rules) -> tuple[State, tuple[Notice, ...]]:
    """The state after a look-up, and what has just become remarkable, each at the look-up that made it so.

    An explained look-up changes no count."""
    kept = tuple(each for each in state.recent if look.at - each.at < HOUR)
    if look.explained:
        return State(kept), ()
    after = State((*kept, look))
    notices: list[Notice] = []
    if State(kept).customers < rules.burst_looks <= after.customers:
        notices.append("burst")
    if any(_follows(each, look, rules) for each in kept):
        notices.append("sequential")
    return after, tuple(notices)


def _follows(former: Look, look: Look, rules: Rules) -> bool:
    if former.number is None or look.number is None:
        return False
    near = 1 <= abs(look.number - former.number) <= rules.sequential_step
    return near and look.at - former.at <= timedelta(minutes=rules.sequential_minutes)
