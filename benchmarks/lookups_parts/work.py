"""A month of honest work: contacts, the links they leave, and the look-ups they cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lookups_parts.people import DAY, Customers, Ints, Rates, Staff

SHIFT = 8 * 3600
KINDS = (
    "call", "call_joined", "chat", "ticket", "dial_item", "callback", "visit", "order", "work_order",
    "dispute", "qa_sample", "incident",
)  # fmt: skip
BOUND = ("number", "identified", "none", "unknown")
MADE = ("unknown", "self", "other")
ANSWERS = ("unknown", "yes", "no")
ACTIONS = ("view", "export")
SEARCHES = ("", "number", "name", "customer_no")
# How long a contact of each kind lasts at most, in seconds.
LASTS = {"call": 900, "chat": 1800, "ticket": 2 * DAY, "dispute": 4 * DAY, "incident": 5 * DAY, "visit": 1200}


Cell = NDArray[Any] | int


@dataclass(slots=True)
class Rows:
    """Columns that grow by parts."""

    parts: list[dict[str, Ints]] = field(default_factory=list)

    def add(self, **columns: Cell) -> None:
        size = max(len(c) for c in columns.values() if isinstance(c, np.ndarray))
        self.parts.append(
            {name: np.broadcast_to(np.asarray(c, dtype=np.int64), size) for name, c in columns.items()}
        )

    def columns(self) -> dict[str, Ints]:
        return {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}


@dataclass(slots=True)
class Month:
    """Look-ups (e, c, at, action, search, elsewhere) and links (e, team, c, kind, begin, end, …)."""

    accesses: Rows = field(default_factory=Rows)
    links: Rows = field(default_factory=Rows)

    def look(
        self, e: Ints, c: Ints, at: Ints, action: Cell = 0, search: Cell = 0, elsewhere: Cell = 0
    ) -> None:
        self.accesses.add(e=e, c=c, at=at, action=action, search=search, elsewhere=elsewhere)

    def link(
        self, e: Ints, c: Ints, kind: Cell, begin: Ints, end: Ints, bound: Cell = 3, made: Cell = 0,
        contact: Cell = 0, drawn: Cell = 0, team: Cell = -1,
    ) -> None:  # fmt: skip
        self.links.add(
            e=e,
            team=team,
            c=c,
            kind=kind,
            begin=begin,
            end=end,
            bound=bound,
            made=made,
            contact=contact,
            drawn=drawn,
        )


def honest(rates: Rates, noise: Rates, people: Staff, known: Customers, rng: np.random.Generator) -> Month:
    month = Month()
    e, at, kind = _contacts(rates, people, rng)
    count = len(e)
    c = rng.integers(0, len(known.surname), count)
    again = rng.random(count) < rates["again_within_days"]
    c[again] = c[np.maximum(np.flatnonzero(again) - rng.integers(1, 400, again.sum()), 0)]
    lasts = np.array([LASTS.get(name, 600) for name in KINDS])[kind]
    end = at + (rng.random(count) * lasts).astype(np.int64) + 60
    lost = rng.random(count) < np.minimum(noise["lost"] * people.sloppy[e], 0.6)
    lost |= _outage(rates, people, e, at, kind, rng)
    _links(rates, noise, people, month, (e, c, at, kind, end, lost), rng)
    _looks(rates, people, known, month, (e, c, at, kind, lost), rng)
    _afterwards(rates, people, month, (e, c, at), rng)
    return month


def _contacts(rates: Rates, people: Staff, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Employee, moment and kind of each contact, in order of time within a profile."""
    es, ats, kinds = [], [], []
    for number, name in enumerate(people.profiles):
        profile = rates["profiles"][name]
        rows, days = np.nonzero((people.start >= 0) & (people.profile == number)[:, None])
        own = rng.gamma(12, 1 / 12, len(people.profile))[rows]
        counts = rng.poisson(profile["contacts"] * own)
        e, d = np.repeat(rows, counts), np.repeat(days, counts)
        long = SHIFT + np.where(people.overtime[e, d], 7200, 0)
        at = d * DAY + people.start[e, d] + (rng.random(len(e)) * long).astype(np.int64)
        order = np.argsort(at, kind="stable")
        es.append(e[order])
        ats.append(at[order])
        shares = profile["kinds"]
        picked = rng.choice(len(shares), len(e), p=np.array(list(shares.values())))
        kinds.append(np.array([KINDS.index(each) for each in shares])[picked])
    return np.concatenate(es), np.concatenate(ats), np.concatenate(kinds)


