"""Contacts of a system as a CSV or XLSX file, for who has no interface to send them by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from duecause.apps.interactions.actions import MOST_AT_ONCE, contact_actor, take
from duecause.apps.interactions.models import ContactSystem
from duecause.apps.interactions.telling import Told
from duecause.engine.actor import Actor
from duecause.engine.phone import read_cell
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.tabular import Table, open_tables

NEEDED = ("reference", "kind", "begun_at")
COLUMNS = (
    *NEEDED,
    "employee",
    "team",
    "ended_at",
    "number",
    "email",
    "customer_no",
    "contact",
    "drawn",
    "made_by",
)
TRUE = ("1", "true", "yes", "x")
NEW, UPDATED, KNOWN, REFUSED = "new", "updated", "known", "refused"
_NO_MOMENT = gettext_noop(
    "“%(column)s” is no moment with its zone, as 2026-11-02T10:00:00+01:00. Without a zone in the file name"
    " it: --zone Europe/Paris."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row became: new, updated, known or refused."""

    row: int
    outcome: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    told: Told | None
    problem: Problem | None = None


def take_file(
    *,
    actor: Actor,
    system: ContactSystem,
    data: bytes,
    name: str,
    country: str,
    zone: tzinfo | None,
    now: datetime,
) -> list[Outcome]:
    """Take the rows of a file, each by itself; the same file again changes nothing.

    `country` reads numbers without a country code. Raises NotPermitted, Refused for a file that cannot be
    read at all."""
    actor.require("interactions")
    outcomes: list[Outcome] = []
    for table in open_tables(data, name=name, sheet=None):
        rows: list[_Row] = []
        for row in _rows(table, country, zone):
            rows.append(row)
            if len(rows) == MOST_AT_ONCE:
                outcomes += _take(system, rows, now)
                rows = []
        outcomes += _take(system, rows, now)
    return outcomes


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return dict(sorted(Counter(row.outcome for row in outcomes).items()))


def _take(system: ContactSystem, rows: Sequence[_Row], now: datetime) -> list[Outcome]:
    readable = [row.told for row in rows if row.told is not None]
    done = take(actor=contact_actor(system), system=system, told=readable, now=now) if readable else None
    place = -1
    outcomes = []
    for row in rows:
        if row.told is None or done is None:
            outcomes.append(Outcome(row.number, REFUSED, row.problem))
            continue
        place += 1
        problem = done.refused.get(place)
        word = NEW if place in done.new else UPDATED if place in done.updated else KNOWN
        outcomes.append(Outcome(row.number, REFUSED if problem else word, problem))
    return outcomes


def _rows(table: Table, country: str, zone: tzinfo | None) -> Iterator[_Row]:
    titles = [title.strip().casefold() for title in table.header]
    missing = [name for name in NEEDED if name not in titles]
    if missing:
        raise Refused(
            "interactions_columns",
            "A file of contacts needs the columns %(needed)s, and an employee or a team per row. It has:"
            " %(columns)s.",
            needed=", ".join(NEEDED),
            columns=", ".join(table.header),
        )
    places = {name: titles.index(name) for name in COLUMNS if name in titles}
    for batch in table.batches(MOST_AT_ONCE):
        for index, number in enumerate(batch.row_numbers):
            cells = {name: batch.columns[place][index].strip() for name, place in places.items()}
            yield _row(number, cells, country, zone)


def _row(number: int, cells: dict[str, str], country: str, zone: tzinfo | None) -> _Row:
    moments: dict[str, datetime | None] = {}
    for column in ("begun_at", "ended_at"):
        text = cells.get(column, "")
        moments[column] = _moment(text, zone) if text else None
        if moments[column] is None and (text or column == "begun_at"):
            return _Row(number, None, Problem("interaction_moment", _NO_MOMENT, {"column": column}))
    begun_at = moments["begun_at"]
    if begun_at is None:
        raise AssertionError("a row without a begin was refused above")
    told = Told(
        reference=cells["reference"],
        kind=cells["kind"],
        begun_at=begun_at,
        ended_at=moments["ended_at"],
        employee=cells.get("employee", ""),
        team=cells.get("team", ""),
        number=cells.get("number", ""),
        email=cells.get("email", ""),
        customer_no=cells.get("customer_no", ""),
        contact=_flag(cells.get("contact", "")),
        drawn=_flag(cells.get("drawn", "")),
        made_by=cells.get("made_by", ""),
    )
    return _Row(number, replace(told, number=_with_country(told.number, country)))


def _flag(text: str) -> bool | None:
    return text.casefold() in TRUE if text else None


def _with_country(number: str, country: str) -> str:
    """A number in one reading only: a wrong one would link somebody else."""
    if not number or not country or number.startswith(("+", "00")):
        return number
    found = read_cell(number, region=country, policy="suppression").numbers
    return f"+{found[0].e164}" if len(found) == 1 else number


def _moment(text: str, zone: tzinfo | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone) if zone is not None else None
