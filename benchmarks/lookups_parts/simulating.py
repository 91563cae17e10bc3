"""One month of the centre as the tables that the review takes, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from benchmarks.lookups_parts import people as making
from benchmarks.lookups_parts.deeds import Deed, snoop
from benchmarks.lookups_parts.people import DAY, Customers, Ints, Rates, Staff
from benchmarks.lookups_parts.work import ACTIONS, ANSWERS, BOUND, KINDS, SEARCHES, SHIFT, Month, honest

FOLDER = Path(__file__).resolve().parent
MONDAY = date(2026, 9, 7)
START = datetime(MONDAY.year, MONDAY.month, MONDAY.day)


@dataclass(frozen=True, slots=True)
class World:
    """`tables` by the names of `engine.lookups.columns`; `deeds`: who snooped; the rest for the baselines."""

    tables: dict[str, pa.Table]
    deeds: list[Deed]
    people: Staff
    accesses: dict[str, Ints]
    days: int


def rates(small: bool = False) -> Rates:
    found: Rates = yaml.safe_load((FOLDER / "world.yaml").read_text(encoding="utf-8"))
    if small:
        found |= {"staff": 500, "customers": 125_000, "leavers": 12}
    return found


def patterns(name: str) -> tuple[int, dict[str, Any]]:
    """How many people per pattern, and the patterns of `development` or `reserved`."""
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found["people_per_pattern"], found["patterns"]


def simulate(given: Rates, *, noise: str, names: str, seed: int, each: int | None = None) -> World:
    rng = np.random.default_rng(seed)
    known = making.customers(given, rng)
    people = making.staff(given, known, rng)
    month = honest(given, given["noise"][noise], people, known, rng)
    usual, chosen = patterns(names)
    deeds = snoop(chosen, each or usual, month, people, known, rng)
    accesses = month.accesses.columns()
    inside = accesses["at"] < given["days"] * DAY
    accesses = {name: column[inside] for name, column in accesses.items()}
    tables = {
        "accesses": _accesses(accesses, people),
        "links": _links(month),
        "staff": _staff(people, given["days"]),
        "customers": _customers(known),
        "shifts": _shifts(people),
    }
    return World(tables, deeds, people, accesses, given["days"])


def employee(number: int) -> str:
    return f"E{number:05d}"


def _accesses(rows: dict[str, Ints], people: Staff) -> pa.Table:
    site = people.team[rows["e"]] % 4
    return pa.table(
        {
            "employee": _texts(rows["e"], "E{:05d}"),
            "customer": _texts(rows["c"], "C{:07d}"),
            "at": _moments(rows["at"]),
            "action": _words(rows["action"], ACTIONS),
            "search_by": _words(rows["search"], SEARCHES),
            "place": _texts(np.where(rows["elsewhere"] > 0, 4, site), "site {}"),
        }
    )


def _links(month: Month) -> pa.Table:
    rows = month.links.columns()
    e = _texts(np.maximum(rows["e"], 0), "E{:05d}").to_numpy(zero_copy_only=False)
    return pa.table(
        {
            "employee": pa.array(e, mask=rows["e"] < 0),
            "team": _texts(np.maximum(rows["team"], 0), "T{}", missing=rows["team"] < 0),
            "customer": _texts(rows["c"], "C{:07d}"),
            "kind": _words(rows["kind"], KINDS),
            "begin": _moments(rows["begin"]),
            "end": _moments(rows["end"]),
            "bound": _words(rows["bound"], BOUND),
            "made_by": pa.array(np.where(rows["made"] == 1, e, "somebody"), mask=rows["made"] == 0),
            "contact": _words(rows["contact"], ANSWERS),
            "drawn": _words(rows["drawn"], ANSWERS),
        }
    )


def _staff(people: Staff, days: int) -> pa.Table:
    count = np.arange(len(people.profile))
    return pa.table(
        {
            "employee": _texts(count, "E{:05d}"),
            "profile": _words(people.profile, people.profiles),
            "team": _texts(people.team, "T{}"),
            "customer": _texts(np.maximum(people.own, 0), "C{:07d}", missing=people.own < 0),
            "surname": _texts(people.surname, "name{}"),
            "postcode": _texts(people.postcode, "P{:05d}"),
            "house_number": _texts(people.house, "{}"),
            "place": _texts(people.team % 4, "site {}"),
            "resigned_on": _days(people.resigned, days),
            "left_on": _days(people.left, days),
        }
    )


def _customers(known: Customers) -> pa.Table:
    return pa.table(
        {
            "customer": _texts(np.arange(len(known.surname)), "C{:07d}"),
            "surname": _texts(known.surname, "name{}"),
            "postcode": _texts(known.postcode, "P{:05d}"),
            "house_number": _texts(known.house, "{}"),
            "vip": _words(known.vip.astype(np.int64), ("no", "yes")),
        }
    )


def _shifts(people: Staff) -> pa.Table:
    """As planned; of every two overtimes one was noted."""
    e, d = np.nonzero(people.start >= 0)
    begin = d * DAY + people.start[e, d]
    noted = people.overtime[e, d] & ((e + d) % 2 == 0)
    end = begin + SHIFT + np.where(noted, 7200, 0)
    return pa.table({"employee": _texts(e, "E{:05d}"), "begin": _moments(begin), "end": _moments(end)})


def _texts(numbers: Ints, pattern: str, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    values, places = np.unique(numbers, return_inverse=True)
    words = pa.array([pattern.format(value) for value in values])
    return words.take(pa.array(places, mask=missing))


def _words(numbers: Ints, words: tuple[str, ...]) -> pa.Array:
    return pa.array(words).take(pa.array(numbers))


def _moments(seconds: Ints) -> pa.Array:
    return pa.array(seconds.astype("timedelta64[s]") + np.datetime64(START, "s")).cast(pa.timestamp("us"))


def _days(numbers: Ints, days: int) -> pa.Array:
    return pa.array(
        [MONDAY + timedelta(days=int(n)) if n < days + 30 else None for n in numbers], pa.date32()
    )
