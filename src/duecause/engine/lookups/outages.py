"""Links that fail in bulk: hours in which a whole team seems to have no reasons are a fault of the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from duecause.engine.lookups.rules import Rules

FIND = """
CREATE TABLE masked AS
WITH per_person AS (
    SELECT h.e, p.team, h.hour, sum(h.looks) AS looks, sum(h.loose) AS loose
    FROM hours h JOIN people p ON h.e = p.e GROUP BY ALL
), usual AS (
    SELECT team, sum(loose) AS loose, sum(looks) AS looks FROM per_person GROUP BY team
), per_team AS (
    SELECT team, hour, sum(looks) AS looks, sum(loose) AS loose,
        count(*) FILTER (loose * 2 >= looks) AS people, count(*) AS present
    FROM per_person GROUP BY team, hour
)
SELECT t.team, t.hour, t.looks, t.loose, t.looks * share AS expected
FROM per_team t JOIN usual u ON t.team = u.team,
    LATERAL (SELECT coalesce((u.loose - t.loose) / nullif(u.looks - t.looks, 0), 0) AS share) other
WHERE t.looks >= $looks AND t.people >= $people AND t.people * 2 >= t.present
    AND t.loose >= $share * t.looks AND t.loose >= $times * share * t.looks
"""
MERGED = """
WITH steps AS (
    SELECT hour, lag(hour) OVER (ORDER BY hour) AS former, looks, loose, expected, team
    FROM masked
), runs AS (
    SELECT *, sum(CASE WHEN former IS NULL OR hour > former + INTERVAL 2 HOUR THEN 1 ELSE 0 END)
        OVER (ORDER BY hour) AS run FROM steps
)
SELECT min(hour), max(hour) + INTERVAL 1 HOUR, list_sort(list(DISTINCT team)), sum(looks)::BIGINT,
    sum(loose)::BIGINT, sum(expected)::DOUBLE
FROM runs GROUP BY run ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Outage:
    """From `begin` to `end` links of `teams` were missing: of `looks`, `loose` had no reason where
    `expected` would have been usual."""

    begin: datetime
    end: datetime
    teams: tuple[str, ...]
    looks: int
    loose: int
    expected: float


def find(db: duckdb.DuckDBPyConnection, rules: Rules) -> list[Outage]:
    """Needs `hours` and `people`; leaves `masked`, the hours of teams whose missing reasons count for
    nobody."""
    given = {
        "looks": rules.outage_looks,
        "people": rules.outage_employees,
        "share": 1 - rules.links_needed,
        "times": rules.outage_times,
    }
    db.execute(FIND, given)
    return [
        Outage(begin, end, tuple(teams), looks, loose, expected)
        for begin, end, teams, looks, loose, expected in db.execute(MERGED).fetchall()
    ]
