"""When a period ends: Regulation (EEC, Euratom) No 1182/71, for months, days and hours.

Each result says how it was computed, so that a page can show it step by step.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from duecause.engine.phone.zones import zone_of
from duecause.engine.problems import Problem, gettext_noop

WEEKDAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """`due` is the last day that is still in time; `steps` are notes in the order of the computation."""

    due: date
    steps: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """`due` is the moment at which the last hour ends, in the zone of the event."""

    due: datetime
    steps: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Suspension:
    """The period stood still from the day the person was asked who they are until the day they answered: EDPB
    Guidelines 01/2022, para. 157. The day of the question still counts."""

    asked: date
    answered: date


def local_day(moment: datetime, country: str) -> date:
    """The calendar day of an aware moment in a country: the law counts days where the controller is
    established. UTC for a country without one zone."""
    return moment.astimezone(_zone(country)).date()


def end_of_day(day: date, country: str) -> datetime:
    """The moment at which a day is over in a country."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=_zone(country))


def one_month(*, received: date, country: str) -> Period:
    """One month from receipt (GDPR Art. 12(3)), ending on a working day of `country`."""
    return plus(received, country=country, months=1)


def plus(
    start: date, *, country: str, months: int = 0, days: int = 0, paused: Sequence[Suspension] = ()
) -> Period:
    """`months` or `days` from the day of the event, which is not counted (Art. 3(1)), and the days it waited.

    `country` is an ISO code, with its subdivision where holidays differ inside it ("GB-ENG", "DE-BY");
    without one only the nation-wide holidays count, which can only make the date earlier.
    Raises ValueError unless exactly one of `months` and `days` is positive.
    """
    if (months > 0) == (days > 0):
        raise ValueError("give either months or days")
    if months:
        nominal, notes = _same_date(start, months)
    else:
        nominal = start + timedelta(days=days)
        template = gettext_noop("%(days)s days after %(start)s is %(nominal)s (Reg. 1182/71 Art. 3(2)(b)).")
        notes = [Problem("period_days", template, {"days": days, "start": start, "nominal": nominal})]
    nominal, waited = _waited(nominal, paused)
    notes += waited
    due, rolled = _next_working_day(nominal, country)
    if days >= 2:
        due, more = _two_working_days(start, due, country)
        rolled += more
    return Period(due, (*notes, *rolled))


def promise(start: date, *, days: int, paused: Sequence[Suspension] = ()) -> Period:
    """A promise of our own in calendar days: counted as said, never moved by a weekend or a holiday. It
    waits for the person as the period of the law does."""
    due = start + timedelta(days=days)
    template = gettext_noop(
        "%(days)s days after %(start)s is %(nominal)s; a promise is not moved by holidays."
    )
    said = Problem("period_promise", template, {"days": days, "start": start, "nominal": due})
    due, waited = _waited(due, paused)
    return Period(due, (said, *waited))


def check_suspensions(start: date, paused: Sequence[Suspension]) -> None:
    """Raises ValueError unless they lie after `start`, in order, and apart."""
    last = start
    for each in paused:
        if each.answered < each.asked:
            raise ValueError("the answer came before the question")
        if each.asked < last:
            raise ValueError("suspensions begin after the receipt, in order, and do not overlap")
        last = each.answered


def hours_clock(aware: datetime, *, hours: int) -> Clock:
    """`hours` full hours after the hour of the event, weekends and holidays included.

    The hour in which the event falls is not counted (Art. 3(1)), the period ends with its last hour
    (Art. 3(2)(a)) and Art. 3(4) excludes hours from moving to a working day. The disputed reading that
    Art. 3(5) lengthens 72 hours is not applied. Raises ValueError for a time without a zone.
    """
    if aware.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    first = aware.replace(minute=0, second=0, microsecond=0).astimezone(UTC) + timedelta(hours=1)
    due = (first + timedelta(hours=hours)).astimezone(aware.tzinfo)
    begun = gettext_noop("The hour of the event is not counted: the clock starts at %(start)s (Art. 3(1)).")
    ended = gettext_noop("%(hours)s hours later, weekends and holidays included, is %(due)s (Art. 3(2)(a)).")
    return Clock(
        due,
        (
            Problem("clock_start", begun, {"start": first.astimezone(aware.tzinfo)}),
            Problem("clock_end", ended, {"hours": hours, "due": due}),
        ),
    )


@lru_cache(maxsize=65_536)
def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month (Reg. 1182/71 Art. 3(2)(c)), not
    moved by a weekend or a holiday: for what is kept until a day, not for what must be done by one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_working_day(day: date, country: str) -> bool:
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def is_public_holiday(day: date, country: str) -> bool:
    """`country` is an ISO code, with its subdivision where holidays differ inside it ("FR-57"). Raises
    ValueError for a place whose holidays nobody wrote down."""
    try:
        return day in _holidays(country, day.year)
    except NotImplementedError:
        raise ValueError(f"the holidays of {country} are not known") from None


def _zone(country: str) -> ZoneInfo:
    return ZoneInfo(zone_of(country) or "UTC")


def _same_date(start: date, months: int) -> tuple[date, list[Problem]]:
    nominal = months_after(start, months)
    if start.day > nominal.day:
        template = gettext_noop("The month has no day %(day)s: its last day is %(nominal)s (Art. 3(2)(c)).")
        return nominal, [Problem("period_month_end", template, {"day": start.day, "nominal": nominal})]
    template = gettext_noop("The same date %(months)s months after %(start)s is %(nominal)s (Art. 3(2)(c)).")
    return nominal, [
        Problem("period_months", template, {"months": months, "start": start, "nominal": nominal})
    ]


def _waited(nominal: date, paused: Sequence[Suspension]) -> tuple[date, list[Problem]]:
    template = gettext_noop(
        "From %(asked)s to %(answered)s it waited for the person to say who they are: "
        "%(days)s days more, %(nominal)s."
    )
    notes = []
    for each in paused:
        days = (each.answered - each.asked).days
        nominal += timedelta(days=days)
        given = {"asked": each.asked, "answered": each.answered, "days": days, "nominal": nominal}
        notes.append(Problem("period_waited", template, given))
    return nominal, notes


def _next_working_day(day: date, country: str) -> tuple[date, list[Problem]]:
    notes = []
    while not is_working_day(day, country):
        name = _holidays(country, day.year).get(day) or WEEKDAYS[day.weekday()]
        template = gettext_noop("%(day)s is %(name)s in %(country)s: the next day counts (Art. 3(4)).")
        notes.append(Problem("period_rolled", template, {"day": day, "name": name, "country": country}))
        day += timedelta(days=1)
    return day, notes


def _two_working_days(start: date, due: date, country: str) -> tuple[date, list[Problem]]:
    """A period of two days or more holds at least two working days (Art. 3(5))."""
    due_before = due
    while sum(is_working_day(day, country) for day in _days(start, due)) < 2:
        due += timedelta(days=1)
    if due == due_before:
        return due, []
    template = gettext_noop("The period must hold two working days: it ends on %(due)s (Art. 3(5)).")
    return due, [Problem("period_two_working_days", template, {"due": due})]


def _days(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(1, (end - start).days + 1))


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> dict[date, str]:
    code, _, subdivision = country.partition("-")
    return dict(holidays.country_holidays(code, subdiv=subdivision or None, years=year, language="en_US"))
