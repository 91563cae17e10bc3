"""The whole review of a log: explain, flag, score, raise alarms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from duecause.engine.lookups import columns
from duecause.engine.lookups.alarms import Alarm, raise_alarms
from duecause.engine.lookups.explaining import Explainer
from duecause.engine.lookups.flagging import raise_flags
from duecause.engine.lookups.outages import Outage, find
from duecause.engine.lookups.rules import Rules
from duecause.engine.lookups.scoring import Scores, customers_of, score
from duecause.engine.lookups.templates import Templates


@dataclass(frozen=True, slots=True)
class Log:
    """Tables by the names and columns of `engine.lookups.columns`, each in any number of parts."""

    accesses: Iterable[pa.Table]
    links: Iterable[pa.Table]
    staff: Iterable[pa.Table]
    customers: Iterable[pa.Table] = ()
    shifts: Iterable[pa.Table] = ()
    outcomes: Iterable[pa.Table] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`codes`: templates by rank. `reasons`: per template its strength and how many look-ups it explains.

    `off`: flags without the columns they need. `strangers`: employees who looked and are not in staff."""

    looks: int
    explained: int
    days: int
    codes: tuple[str, ...]
    reasons: tuple[tuple[str, str, int], ...]
    off: tuple[str, ...]
    strangers: int
    outages: tuple[Outage, ...]
    alarms: tuple[Alarm, ...]
    scores: Scores | None


def review(
    db: duckdb.DuckDBPyConnection, log: Log, templates: Templates, rules: Rules, *, per_day: int | None
) -> Outcome:
    """Score a log in a database in memory of one's own (`engine.memory_database`).

    Holds links, and look-ups that nothing explains; the rest streams past. Raises Refused, RefusedRows."""
    explainer = explain(db, log, templates)
    outages = find(db, rules)
    off = raise_flags(explainer, rules)
    scores = score(db, rules)
    if scores is not None:
        customers_of(db, scores, rules)
    return Outcome(
        looks=explainer.looks,
        explained=explainer.explained_looks(),
        days=0 if scores is None else scores.total.shape[1],
        codes=tuple(each.code for each in explainer.ranked),
        reasons=tuple((each.code, each.strength, count) for each, count in explainer.reasons()),
        off=off,
        strangers=len(db.execute("SELECT DISTINCT e FROM hours ANTI JOIN people USING (e)").fetchall()),
        outages=tuple(outages),
        alarms=tuple(raise_alarms(scores, outages, rules, per_day=per_day)),
        scores=scores,
    )


def explain(db: duckdb.DuckDBPyConnection, log: Log, templates: Templates) -> Explainer:
    """Stream a log through an Explainer: afterwards `loose` holds what no strong or medium reason covers."""
    explainer = Explainer(db, templates)
    for add, parts, file in (
        (explainer.add_staff, log.staff, "staff"),
        (explainer.add_customers, log.customers, "customers"),
        (explainer.add_shifts, log.shifts, "shifts"),
        (explainer.add_links, log.links, "links"),
    ):
        for part in parts:
            add(part, file=file)
    explainer.links_are_complete()
    _outcomes(db, log.outcomes)
    for part in log.accesses:
        explainer.add_accesses(part, file="accesses")
    explainer.accesses_are_complete()
    db.execute("CREATE TABLE span AS SELECT CAST(hour AS DATE) AS day FROM hours GROUP BY 1")
    return explainer


def _outcomes(db: duckdb.DuckDBPyConnection, parts: Iterable[pa.Table]) -> None:
    db.execute("CREATE TABLE outcomes (flag VARCHAR, outcome VARCHAR, scope VARCHAR, value VARCHAR)")
    for part in parts:
        columns.read_into(db, "part", columns.OUTCOMES, part, file="outcomes")
        db.execute("INSERT INTO outcomes SELECT flag, outcome, scope, value FROM part")
