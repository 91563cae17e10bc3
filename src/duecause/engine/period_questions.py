"""Answer a file of questions about periods: each entry comes back with its days, and how each was computed.

The questions are a JSON object of lists: `months` (a request was received), `hours` (somebody became aware)
and `days` (a day from which days are counted). An entry may hold answers already; those that differ from
ours are named. Pure: the dated rules are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from duecause.engine import periods
from duecause.engine.phone.zones import zone_of
from duecause.engine.problems import Problem, Refused

Entry = Mapping[str, Any]
MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """`unit` is months, days or hours; a `promise` is counted as said, never moved by a holiday."""

    code: str
    valid_from: date
    unit: str
    count: int
    promise: bool
    law: str


@dataclass(frozen=True, slots=True)
class PeriodRules:
    entries: tuple[PeriodRule, ...]

    def of(self, code: str, on: date) -> PeriodRule:
        """The rule in force on a day; before the first, the first. Raises Refused for an unknown code."""
        known = sorted((each for each in self.entries if each.code == code), key=lambda each: each.valid_from)
        if not known:
            template = "There is no rule “%(rule)s”. Known: %(known)s."
            codes = ", ".join(sorted({each.code for each in self.entries}))
            raise Refused("period_rule", template, rule=code, known=codes)
        return next((each for each in reversed(known) if each.valid_from <= on), known[0])


@dataclass(slots=True)
class Answers:
    """`differences` name the entries whose given answer is not ours."""

    document: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    differences: list[Problem] = field(default_factory=list)


def answer(questions: object, rules: PeriodRules) -> Answers:
    """Raises Refused at the first entry that cannot be understood; says where and how to mend it."""
    kinds: dict[str, Callable[[Entry, str, PeriodRules], dict[str, Any]]] = {
        "months": _months,
        "hours": _hours,
        "days": _days,
    }
    if not isinstance(questions, Mapping):
        raise _refused("the file", f"must be a JSON object with the lists {', '.join(kinds)}")
    found = Answers()
    for kind, entries in questions.items():
        if kind not in kinds:
            raise _refused(
                f"“{kind}”", f"is no kind of question. Known: {', '.join(kinds)}. Correct or remove it"
            )
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            raise _refused(f"“{kind}”", "must be a list of questions")
        found.document[kind] = []
        for number, entry in enumerate(entries):
            place = f"{kind}[{number}]"
            if not isinstance(entry, Mapping):
                raise _refused(place, "must be an object")
            ours = kinds[kind](entry, place, rules)
            found.document[kind].append({**entry, **ours})
            found.differences += _differences(entry, ours, place)
    return found


def _months(entry: Entry, place: str, rules: PeriodRules) -> dict[str, Any]:
    """A request by a person: one month, three if extended, the promise, and what drives the work."""
    answers = ("one_month", "three_months", "plus30", "work_due", "tell_extension_by", "steps")
    _only(entry, place, ("received", "country", "suspended", "extended", *answers))
    received, country = _day(entry, "received", place), _country(entry, place)
    paused = _suspensions(entry, place, received)
    extended = entry.get("extended", False)
    if not isinstance(extended, bool):
        raise _refused(place, "“extended” must be true or false")
    month, longer, promised = (
        _by_rule(rules.of(code, received), received, country, paused)
        for code in ("rights_answer", "rights_extended", "rights_promise")
    )
    work = longer.due if extended else min(month.due, promised.due)
    return {
        "one_month": month.due.isoformat(),
        "three_months": longer.due.isoformat(),
        "plus30": promised.due.isoformat(),
        "work_due": work.isoformat(),
        "tell_extension_by": month.due.isoformat(),
        "steps": {
            "one_month": _said(month.steps),
            "three_months": _said(longer.steps),
            "plus30": _said(promised.steps),
        },
    }


def _hours(entry: Entry, place: str, rules: PeriodRules) -> dict[str, Any]:
    """A clock of full hours. A moment without offset is of the country's zone; without a country its hours
    are counted as they are written, without a change of the clocks."""
    _only(entry, place, ("aware", "hours", "rule", "country", "due", "steps"))
    aware = _moment(entry, "aware", place)
    country = _country(entry, place) if "country" in entry else ""
    count = _count(entry, place, "hours", rules, aware.date())
    clock = periods.hours_clock(aware if aware.tzinfo else aware.replace(tzinfo=_zone(country)), hours=count)
    due = clock.due if aware.tzinfo else clock.due.replace(tzinfo=None)
    return {"due": due.isoformat(), "steps": _said(clock.steps)}


def _days(entry: Entry, place: str, rules: PeriodRules) -> dict[str, Any]:
    _only(entry, place, ("from", "days", "rule", "country", "due", "steps"))
    start, country = _day(entry, "from", place), _country(entry, place)
    period = periods.plus(start, country=country, days=_count(entry, place, "days", rules, start))
    return {"due": period.due.isoformat(), "steps": _said(period.steps)}


def _by_rule(
    rule: PeriodRule, start: date, country: str, paused: Sequence[periods.Suspension]
) -> periods.Period:
    if rule.promise:
        return periods.promise(start, days=rule.count, paused=paused)
    return periods.plus(start, country=country, paused=paused, **{rule.unit: rule.count})


def _suspensions(entry: Entry, place: str, received: date) -> tuple[periods.Suspension, ...]:
    given = entry.get("suspended", [])
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _refused(place, "“suspended” must be a list of {from, until}")
    found = []
    for number, one in enumerate(given):
        here = f"{place}.suspended[{number}]"
        if not isinstance(one, Mapping):
            raise _refused(here, "must be an object with “from” and “until”")
        _only(one, here, ("from", "until"))
        found.append(periods.Suspension(_day(one, "from", here), _day(one, "until", here)))
    try:
        periods.check_suspensions(received, found)
    except ValueError as error:
        raise _refused(f"{place}.suspended", str(error)) from None
    return tuple(found)


def _count(entry: Entry, place: str, unit: str, rules: PeriodRules, on: date) -> int:
    if (unit in entry) == ("rule" in entry):
        raise _refused(place, f"give either “{unit}” or “rule”")
    if "rule" in entry:
        rule = rules.of(str(entry["rule"]), on)
        if rule.unit != unit:
            raise _refused(place, f"the rule “{rule.code}” counts {rule.unit}: ask it under “{rule.unit}”")
        return rule.count
    count = entry[unit]
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= MOST_DAYS * 24:
        raise _refused(place, f"“{unit}” must be a whole number from 1")
    return count


def _only(entry: Entry, place: str, known: Sequence[str]) -> None:
    for key in entry:
        if key not in known:
            raise _refused(
                place, f"unknown key “{key}”. Known here: {', '.join(known)}. Correct or remove it"
            )


def _day(entry: Entry, key: str, place: str) -> date:
    try:
        return date.fromisoformat(entry[key])
    except KeyError:
        raise _refused(place, f"“{key}” is missing. Add it") from None
    except (TypeError, ValueError):
        raise _refused(place, f"“{key}” must be a day like 2026-11-28") from None


def _moment(entry: Entry, key: str, place: str) -> datetime:
    try:
        return datetime.fromisoformat(entry[key])
    except KeyError:
        raise _refused(place, f"“{key}” is missing. Add it") from None
    except (TypeError, ValueError):
        raise _refused(place, f"“{key}” must be a moment like 2026-11-28T14:05") from None


def _country(entry: Entry, place: str) -> str:
    country = entry.get("country")
    if not isinstance(country, str) or not country:
        raise _refused(place, "“country” is missing. Add an ISO code such as BE, or DE-BY")
    try:
        if len(country.partition("-")[0]) != 2:
            raise ValueError(country)
        periods.is_public_holiday(date(2026, 1, 1), country)
    except ValueError:
        raise _refused(
            place, "the holidays of its “country” are not known. Write an ISO code such as BE"
        ) from None
    return country


def _zone(country: str) -> tzinfo:
    return ZoneInfo((zone_of(country.partition("-")[0]) if country else None) or "UTC")


def _said(steps: Sequence[Problem]) -> list[str]:
    return [step.text for step in steps]


def _differences(entry: Entry, ours: Mapping[str, Any], place: str) -> list[Problem]:
    template = "%(place)s: the file says %(key)s %(given)s, computed is %(ours)s."
    return [
        Problem(
            "period_differs", template, {"place": place, "key": key, "given": entry[key], "ours": ours[key]}
        )
        for key in ours
        if key != "steps" and key in entry and entry[key] != ours[key]
    ]


def _refused(place: str, why: str) -> Refused:
    template = "%(place)s: %(why)s."
    return Refused("period_question", template, place=place, why=why)
