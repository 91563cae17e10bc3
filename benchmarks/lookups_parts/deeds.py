"""Those who snoop, by the patterns of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.lookups_parts.people import DAY, Customers, Ints, Staff
from benchmarks.lookups_parts.work import ACTIONS, KINDS, SHIFT, Month

Pattern = dict[str, Any]
FIRST_DAY = 7


@dataclass(frozen=True, slots=True)
class Deed:
    """Who snooped by which pattern, from which day on, and how many look-ups that were."""

    employee: int
    pattern: str
    first_day: int
    looks: int


def snoop(
    patterns: dict[str, Pattern],
    each: int,
    month: Month,
    people: Staff,
    known: Customers,
    rng: np.random.Generator,
) -> list[Deed]:
    """Add the look-ups of `each` employees per pattern to the month."""
    deeds, taken = [], set[int]()
    for name, pattern in patterns.items():
        done = 0
        for employee in rng.permutation(_able(pattern, people)):
            if done == each:
                break
            if int(employee) not in taken:
                deed = _do(name, pattern, int(employee), month, people, known, rng)
                if deed is not None:
                    deeds.append(deed)
                    taken.add(int(employee))
                    done += 1
    return deeds


def _able(pattern: Pattern, people: Staff) -> Ints:
    days = people.start.shape[1]
    if pattern.get("after_notice"):
        return np.flatnonzero((people.resigned >= FIRST_DAY - 3) & (people.resigned < days - 6))
    if pattern["targets"] == "own_record":
        return np.flatnonzero((people.own >= 0) & (people.left > days))
    return np.flatnonzero(people.left > days)


def _do(
    name: str,
    pattern: Pattern,
    e: int,
    month: Month,
    people: Staff,
    known: Customers,
    rng: np.random.Generator,
) -> Deed | None:
    span = _between(pattern["span"], rng)
    days = people.start.shape[1]
    first = int(rng.integers(FIRST_DAY, max(days - min(span, days - FIRST_DAY - 1), FIRST_DAY + 1)))
    if pattern.get("after_notice"):
        first = max(int(people.resigned[e]), FIRST_DAY)
    off = pattern["when"] == "day_off"
    open_days = np.arange(first, min(first + max(span, 1), days))
    open_days = open_days[(people.start[e, open_days] < 0) == off]
    if not len(open_days):
        return None
    chosen = np.sort(rng.permutation(open_days)[: _between(pattern["days"], rng)])
    whom = _targets(pattern, e, people, known, rng)
    if not len(whom):
        return None
    c, at = _schedule(pattern, e, chosen, whom, people, rng)
    action = np.where(rng.random(len(c)) < pattern.get("export", 0), ACTIONS.index("export"), 0)
    search = np.where(rng.random(len(c)) < pattern.get("search", 0.5), 2, 0)
    month.look(np.full(len(c), e), c, at, action, search, int(pattern.get("elsewhere", False)))
    _cover(pattern, e, c, at, month, rng)
    return Deed(e, name, int(at.min() // DAY), len(c))


def _schedule(
    pattern: Pattern, e: int, chosen: Ints, whom: Ints, people: Staff, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Whom they look at and when: each target at least once where there are looks enough, then any."""
    counts = [_between(pattern["looks"], rng) for _ in chosen]
    total = sum(counts)
    order = np.arange(total) % len(whom) if pattern["targets"] == "sequence" else None
    c = whom[
        order
        if order is not None
        else np.concatenate([rng.permutation(len(whom)) for _ in range(total // len(whom) + 1)])[:total]
    ]
    d = np.repeat(chosen, counts)
    when = pattern["when"]
    begin = np.where(people.start[e, d] >= 0, people.start[e, d], 12 * 3600)
    if when == "late":
        at = begin + SHIFT + 2400 + rng.integers(0, 5400, total)
    else:
        at = begin + rng.integers(0, SHIFT, total)
    if pattern["targets"] == "sequence" or pattern.get("at_once"):
        start = begin + rng.integers(0, SHIFT - 3600)
        at = start + np.arange(total) * 40
    return c, d * DAY + at


def _cover(pattern: Pattern, e: int, c: Ints, at: Ints, month: Month, rng: np.random.Generator) -> None:
    kind = pattern["cover"]
    if kind == "none":
        return
    who = np.full(len(c), e)
    if kind == "own_ticket":
        begin = at - rng.integers(30, 400, len(c))
        month.link(
            who,
            c,
            KINDS.index("ticket"),
            begin,
            begin + rng.integers(600, 4 * 3600, len(c)),
            made=1,
            contact=2,
        )
    elif kind == "unknown_caller":
        month.link(who, c, KINDS.index("call"), at - 60, at + 240, bound=2)
    else:
        raise ValueError(f"no such cover: {kind}")


def _targets(pattern: Pattern, e: int, people: Staff, known: Customers, rng: np.random.Generator) -> Ints:
    count = _between(pattern["customers"], rng)
    everybody = len(known.surname)
    near = known.postcode == people.postcode[e]
    home = near & (known.house == people.house[e])
    match pattern["targets"]:
        case "random":
            return rng.integers(0, everybody, count)
        case "household":
            found = np.flatnonzero(home | (near & (known.surname == people.surname[e])))
        case "neighbours":
            found = np.flatnonzero(near & ~home)
        case "surname":
            found = np.flatnonzero((known.surname == people.surname[e]) & ~home)
        case "colleagues":
            found = people.own[people.own >= 0]
        case "team":
            found = people.own[(people.own >= 0) & (people.team == people.team[e])]
        case "vips":
            found = np.flatnonzero(known.vip)
        case "own_record":
            return people.own[[e]]
        case "one_address":
            one = rng.integers(0, everybody)
            found = np.flatnonzero(
                (known.postcode == known.postcode[one]) & (known.house == known.house[one])
            )
        case "one_street":
            found = np.flatnonzero(known.postcode == rng.integers(0, known.postcode.max() + 1))
        case "sequence":
            first = int(rng.integers(0, everybody - count))
            return np.arange(first, first + count)
        case other:
            raise ValueError(f"no such targets: {other}")
    found = found[found != people.own[e]]
    return rng.permutation(found)[:count]


def _between(bounds: list[int], rng: np.random.Generator) -> int:
    return int(rng.integers(bounds[0], bounds[1] + 1))
