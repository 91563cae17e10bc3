"""Flags: what is remarkable in a look-up that nothing explains, counted in customers per employee and day."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from duecause.engine.lookups.explaining import Explainer
from duecause.engine.lookups.rules import Rules

# One row per employee, customer and day. `bare`: without any reason, at an hour at which links worked.
# An hour with an explained look is no hour off; a place from which somebody works that day is not foreign.
LOOKS = """
CREATE TABLE seen AS
SELECT l.e, any_value(l.employee) AS employee, l.c, any_value(l.customer) AS customer,
    CAST(l.moment AS DATE) AS day, min(l.moment) AS moment,
    bool_or(l.rank IS NULL AND m.team IS NULL) AS bare,
    bool_or(coalesce(l.rank = $own_ticket, false)) AS own_ticket,
    bool_or(l.rank IS NOT NULL AND l.rank != $own_ticket) AS weakly,
    bool_or(l.rank IS NULL AND m.team IS NULL AND l.search_by IS NOT NULL) AS searched,
    bool_or(l.action = 'export') AS exported,
    bool_or(coalesce(l.place != p.place AND m.team IS NULL AND away.e IS NULL, false)) AS elsewhere,
    bool_or(s.e IS NOT NULL AND NOT EXISTS (SELECT 1 FROM shifts x WHERE x.e = l.e
        AND l.moment >= x.lo - to_minutes($grace) AND l.moment <= x.hi + to_minutes($grace))
        AND h.loose = h.looks) AS off_shift
FROM loose l
LEFT JOIN people p ON l.e = p.e
LEFT JOIN masked m ON m.team = p.team AND m.hour = date_trunc('hour', l.moment)
LEFT JOIN (SELECT DISTINCT e FROM shifts) s ON s.e = l.e
LEFT JOIN (SELECT e, hour, sum(looks) AS looks, sum(loose) AS loose FROM hours GROUP BY e, hour) h
    ON h.e = l.e AND h.hour = date_trunc('hour', l.moment)
LEFT JOIN (SELECT DISTINCT e, CAST(hour AS DATE) AS day FROM hours WHERE away > 0) away
    ON away.e = l.e AND away.day = CAST(l.moment AS DATE)
