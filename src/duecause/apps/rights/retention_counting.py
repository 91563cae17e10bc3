"""What goes when, counted: for the forecast, and for whoever is to agree to other rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from duecause.apps.catalogue.retention_impact import AT_ONCE, BUCKETS, LATER, LONGER, SOON, provides_impact
from duecause.apps.catalogue.retention_queries import book_of, in_force
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Record
from duecause.apps.rights.models import RetentionForecast
from duecause.apps.rights.retention_facts import CHUNK, Holding, Known, Walk
from duecause.engine.periods import months_after
from duecause.engine.retention import Book, Ending, Why

MONTHS = 12
OVERDUE, BEYOND = "overdue", "beyond"
SOON_DAYS = 30
LOOKED = 20_000  # people per page of records
Cell = tuple[str, str]  # month as 2027-03, OVERDUE or BEYOND; action


@dataclass(slots=True)
class Tally:
    """Records and fields are counted where they are, persons once per cell."""

    persons: Counter[Any] = field(default_factory=Counter)
    records: Counter[Any] = field(default_factory=Counter)
    fields: Counter[Any] = field(default_factory=Counter)

    def of(self, key: Any) -> dict[str, int]:
        return {"persons": self.persons[key], "records": self.records[key], "fields": self.fields[key]}


def forecast(now: datetime) -> dict[str, Any] | None:
    """`months`: {month: {action: {persons, records, fields}}} with OVERDUE first and BEYOND last; `held`:
    what is overdue and held, per reason; `no_rule`: fields that no rule speaks of, and in how many records.
    None where no rules are in force."""
    version = in_force()
    book = book_of(version)
    if version is None or book is None:
        return None
    cells, held, unruled, people = Tally(), Tally(), Counter[str](), 0
    for known in _everybody(book, now):
        people += 1
        found, stopped = set[Cell](), set[str]()
        for holding in known.holdings:
            counted, reasons = _cells(holding)
            _add(cells, counted, found)
            _add(held, reasons, stopped)
            unruled.update(fate.field for fate in holding.fates if fate.why == Why.NO_RULE)
        cells.persons.update(found)
        held.persons.update(stopped)
    months: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for month, action in sorted(cells.records):
        months[month][action] = cells.of((month, action))
    return {
        "version": version.number,
        "people": people,
        "months": {month: months[month] for month in _in_order(months)},
        "held": {reason: held.of(reason) for reason in sorted(held.records)},
        "no_rule": dict(sorted(unruled.items())),
    }


def note_forecast(now: datetime) -> dict[str, Any] | None:
    """Count and keep it for pages; of what was kept before only this stays."""
    content = forecast(now)
    if content is not None:
        made = RetentionForecast.objects.create(at=now, version=content["version"], content=content)
        RetentionForecast.objects.exclude(pk=made.pk).delete()
    return content


@dataclass(frozen=True, slots=True)
class Row:
    """A record of which something goes; `fields`: name → (until, action, purpose, trigger, held)."""

    person: UUID
    record: UUID
    source: str
    fields: dict[str, tuple[date, str, str, str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figure: of a month (or OVERDUE, BEYOND), of an action; or what is overdue and held for a
    reason. Empty: any."""

    month: str = ""
    action: str = ""
    held: str = ""


def rows(now: datetime, asked: Asked, *, after: UUID | None = None) -> Iterator[Row]:
    """The records behind a figure, by person."""
    for chunk in _by_chunk(now, asked, after):
        yield from chunk[1]


def page(
    now: datetime, asked: Asked, *, after: UUID | None = None, size: int = 50
) -> tuple[list[Row], UUID | None]:
    """Some of them, and behind whom to go on; None: there are no more. A page ends with a person, and where
    few fit, after LOOKED people without being full."""
    found: list[Row] = []
    for number, (last, chunk) in enumerate(_by_chunk(now, asked, after), 1):
        found += chunk
        if len(found) > size:
            end = found[size].person
            whole = [row for row in found[:size] if row.person != end]
            kept = whole or [row for row in found if row.person == end]
            return kept, kept[-1].person
        if number * CHUNK >= LOOKED:
            return found, last
    return found, None


def _by_chunk(now: datetime, asked: Asked, after: UUID | None) -> Iterator[tuple[UUID, list[Row]]]:
    """The last person of each chunk, and its rows."""
    book = book_of(in_force())
    if book is None:
        return
    sources = dict(Source.objects.values_list("pk", "name"))
    for chunk in Walk([book], now).everybody(after=after):
        found = [
            Row(known.person, holding.record, sources[holding.source], fields)
            for (known,) in chunk
            for holding in known.holdings
            if (fields := _fields_asked(holding, asked))
        ]
        if chunk:
            yield chunk[-1][0].person, found


