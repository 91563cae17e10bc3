"""Customers, staff and shifts of the centre, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
DAY = 86_400
Rates = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Customers:
    """By number from 0: surname, postcode and house; `like`: another of the same surname."""

    surname: Ints
    postcode: Ints
    house: Ints
    vip: NDArray[np.bool_]
    like: Ints


@dataclass(frozen=True, slots=True)
class Staff:
    """By number from 0. `own`: their own customer number or −1. `start[employee, day]`: seconds of the day
    at which the shift begins, −1 on days off; eight hours long."""

    profile: Ints
    profiles: tuple[str, ...]
    team: Ints
    own: Ints
    surname: Ints
    postcode: Ints
    house: Ints
    resigned: Ints
    left: Ints
    start: Ints
    overtime: NDArray[np.bool_]
    sloppy: NDArray[np.float64]
    elsewhere: NDArray[np.bool_]


def customers(rates: Rates, rng: np.random.Generator) -> Customers:
    count = rates["customers"]
    drawn: NDArray[np.float64] = rng.pareto(1.05, size=(count,)) * 8
    surname = drawn.astype(np.int64) % rates["surnames"]
    codes = max(count // rates["per_postcode"], 1)
    postcode: Ints = rng.integers(0, codes, size=(count,))
    houses = max(int(rates["per_postcode"] / rates["per_house"]), 1)
    house: Ints = rng.integers(0, houses, size=(count,))
    # Two in five of a house have one name.
    order = np.lexsort((house, postcode))
    together = (postcode[order][1:] == postcode[order][:-1]) & (house[order][1:] == house[order][:-1])
    shared = together & (rng.random(count - 1) < 0.6)
    surname[order[1:][shared]] = surname[order[:-1][shared]]
    vip = np.zeros(count, dtype=bool)
    vip[rng.choice(count, min(rates["vips"], count), replace=False)] = True
    by_name = np.lexsort((rng.random(count), surname))
    like = np.empty(count, dtype=np.int64)
    like[by_name] = np.roll(by_name, 1)
    return Customers(surname, postcode, house, vip, like)


def staff(rates: Rates, known: Customers, rng: np.random.Generator) -> Staff:
    count, days = rates["staff"], rates["days"]
    names = tuple(rates["profiles"])
    shares = np.array([rates["profiles"][name]["share"] for name in names])
    profile = np.sort(rng.choice(len(names), count, p=shares / shares.sum()))
    team = profile * 1000
    for number in range(len(names)):
        rows = np.flatnonzero(profile == number)
        team[rows] += np.arange(len(rows)) // rates["team_size"]
    homes = rng.choice(len(known.surname), count, replace=False)
    own = np.where(rng.random(count) < rates["staff_who_are_customers"], homes, -1)
    resigned = np.full(count, days + 99)
    leavers = rng.choice(count, min(rates["leavers"], count), replace=False)
    resigned[leavers] = rng.integers(1, max(days - 9, 2), len(leavers))
    left = np.where(resigned < days, resigned + rng.integers(6, 15, count), days + 99)
    start = _shifts(profile, names, days, rng)
    start[np.arange(days)[None, :] > left[:, None]] = -1
    works = start >= 0
    return Staff(
        profile=profile,
        profiles=names,
        team=team,
        own=own,
        surname=known.surname[homes],
        postcode=known.postcode[homes],
        house=known.house[homes],
        resigned=resigned,
        left=left,
        start=start,
        overtime=works & (rng.random(start.shape) < rates["overtime"]),
        sloppy=rng.gamma(2.0, 0.5, size=(count,)),
        elsewhere=works & (rng.random(start.shape) < rates["elsewhere"]),
    )


def _shifts(profile: Ints, names: tuple[str, ...], days: int, rng: np.random.Generator) -> Ints:
    """Five days of seven; offices at nine, the phones from eight to ten at night in three shifts."""
    count = len(profile)
    office = np.isin(profile, [names.index(n) for n in names if n in {"quality", "lead", "fraud", "billing"}])
    first_off = np.where(office, 5, rng.integers(0, 7, count))
    weekday = (np.arange(days)[None, :] + 7 - first_off[:, None]) % 7
    hours = rng.choice([8, 10, 14], (count, days // 7 + 1))
    start = np.repeat(hours, 7, axis=1)[:, :days] * 3600
    start[office] = 9 * 3600
    return np.where(weekday >= 2, start, -1)
