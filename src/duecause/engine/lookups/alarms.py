"""Alarms: one per employee and set of customers, open for some days, to which new evidence is added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from duecause.engine.lookups.outages import Outage
from duecause.engine.lookups.rules import Rules
from duecause.engine.lookups.scoring import Reason, Scores
from duecause.engine.lookups.sentences import outage_sentence, sentence

Kind = Literal["new", "risen", "data_quality"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """`kind`: new; risen: an open alarm with much more evidence; data_quality: links that failed in bulk,
    which accuses nobody. `opened`: the day of the alarm that a risen one belongs to."""

    kind: Kind
    employee: str
    day: date
    opened: date
    score: float
    customers: tuple[str, ...]
    reasons: tuple[Reason, ...]
    sentences: tuple[str, ...]


@dataclass(slots=True)
class _Open:
    since: int
    told: float
    customers: set[str]


def raise_alarms(
    scores: Scores | None, outages: Iterable[Outage], rules: Rules, *, per_day: int | None
) -> list[Alarm]:
    """Day by day, the highest scores first, at most `per_day` of them a day (None: all).

    What the day's number leaves out stays a candidate for the next day on which there is new evidence. The
    first days of a long log only teach what is usual."""
    found = [_data_quality(outage) for outage in outages]
    if scores is None:
        return found
    by_day: dict[int, list[int]] = {}
    for employee, day in scores.touched:
        if fresh(scores, employee, day) >= rules.alarm_from:
            by_day.setdefault(day, []).append(employee)
    first = rules.first_days if scores.total.shape[1] > 2 * rules.first_days else 0
    open_now: dict[int, list[_Open]] = {}
    for day in sorted(day for day in by_day if day >= first):
        ranked = sorted(by_day[day], key=lambda e: (-round(fresh(scores, e, day), 9), e))
        left = len(ranked) if per_day is None else per_day
        for employee in ranked:
            alarm = _consider(scores, employee, day, open_now.setdefault(employee, []), rules, left > 0)
            if alarm is not None:
                found.append(alarm)
                left -= 1
    return sorted(found, key=lambda each: (each.day, each.kind != "data_quality", -each.score))


def fresh(scores: Scores, employee: int, day: int) -> float:
    """The score of the flags that were raised again that day: what is old by now is no news."""
    raised = scores.touched.get((employee, day), {})
    reasons = scores.reasons.get((employee, day), ())
    return sum(reason.points for reason in reasons if reason.flag in raised)


def _consider(
    scores: Scores, employee: int, day: int, cases: list[_Open], rules: Rules, room: bool
) -> Alarm | None:
    """Open an alarm, add the day's evidence to an open one, or tell that an open one has risen."""
    touched = set().union(*scores.touched[employee, day].values())
    total = fresh(scores, employee, day)
    cases[:] = [case for case in cases if day - case.since < rules.open_days]
    case = next((case for case in cases if case.customers & touched), None)
    if case is None and cases and not _alone(scores, employee, day, rules):
        case = cases[-1]
    if case is None:
        if not room:
            return None
        case = _Open(day, total, touched)
        cases.append(case)
        return _alarm("new", scores, employee, day, case, rules)
    case.customers |= touched
    if not room or total < rules.rises_by * case.told:
        return None
    case.told = total
    return _alarm("risen", scores, employee, day, case, rules)


def _alone(scores: Scores, employee: int, day: int, rules: Rules) -> bool:
    """Whether the day speaks for itself: its reasons look at this day only, not at days already told."""
    reasons = scores.reasons[employee, day]
    return sum(reason.points for reason in reasons if reason.days == 1) >= rules.alarm_from


def _alarm(kind: Kind, scores: Scores, employee: int, day: int, case: _Open, rules: Rules) -> Alarm:
    customers = set(case.customers)
    for earlier in range(max(day - rules.open_days + 1, 0), day):
        if fresh(scores, employee, earlier) >= rules.alarm_from:
            customers |= set().union(*scores.touched.get((employee, earlier), {"": set()}).values())
    raised = scores.touched[employee, day]
    found = (each for each in scores.reasons[employee, day] if each.flag in raised)
    reasons = sorted(found, key=lambda each: (-each.points, each.flag))
    return Alarm(
        kind=kind,
        employee=scores.employees[employee],
        day=scores.day(day),
        opened=scores.day(case.since),
        score=round(fresh(scores, employee, day), 2),
        customers=tuple(sorted(customers)),
        reasons=tuple(reasons),
        sentences=tuple(map(sentence, reasons)),
    )


def _data_quality(outage: Outage) -> Alarm:
    return Alarm(
        "data_quality", "", outage.begin.date(), outage.begin.date(), 0.0, (), (), (outage_sentence(outage),)
    )