def _fields_asked(holding: Holding, asked: Asked) -> dict[str, tuple[date, str, str, str, tuple[str, ...]]]:
    return {
        name: (ending.until, str(ending.action), ending.rule.purpose, str(ending.rule.trigger), reasons)
        for name, ending, reasons in _endings(holding)
        if _is_asked(holding, ending, reasons, asked)
    }


def _is_asked(holding: Holding, ending: Ending, reasons: tuple[str, ...], asked: Asked) -> bool:
    if asked.held:
        return asked.held in reasons and ending.due(holding.today)
    place = month_of(ending.until, holding.today)
    if reasons and place == OVERDUE:
        return False
    return asked.month in ("", place) and asked.action in ("", ending.action)


def count_impact(before: Book | None, after: Book, now: datetime) -> dict[str, Any]:
    """Per bucket whom other rules reach, and how many fields with which action; each field by the soonest of
    its endings that differ."""
    tally = Tally()
    walk = Walk([after] if before is None else [after, before], now)
    for chunk in walk.everybody():
        for columns in chunk:
            reached = set[str]()
            for pair in zip(*(known.holdings for known in columns), strict=True):
                for bucket, action in _differing(pair[0], pair[1] if len(pair) > 1 else None):
                    tally.fields[bucket, action] += 1
                    reached.add(bucket)
            tally.persons.update(reached)
    return {
        bucket: {
            "persons": tally.persons[bucket],
            "fields": {action: n for (of, action), n in sorted(tally.fields.items()) if of == bucket},
        }
        for bucket in BUCKETS
    }


def _differing(after: Holding, before: Holding | None) -> Iterator[tuple[str, str]]:
    soon = after.today + timedelta(days=SOON_DAYS)
    for place, fate in enumerate(after.fates):
        old = {} if before is None else {e.action: e for e in before.open(before.fates[place])}
        new = {ending.action: ending for ending in after.open(fate)}
        old_end = None if before is None else before.fates[place].end
        for action in old.keys() | new.keys():
            was, will = old.get(action), new.get(action)
            if (was and will and was.until == will.until) or _gone(was, will, fate.end, old_end):
                continue
            if will is None or (was is not None and will.until > was.until):
                yield LONGER, str(action)
            else:
                due, near = will.due(after.today), will.until < soon
                yield (AT_ONCE if due else SOON if near else LATER), str(action)


def _gone(was: Ending | None, will: Ending | None, end: Ending | None, old_end: Ending | None) -> bool:
    """The field is erased by then under the other rules: that it leaves marketing, too, tells nobody more."""
    if was is not None and will is None:
        return end is not None and end.until <= was.until
    if will is not None and was is None:
        return old_end is not None and old_end.until <= will.until
    return False


def month_of(until: date, today: date) -> str:
    """The month in which something goes: it is due on the day after `until`."""
    due = until + timedelta(days=1)
    if due <= today:
        return OVERDUE
    last = months_after(today.replace(day=1), MONTHS)
    return BEYOND if due >= last else f"{due:%Y-%m}"


def months_ahead(today: date) -> list[str]:
    """Every heading of a forecast, in order."""
    first = today.replace(day=1)
    return [OVERDUE, *(f"{months_after(first, n):%Y-%m}" for n in range(MONTHS)), BEYOND]


def _in_order(months: dict[str, Any]) -> list[str]:
    inner = sorted(month for month in months if month not in (OVERDUE, BEYOND))
    return [month for month in (OVERDUE, *inner, BEYOND) if month in months]


def _everybody(book: Book, now: datetime) -> Iterator[Known]:
    for chunk in Walk([book], now).everybody():
        for columns in chunk:
            yield columns[0]


def _endings(holding: Holding) -> Iterator[tuple[str, Ending, tuple[str, ...]]]:
    for fate in holding.fates:
        for ending in holding.open(fate):
            yield fate.field, ending, fate.held


def _cells(holding: Holding) -> tuple[Counter[Cell], Counter[str]]:
    """Fields per cell; per reason those that are overdue and held."""
    cells, held = Counter[Cell](), Counter[str]()
    for _, ending, reasons in _endings(holding):
        place = month_of(ending.until, holding.today)
        if reasons and place == OVERDUE:
            held.update(reasons)
        else:
            cells[place, str(ending.action)] += 1
    return cells, held


def _add(tally: Tally, counted: Counter[Any], seen: set[Any]) -> None:
    tally.records.update(counted.keys())
    tally.fields.update(counted)
    seen.update(counted)


provides_impact(count=count_impact, records=lambda: Record.objects.count())
