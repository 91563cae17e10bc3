"""Small logs made by hand: a centre of few people and a month without events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pyarrow as pa

from duecause.engine.lookups.alarms import Alarm
from duecause.engine.lookups.review import Log, Outcome, review
from duecause.engine.memory_database import connect
from duecause.packs import lookups

TODAY = date(2026, 11, 28)
MONDAY = datetime(2026, 9, 7, 9)
TEMPLATES = lookups.explanations(TODAY)
RULES = lookups.flags(TODAY)
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class World:
    """Rows by column name; `with_…` give a world with more of them."""

    staff: tuple[Row, ...]
    accesses: tuple[Row, ...] = ()
    links: tuple[Row, ...] = ()
    customers: tuple[Row, ...] = ()
    outcomes: tuple[Row, ...] = ()
    shifts: tuple[Row, ...] = field(default=())

    def looking(self, employee: str, customer: str, day: int, hour: float = 1, **more: object) -> World:
        row = {"employee": employee, "customer": customer, "at": moment(day, hour), **more}
        return replace(self, accesses=(*self.accesses, row))

    def linking(
        self, kind: str, employee: str, customer: str, day: int, hour: float = 1, **more: object
    ) -> World:
        row = {"employee": employee, "customer": customer, "kind": kind, "begin": moment(day, hour), **more}
        return replace(self, links=(*self.links, row))

    def calling(self, employee: str, customer: str, day: int, hour: float = 1) -> World:
        """A call from the customer's number, and the look-up that it causes."""
        linked = self.linking("call", employee, customer, day, hour, bound="number")
        return linked.looking(employee, customer, day, hour + 0.05)


def moment(day: int, hour: float = 1) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def centre(people: int = 12, team: int = 6) -> World:
    staff = [
        {
            "employee": f"e{n:02d}",
            "profile": "inbound",
            "team": f"t{n // team}",
            "customer": f"own{n:02d}",
            "surname": f"name{n}",
            "postcode": f"p{n}",
            "house_number": "1",
        }
        for n in range(people)
    ]
    return World(tuple(staff))


def busy(days: int = 28) -> World:
    """Everybody takes a call every day; now and then somebody's link is lost."""
    world = centre()
    for day in range(days):
        for n in range(12):
            world = world.calling(f"e{n:02d}", f"c{day:02d}{n:02d}", day)
        world = world.looking(f"e{day % 12:02d}", f"lost{day:02d}", day, 3)
    return world


def reviewed(world: World, *, per_day: int | None = None) -> Outcome:
    tables = {
        name: [table(getattr(world, name))]
        for name in ("staff", "accesses", "links", "customers", "outcomes", "shifts")
        if getattr(world, name) or name in {"staff", "accesses", "links"}
    }
    db = connect(memory="200MB", threads=1)
    try:
        return review(db, Log(**tables), TEMPLATES, RULES, per_day=per_day)
    finally:
        db.close()


def alarms(world: World, *, per_day: int | None = None) -> tuple[Alarm, ...]:
    return reviewed(world, per_day=per_day).alarms


def table(rows: tuple[Row, ...]) -> pa.Table:
    if not rows:
        empty = {name: pa.array([], pa.string()) for name in ("employee", "customer", "kind")}
        times = {name: pa.array([], pa.timestamp("us")) for name in ("at", "begin")}
        return pa.table({**empty, **times})
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
