"""What deciding a suggestion changes, so that people decide first where it matters.

Rooms above know of objections and open lists; they register with `changes_with_a_link`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duecause.apps.register.models import DialFact, RecordLink
from duecause.apps.register.planning import slices

Holders = Callable[[Collection[UUID], datetime], set[UUID]]
"""Of these persons, those for whom it holds now."""

SORTED_AT_ONCE = 500  # of the queue in its order of rules; nobody decides more in a day


@dataclass(frozen=True, slots=True)
class _Stake:
    """`weight` orders; `one_sided`: it spreads from one of the two to the other, else both must hold it."""

    code: str
    weight: int
    one_sided: bool
    holders: Holders


_stakes: list[_Stake] = []


def changes_with_a_link(code: str, *, weight: int, one_sided: bool) -> Callable[[Holders], Holders]:
    """Register what is at stake: `code` has its words in `labels.STAKES`."""

    def register(holders: Holders) -> Holders:
        _stakes[:] = [stake for stake in _stakes if stake.code != code]
        _stakes.append(_Stake(code, weight, one_sided, holders))
        return holders

    return register


@changes_with_a_link("callable", weight=1, one_sided=False)
def _callable(people: Collection[UUID], now: datetime) -> set[UUID]:
    """Both have a number: as two people they may be called twice."""
    found: set[UUID] = set()
    for part in slices(people):
        found.update(DialFact.objects.filter(person__in=part).values_list("person_id", flat=True))
    return found


def at_stake(links: Sequence[RecordLink], *, now: datetime) -> dict[int, tuple[str, ...]]:
    """link → codes of what its decision changes, the weightiest first. A link must come with its records."""
    people = {person for link in links for person in (link.a.person_id, link.b.person_id)}
    told: dict[int, list[str]] = {link.pk: [] for link in links}
    for stake in sorted(_stakes, key=lambda stake: -stake.weight):
        holding = stake.holders(people, now) if people else set()
        for link in links:
            sides = (link.a.person_id in holding) + (link.b.person_id in holding)
            if sides == (1 if stake.one_sided else 2):
                told[link.pk].append(stake.code)
    return {pk: tuple(codes) for pk, codes in told.items()}


def most_valuable_first(
    links: Iterable[RecordLink], *, now: datetime
) -> list[tuple[RecordLink, tuple[str, ...]]]:
    """The links with what is at stake; of equal value as they came."""
    listed = list(links)
    stakes = at_stake(listed, now=now)
    weights = {stake.code: stake.weight for stake in _stakes}
    value = {pk: sum(weights[code] for code in codes) for pk, codes in stakes.items()}
    return [(link, stakes[link.pk]) for link in sorted(listed, key=lambda link: -value[link.pk])]