GROUP BY l.e, l.c, CAST(l.moment AS DATE)
"""


@dataclass(frozen=True, slots=True)
class Flag:
    """`sql` gives employee, customer, day and weight; it can only be raised if all of `needs` were given."""

    code: str
    sql: str
    needs: tuple[str, ...] = ()


def _where(condition: str) -> str:
    return f"SELECT e, c, day, 1.0 FROM seen WHERE {condition}"


def _of_customer(condition: str, weight: str = "1.0") -> str:
    return (
        f"SELECT s.e, s.c, s.day, {weight} FROM seen s JOIN people p ON s.e = p.e "
        f"JOIN customers k ON s.c = k.c WHERE s.c IS DISTINCT FROM p.own AND {condition}"
    )


def _again(condition: str) -> str:
    return (
        "SELECT e, c, day, 1.0 FROM (SELECT e, c, day, "
        "lag(day) OVER (PARTITION BY e, c ORDER BY day) AS former "
        f"FROM seen WHERE {condition}) WHERE day - former <= $repeat"
    )


SAME_HOME = "p.postcode = k.postcode AND p.house_number = k.house_number"
COLLEAGUES = ("staff.customer",)
HOMES = ("staff.postcode", "staff.house_number", "customers.postcode", "customers.house_number")
NAMES = ("staff.surname", "customers.surname")

FLAGS = (
    Flag("unexplained", _where("bare")),
    Flag("weakly_explained", _where("weakly AND NOT bare AND NOT own_ticket")),
    Flag("repeat", _again("bare")),
    Flag(
        "back_again",
        "SELECT DISTINCT s.e, s.c, s.day, 1.0 FROM seen s JOIN windows w ON s.e = w.e AND s.c = w.c "
        "AND w.hi < s.moment AND w.hi >= s.moment - to_days($back) AND w.rank <= $enough WHERE s.bare",
    ),
    Flag("own_ticket", _where("own_ticket"), ("links.made_by",)),
    Flag("own_ticket_repeat", _again("own_ticket"), ("links.made_by",)),
    Flag(
        "own_record",
        "SELECT s.e, s.c, s.day, 1.0 FROM seen s JOIN people p ON s.e = p.e WHERE s.c = p.own",
        COLLEAGUES,
    ),
    Flag(
        "colleague",
        "SELECT DISTINCT s.e, s.c, s.day, 1.0 FROM seen s JOIN people o ON s.c = o.own WHERE s.e != o.e",
        COLLEAGUES,
    ),
    Flag("household", _of_customer(SAME_HOME), HOMES),
    Flag("neighbour", _of_customer(f"p.postcode = k.postcode AND NOT ({SAME_HOME})"), HOMES),
    Flag(
        "surname",
        "SELECT s.e, s.c, s.day, least(1.0, $common / f.share) FROM seen s JOIN people p ON s.e = p.e "
        "JOIN customers k ON s.c = k.c JOIN surnames f ON k.surname = f.surname "
        "WHERE p.surname = k.surname AND s.c IS DISTINCT FROM p.own",
        NAMES,
    ),
    Flag(
        "vip",
        "SELECT s.e, s.c, s.day, 1.0 FROM seen s JOIN customers k ON s.c = k.c WHERE k.vip",
        ("customers.vip",),
    ),
    Flag(
        "cluster",
        "SELECT DISTINCT e, c, day, 1.0 FROM (SELECT s.e, s.c, s.day, lag(s.c) OVER w AS other, "
        "lag(s.day) OVER w AS former FROM seen s JOIN customers k ON s.c = k.c "
        "WHERE s.bare AND k.postcode IS NOT NULL AND k.house_number IS NOT NULL "
        "WINDOW w AS (PARTITION BY s.e, k.postcode, k.house_number ORDER BY s.day, s.moment, s.c)) "
        "WHERE other != c AND day - former <= $repeat",
        ("customers.postcode", "customers.house_number"),
    ),
    Flag(
        "crowd",
        "SELECT s.e, s.c, s.day, 1.0 FROM seen s JOIN seen o ON s.c = o.c AND o.bare "
        "AND o.day BETWEEN s.day - $crowd_days::INT AND s.day WHERE s.bare GROUP BY ALL "
        "HAVING count(DISTINCT o.e) >= $crowd",
    ),
    Flag(
        "sequential",
        "SELECT e, c, day, 1.0 FROM (SELECT e, c, day, moment, number, lag(number) OVER w AS former, "
        "lag(moment) OVER w AS earlier FROM (SELECT *, "
        "try_cast(regexp_extract(customer, '[0-9]+$') AS BIGINT) AS number FROM seen WHERE bare) "
        "WINDOW w AS (PARTITION BY e ORDER BY moment, number)) "
        "WHERE abs(number - former) BETWEEN 1 AND $step AND moment - earlier <= to_minutes($step_minutes)",
    ),
    Flag(
        "burst",
        "SELECT e, c, day, 1.0 FROM seen WHERE bare QUALIFY "
        "count(*) OVER (PARTITION BY e, date_trunc('hour', moment)) >= $burst",
    ),
    Flag("search", _where("searched"), ("accesses.search_by",)),
    Flag("export", _where("exported AND (bare OR own_ticket OR weakly)"), ("accesses.action",)),
    Flag("off_shift", _where("off_shift AND bare"), ("shifts.begin",)),
    Flag(
        "notice_given",
        "SELECT s.e, s.c, s.day, 1.0 FROM seen s JOIN people p ON s.e = p.e "
        "WHERE s.bare AND s.day >= p.resigned_on",
        ("staff.resigned_on",),
    ),
    Flag(
        "after_end",
        "SELECT s.e, s.c, s.day, 1.0 FROM seen s JOIN people p ON s.e = p.e WHERE s.day > p.left_on",
        ("staff.left_on",),
    ),
    Flag("foreign_place", _where("elsewhere"), ("accesses.place", "staff.place")),
)


def raise_flags(explainer: Explainer, rules: Rules) -> tuple[str, ...]:
    """Fill `flagged` (e, c, day, flag, weight). Returns the flags that are off for want of a column.

    Needs `masked`. Only look-ups without a strong or medium reason are ever counted."""
    db = explainer.db
    asked = {
        "own_ticket": explainer.rank_of("ticket_self_made"),
        "grace": rules.grace_minutes,
    }
    db.execute(LOOKS, asked)
    db.execute(
        "CREATE TABLE surnames AS SELECT surname, count(*) / sum(count(*)) OVER () AS share FROM customers "
        "WHERE surname IS NOT NULL GROUP BY surname"
    )
    db.execute("CREATE TABLE flagged (e UBIGINT, c UBIGINT, day DATE, flag VARCHAR, weight DOUBLE)")
    values: dict[str, int | float] = {
        "repeat": rules.repeat_days,
        "back": rules.back_days,
        "enough": explainer.enough,
        "common": rules.common_surname,
        "crowd_days": rules.crowd_days - 1,
        "crowd": rules.crowd_employees,
        "step": rules.sequential_step,
        "step_minutes": rules.sequential_minutes,
        "burst": rules.burst_looks,
    }
    wanted = {flag.code for flag in rules.flags}
    off = []
    for flag in FLAGS:
        if not set(flag.needs) <= explainer.given:
            off.append(flag.code)
        elif flag.code in wanted:
            _raise(db, flag, values)
    return tuple(off)


def _raise(db: duckdb.DuckDBPyConnection, flag: Flag, values: dict[str, int | float]) -> None:
    given = {name: value for name, value in values.items() if f"${name}" in flag.sql}
    sql = f"INSERT INTO flagged SELECT f.e, f.c, f.day, '{flag.code}', f.w FROM ({flag.sql}) f (e, c, day, w)"
    db.execute(sql, given)
