"""How often somebody may be called: calls of the past, caps that hold on a day, and the day a call is open
again.

A cap counts days of the calendar: a call made on a day counts on that day and on the `days` − 1 days after
it, so that no stretch of `days` days holds more than `most` calls (as the French rule of four calls in 30
days is written, Code de la consommation art. D.223-9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Reach = Literal["controller", "campaign", "centre"]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` calls in any `days` days. `rule` is the id of the dated rule, or names the campaign.

    `reach`: whose calls count: all that are made for the controller, whoever makes them; those of one
    campaign; those of one call centre."""

    most: int
    days: int
    rule: str
    reach: Reach = "controller"


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made for the controller on a day. `campaign` and `centre` are any keys."""

    on: date
    campaign: int = 0
    centre: int = 0


@dataclass(frozen=True, slots=True)
class Full:
    """No further call under `cap`, of which `made` calls count, until the day `opens`."""

    cap: Cap
    made: int
    opens: date


def first_day(cap: Cap, on: date) -> date:
    """The first day whose calls count on a day."""
    return on - timedelta(days=cap.days - 1)


def full(
    made: Sequence[Made], caps: Iterable[Cap], *, on: date, campaign: int = 0, centre: int = 0
) -> Full | None:
    """The cap that leaves no call on a day, the one that opens last; None where one more call may be made.

    `made` are the calls of one controller to one person or number; `campaign` and `centre` say for whom the
    next one would be. A call that lies after `on` counts too."""
    found = (_full(made, cap, on, campaign, centre) for cap in caps)
    return max((each for each in found if each is not None), key=lambda each: each.opens, default=None)


def _full(made: Sequence[Made], cap: Cap, on: date, campaign: int, centre: int) -> Full | None:
    first = first_day(cap, on)
    days = sorted(
        call.on
        for call in made
        if call.on >= first
        and (cap.reach != "campaign" or call.campaign == campaign)
        and (cap.reach != "centre" or call.centre == centre)
    )
    if len(days) < cap.most:
        return None
    # The newest `most` − 1 calls may stay; the one before them must have left the stretch of days.
    return Full(cap, len(days), days[-cap.most] + timedelta(days=cap.days))
