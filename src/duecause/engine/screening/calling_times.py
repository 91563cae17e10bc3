"""When a person may be called: the hours of the dated rules, in the zone of the number, holidays included.

A country whose rules name no hours is always open. One whose rules name some is closed for a number whose
zone is not known: then no hour is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from duecause.engine.periods import is_public_holiday
from duecause.engine.screening.rules import LawBook, LawPack, Rule, rule_in_force

WINDOW = "calling_window"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_AHEAD = 21  # days: longer than any row of weekends and holidays
KEPT = 4_096
ONE_DAY = timedelta(days=1)
MIDNIGHT = time(0)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether calls to one kind of number are allowed at a moment. `rule` is the id of the rule that says so,
    empty where none names hours; `until` when an open span ends, `next_open` when a closed one does (both
    None where that is not known). `zone_unknown`: closed because nobody knows what time it is there."""

    open: bool
    rule: str = ""
    until: datetime | None = None
    next_open: datetime | None = None
    zone_unknown: bool = False


ALWAYS = Hours(open=True)


class CallingTimes:
    """The calling hours of a law book. Spans of a day are kept, so that asking again costs a look-up."""

    def __init__(self, book: LawBook) -> None:
        self._book = book
        self._day = lru_cache(maxsize=KEPT)(self._spans)

    def at(self, country: str, now: datetime, *, zone: str, subdivision: str = "") -> Hours:
        """`country` and `subdivision` as in ISO 3166 (`FR`, `57`), `zone` an IANA name or "". `now` is aware.

        Holidays are those of the whole country and of the subdivision; where that is not known, also of those
        subdivisions that the rule names."""
        pack = self._book.packs.get(country)
        if pack is None:
            return ALWAYS
        zone = zone or pack.zone
        if not zone:
            return Hours(open=False, zone_unknown=True) if _has_hours(pack, now) else ALWAYS
        today = now.astimezone(_zone(zone)).date()
        of_today, _ = self._day(country, today, zone, subdivision)
        if not of_today:
            return ALWAYS
        for day in (today + n * ONE_DAY for n in range(LOOK_AHEAD)):
            rule, spans = self._day(country, day, zone, subdivision)
            for start, end in spans:
                if start <= now < end:
                    return Hours(True, rule, until=end)
                if now < start:
                    return Hours(False, of_today, next_open=start)
        return Hours(open=False, rule=of_today)

    def _spans(self, country: str, day: date, zone: str, subdivision: str) -> tuple[str, tuple[Span, ...]]:
        """The rule of a local day and when calls are allowed on it; the whole day where there is none."""
        rule = rule_in_force(self._book.packs[country], WINDOW, day)
        place = _zone(zone)
        if rule is None:
            return "", (_span(day, MIDNIGHT, MIDNIGHT, place),)
        return rule.id, tuple(_span(day, a, b, place) for a, b in hours_of(rule, day, country, subdivision))


def hours_of(rule: Rule, day: date, country: str, subdivision: str = "") -> tuple[tuple[time, time], ...]:
    """Local hours of a calling window on a day; empty where nobody is called."""
    if rule.detail.get("public_holidays") is False and _is_holiday(rule, day, country, subdivision):
        return ()
    hours = cast("Mapping[str, tuple[tuple[time, time], ...]]", rule.detail["hours"])[WEEK[day.weekday()]]
    early = cast("Mapping[str, time]", rule.detail.get("early_end") or {}).get(f"{day:%m-%d}")
    if early is None:
        return hours
    return tuple((start, min(end, early)) for start, end in hours if start < early)


def _is_holiday(rule: Rule, day: date, country: str, subdivision: str) -> bool:
    places = (subdivision,) if subdivision else rule.texts("holidays_also_of")
    named = (f"{country}-{place}" for place in places)
    return any(is_public_holiday(day, each) for each in (country, *named))


def _has_hours(pack: LawPack, now: datetime) -> bool:
    """Whether the rules name hours around this moment, whatever day it is there."""
    today = now.astimezone(UTC).date()
    return any(
        rule.kind == WINDOW and any(rule.in_force(today + n * ONE_DAY) for n in (-1, 0, 1))
        for rule in pack.rules
    )


def _span(day: date, start: time, end: time, zone: ZoneInfo) -> Span:
    """Local times of a day as moments; an end at midnight is that of the day."""
    last = day + ONE_DAY if end == MIDNIGHT else day
    return (
        datetime.combine(day, start, tzinfo=zone).astimezone(UTC),
        datetime.combine(last, end, tzinfo=zone).astimezone(UTC),
    )


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
