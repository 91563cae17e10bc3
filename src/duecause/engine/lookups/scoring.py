"""From flags to scores per employee and day: the sum of what each flag surprises beyond one power of ten."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from duecause.engine.lookups.rules import Rules
from duecause.engine.lookups.surprise import Floats, Part, part

# How much one outcome says: the first justified alarm of a cause halves its flag, the third quarters it.
PRIOR = 1.0


@dataclass(frozen=True, slots=True)
class Reason:
    """A flag of an employee on a day: `points` of the score, and what was seen where what was expected."""

    flag: str
    points: float
    seen: float
    expected: float
    days: int


@dataclass(slots=True)
class Scores:
    """`total`: employees × days. `touched`: the customers behind new evidence, by employee and day."""

    employees: tuple[str, ...]
    first: date
    total: Floats
    reasons: dict[tuple[int, int], list[Reason]]
    touched: dict[tuple[int, int], dict[str, set[str]]] = field(default_factory=dict)

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)


def score(db: duckdb.DuckDBPyConnection, rules: Rules) -> Scores | None:
    """Needs `people`, `seen`, `flagged`, `outcomes` and `span`. None where nothing was left to be scored."""
    employees, groups, index = _people(db)
    first, last = db.execute("SELECT min(day), max(day) FROM span").fetchall()[0]
    if first is None or not employees:
        return None
    shape = (len(employees), (last - first).days + 1)
    found = Scores(employees, first, np.zeros(shape), {})
    cells = _cells(db, first, index, shape)
    for rule in rules.flags:
        if rule.code in cells:
            kept = _kept(db, rule.code, index)
            _add(found, part(cells[rule.code], groups, kept, rule, rules, cells.get(rule.of)))
    return found


def customers_of(db: duckdb.DuckDBPyConnection, scores: Scores, rules: Rules) -> None:
    """Name the customers of the days that may become alarms, flag by flag."""
    days = [key for key in scores.reasons if scores.total[key] >= rules.alarm_from]
    people = {scores.employees[e] for e, _ in days}
    if not people:
        return
    index = {name: number for number, name in enumerate(scores.employees)}
    rows = db.execute(
        "SELECT s.employee, f.day, f.flag, s.customer FROM flagged f JOIN seen s "
        "ON s.e = f.e AND s.c = f.c AND s.day = f.day WHERE s.employee IN (SELECT unnest($people))",
        {"people": sorted(people)},
    ).fetchall()
    for employee, day, flag, customer in rows:
        key = (index[employee], (day - scores.first).days)
        scores.touched.setdefault(key, {}).setdefault(flag, set()).add(customer)


def _people(
    db: duckdb.DuckDBPyConnection,
) -> tuple[tuple[str, ...], NDArray[np.int64], dict[int, int]]:
    """Everybody of the staff list and everybody else who looked, in the order of their names."""
    rows = db.execute(
        "SELECT employee, e, profile FROM people UNION ALL "
        "SELECT DISTINCT employee, e, '' FROM seen ANTI JOIN people USING (e) ORDER BY employee"
    ).fetchall()
    profiles = {profile: n for n, profile in enumerate(sorted({row[2] for row in rows}))}
    groups = np.array([profiles[row[2]] for row in rows], dtype=np.int64)
    return tuple(row[0] for row in rows), groups, {row[1]: n for n, row in enumerate(rows)}


def _cells(
    db: duckdb.DuckDBPyConnection, first: date, index: dict[int, int], shape: tuple[int, int]
) -> dict[str, Floats]:
    """Per flag that was raised at all its counts, employees × days."""
    rows = db.execute(
        "SELECT flag, e, date_diff('day', $first, day), sum(weight) FROM flagged GROUP BY ALL ORDER BY ALL",
        {"first": first},
    ).fetchall()
    found: dict[str, Floats] = {}
    for flag, e, day, weight in rows:
        if flag not in found:
            found[flag] = np.zeros(shape)
        found[flag][index[e], day] = weight
    return found


def _kept(db: duckdb.DuckDBPyConnection, flag: str, index: dict[int, int]) -> Floats:
    """What former outcomes leave of a flag, per employee: (1 + confirmed) / (1 + confirmed + justified)."""
    weights = np.ones(len(index))
    rows = db.execute(
        "SELECT p.e, count(*) FILTER (o.outcome = 'confirmed'), count(*) FILTER (o.outcome = 'justified') "
        "FROM outcomes o JOIN people p ON o.scope = 'all' OR (o.scope = 'employee' AND o.value = p.employee) "
        "OR (o.scope = 'team' AND o.value = p.team) OR (o.scope = 'profile' AND o.value = p.profile) "
        "WHERE o.flag = $flag GROUP BY p.e",
        {"flag": flag},
    ).fetchall()
    for e, confirmed, justified in rows:
        weights[index[e]] = (PRIOR + confirmed) / (PRIOR + confirmed + justified)
    return weights


def _add(scores: Scores, one: Part) -> None:
    scores.total += one.points
    for e, d in zip(*np.nonzero(one.points), strict=True):
        reason = Reason(
            one.flag.code,
            float(one.points[e, d]),
            float(one.seen[e, d]),
            float(one.expected[e, d]),
            int(one.days[e, d]),
        )
        scores.reasons.setdefault((int(e), int(d)), []).append(reason)