def _outage(
    rates: Rates, people: Staff, e: Ints, at: Ints, kind: Ints, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Telephony delivers nothing for some hours of a day, to some teams."""
    lost = np.zeros(len(e), dtype=bool)
    teams = np.unique(people.team)
    for _ in range(rates["outage_days"]):
        begin = rng.integers(8, max(rates["days"], 9)) * DAY + rng.integers(10, 16) * 3600
        hit = rng.choice(teams, max(int(len(teams) * rates["outage_teams"]), 1), replace=False)
        lost |= (
            (at >= begin) & (at < begin + rates["outage_hours"] * 3600) & np.isin(people.team[e], hit)
            & np.isin(kind, [KINDS.index("call"), KINDS.index("dial_item")])
        )  # fmt: skip
    return lost


Contacts = tuple[Ints, Ints, Ints, Ints, Ints, NDArray[np.bool_]]


def _links(
    rates: Rates, noise: Rates, people: Staff, month: Month, contacts: Contacts, rng: np.random.Generator
) -> None:
    kept = ~contacts[5]
    e, c, at, kind, end = (column[kept] for column in contacts[:5])
    call = kind == KINDS.index("call")
    unknown = call & (rng.random(len(e)) < noise["unknown_number"])
    identified = unknown & (rng.random(len(e)) < noise["identified"])
    bound = np.where(call, np.where(unknown, np.where(identified, 1, 2), 0), 3)
    ticket = kind == KINDS.index("ticket")
    queue = ticket & (rng.random(len(e)) < rates["team_queue"])
    begin = at - np.where(ticket, rng.integers(0, DAY, len(e)), 0)
    month.link(
        np.where(queue, -1, e), c, kind, begin, end, bound=bound, made=np.where(ticket, 2, 0),
        drawn=np.where(kind == KINDS.index("qa_sample"), 1, 0), team=np.where(queue, people.team[e], -1),
    )  # fmt: skip


def _looks(
    rates: Rates, people: Staff, known: Customers, month: Month,
    contacts: tuple[Ints, Ints, Ints, Ints, NDArray[np.bool_]], rng: np.random.Generator,
) -> None:  # fmt: skip
    e, c, at, _, _ = contacts
    size = len(e)
    away = people.elsewhere[e, at // DAY]
    search = np.where(rng.random(size) < 0.12, rng.integers(1, 4, size), 0)
    action = (rng.random(size) < rates["exports"]).astype(np.int64)
    month.look(e, c, at + rng.integers(0, 240, size), action, search, away)
    more = rng.random(size) < rates["second_looks"]
    month.look(e[more], c[more], at[more] + rng.integers(60, 1200, more.sum()), 0, 0, away[more])
    wrong = (search > 0) & (rng.random(size) < rates["wrong_hit"] / 0.12)
    month.look(
        e[wrong], known.like[c[wrong]], at[wrong] + rng.integers(0, 60, wrong.sum()), 0, 2, away[wrong]
    )


def _afterwards(
    rates: Rates, people: Staff, month: Month, contacts: tuple[Ints, Ints, Ints], rng: np.random.Generator
) -> None:
    """Looked at again on a later working day: with nothing, with a ticket, or on a ticket alone."""
    e, c, at = contacts
    draw = rng.random(len(e))
    edges = np.cumsum([rates["follow_up"], rates["follow_up_ticket"], rates["own_ticket"]])
    kind = np.searchsorted(edges, draw)
    later = at + rng.integers(1, 4, len(e)) * DAY
    later = np.where((kind == 2), at + 600, later)
    fits = (kind < 3) & (later // DAY < people.start.shape[1])
    e, c, kind, later = e[fits], c[fits], kind[fits], later[fits]
    works = people.start[e, later // DAY] >= 0
    e, c, kind, later = e[works], c[works], kind[works], later[works]
    later = later // DAY * DAY + people.start[e, later // DAY] + rng.integers(0, SHIFT, len(e))
    # A ticket on hearsay is about somebody who was not in contact.
    c = np.where(kind == 2, rng.integers(0, c.max() + 1, len(c)), c)
    month.look(e, c, later, 0, np.where(rng.random(len(e)) < 0.3, 1, 0))
    with_contact = np.where(rng.random(len(e)) < rates["ticket_has_contact"], 1, 2)
    tickets = kind > 0
    begin = later - rng.integers(30, 600, len(e))
    ends = begin + rng.integers(600, 3 * DAY, len(e))
    month.link(
        e[tickets], c[tickets], KINDS.index("ticket"), begin[tickets], ends[tickets], made=1,
        contact=np.where(kind == 1, with_contact, 2)[tickets],
    )  # fmt: skip
    again = (kind == 2) & (rng.random(len(e)) < rates["own_ticket_again"])
    month.look(e[again], c[again], later[again] + rng.integers(DAY, 3 * DAY, again.sum()))
