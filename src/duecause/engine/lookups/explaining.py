"""Explain a column of look-ups: which template of which link covers each, over millions of rows.

Links become windows in memory; look-ups stream past them in parts, and only those that stay without a strong
or medium reason are kept, with counts of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from duecause.engine.lookups import columns
from duecause.engine.lookups.templates import EXPLAINING, STRENGTHS, Template, Templates

# Kinds of links in which the customer took part: they stand behind a ticket.
CONTACTS = ("call", "chat", "visit")
TABLES = """
CREATE TABLE people (e UBIGINT, employee VARCHAR, profile VARCHAR, team VARCHAR, t UBIGINT, own UBIGINT,
    surname VARCHAR, postcode VARCHAR, house_number VARCHAR, place VARCHAR, resigned_on DATE, left_on DATE);
CREATE TABLE customers (c UBIGINT, surname VARCHAR, postcode VARCHAR, house_number VARCHAR, vip BOOLEAN);
CREATE TABLE shifts (e UBIGINT, lo TIMESTAMP, hi TIMESTAMP);
CREATE TABLE links (e UBIGINT, t UBIGINT, c UBIGINT, kind VARCHAR, lo TIMESTAMP, hi TIMESTAMP, bound VARCHAR,
    made_by VARCHAR, contact VARCHAR, drawn VARCHAR, assigned VARCHAR);
CREATE TABLE windows (e UBIGINT, c UBIGINT, lo TIMESTAMP, hi TIMESTAMP, rank UTINYINT);
CREATE TABLE team_windows (t UBIGINT, c UBIGINT, lo TIMESTAMP, hi TIMESTAMP, rank UTINYINT);
CREATE TABLE loose ("row" BIGINT, e UBIGINT, c UBIGINT, employee VARCHAR, customer VARCHAR, moment TIMESTAMP,
    action VARCHAR, search_by VARCHAR, place VARCHAR, rank UTINYINT);
CREATE TABLE hours (e UBIGINT, hour TIMESTAMP, looks BIGINT, loose BIGINT, away BIGINT);
CREATE TABLE explained (rank UTINYINT, looks BIGINT);
"""


class Explainer:
    """Feed staff, customers, shifts and links first, look-ups after them, in any order and any parts.

    Times are of one clock, without zone. Employees, teams and customers are compared by a 64-bit hash: two
    of ten million customers are mistaken for each other with probability 3e-6."""

    def __init__(self, db: duckdb.DuckDBPyConnection, templates: Templates) -> None:
        self.db = db
        self.ranked = sorted(templates.all, key=lambda each: STRENGTHS.index(each.strength))
        self.enough = max(
            (n for n, each in enumerate(self.ranked) if each.strength in EXPLAINING), default=-1
        )
        db.execute(TABLES)
        self.given: set[str] = set()
        self.looks = 0

    def add_staff(self, rows: pa.Table, *, file: str) -> None:
        self._read(columns.STAFF, rows, file)
        self.db.execute(
            "INSERT INTO people SELECT hash(employee), employee, coalesce(profile, ''), coalesce(team, ''), "
            "hash(team), hash(customer), lower(surname), postcode, house_number, place, resigned_on, left_on "
            "FROM part QUALIFY row_number() OVER (PARTITION BY employee ORDER BY row DESC) = 1"
        )

    def add_customers(self, rows: pa.Table, *, file: str) -> None:
        self._read(columns.CUSTOMERS, rows, file)
        self.db.execute(
            "INSERT INTO customers SELECT hash(customer), lower(surname), postcode, house_number, "
            "coalesce(vip = 'yes', false) FROM part"
        )

    def add_shifts(self, rows: pa.Table, *, file: str) -> None:
        self._read(columns.SHIFTS, rows, file)
        self.db.execute('INSERT INTO shifts SELECT hash(employee), begin, "end" FROM part')

    def add_links(self, rows: pa.Table, *, file: str) -> None:
        self._read(columns.LINKS, rows, file)
        self.db.execute(
            "INSERT INTO links SELECT CASE WHEN employee IS NOT NULL THEN hash(employee) END, "
            "CASE WHEN team IS NOT NULL THEN hash(team) END, hash(customer), kind, begin, "
            'CASE WHEN "end" < begin THEN begin ELSE "end" END, coalesce(bound, \'unknown\'), '
            "CASE WHEN made_by IS NULL THEN 'unknown' WHEN made_by = employee THEN 'self' ELSE 'other' END, "
            "coalesce(contact, 'unknown'), coalesce(drawn, 'unknown'), "
            "CASE WHEN employee IS NULL THEN 'team' ELSE 'employee' END FROM part"
        )

    def links_are_complete(self) -> None:
        """Turn links into windows. After this, look-ups may come."""
        self._find_contacts()
        for rank, template in enumerate(self.ranked):
            if template.strength != "none":
                self.db.execute(self._windows(template, rank))

    def add_accesses(self, rows: pa.Table, *, file: str) -> None:
        self._read(columns.ACCESSES, rows, file)
        self.looks += rows.num_rows
        self.db.execute(MATCHED)
        self.db.execute("INSERT INTO explained SELECT rank, count(*) FROM matched GROUP BY rank")
        self.db.execute(LOOSE, {"enough": self.enough})
        self.db.execute(HOURS, {"enough": self.enough})

    def reasons(self) -> Iterator[tuple[Template, int]]:
        """How many look-ups each template explains, each counted with its strongest."""
        found = dict(self.db.execute("SELECT rank, sum(looks) FROM explained GROUP BY rank").fetchall())
        yield from ((each, int(found[rank])) for rank, each in enumerate(self.ranked) if found.get(rank))

    def explained_looks(self) -> int:
        return sum(count for template, count in self.reasons() if template.strength in EXPLAINING)

    def rank_of(self, code: str) -> int:
        """Where a template stands; −1 if there is none of that code."""
        return next((rank for rank, each in enumerate(self.ranked) if each.code == code), -1)

    def _read(self, table: columns.Table, rows: pa.Table, file: str) -> None:
        columns.read_into(self.db, "part", table, rows, file=file)
        self.given |= {f"{table.name}.{name}" for name in rows.column_names if name in table.names}

    def _find_contacts(self) -> None:
        """A ticket of one's own whose contact nobody noted: did the customer call, chat or visit?"""
        kinds = ", ".join(f"'{kind}'" for kind in CONTACTS)
        self.db.execute(
            "CREATE TEMP TABLE touched AS SELECT DISTINCT own.c, own.lo FROM links own JOIN links other "
            "ON own.c = other.c AND other.lo BETWEEN own.lo - INTERVAL 1 DAY AND own.lo + INTERVAL 1 HOUR "
            "WHERE own.kind = 'ticket' AND own.made_by = 'self' AND own.contact = 'unknown' "
            f"AND other.kind IN ({kinds}) AND other.bound IN ('number', 'identified', 'unknown')"
        )
        self.db.execute(
            "UPDATE links SET contact = 'yes' FROM touched WHERE links.kind = 'ticket' AND made_by = 'self' "
            "AND contact = 'unknown' AND touched.c = links.c AND touched.lo = links.lo"
        )

    def _windows(self, template: Template, rank: int) -> str:
        kinds = ", ".join(f"'{kind}'" for kind in template.kinds)
        asked = [f"kind IN ({kinds})"]
        for trait, answers in template.conditions.items():
            asked.append(f"{trait} IN ({', '.join(map(repr, answers))})")
        before = int(template.before.total_seconds())
        after, opened = int(template.after.total_seconds()), int(template.open_for.total_seconds())
        sql = "".join(
            f"INSERT INTO {into} SELECT {key}, c, lo - INTERVAL {before} SECOND, "
            f"coalesce(hi, lo + INTERVAL {opened} SECOND) + INTERVAL {after} SECOND, {rank} "
            f"FROM links WHERE {' AND '.join(asked)} AND assigned = '{assigned}';"
            for into, key, assigned in (("windows", "e", "employee"), ("team_windows", "t", "team"))
        )
        return sql

    def accesses_are_complete(self) -> None:
        """Find wrong hits of a search among what is still without any reason."""
        for rank, template in enumerate(self.ranked):
            if "namesake" in template.kinds and template.strength != "none":
                self._namesakes(template, rank)

    def _namesakes(self, template: Template, rank: int) -> None:
        """Customers of the same surname and postcode as one whom the employee was in contact with."""
        before, after = int(template.before.total_seconds()), int(template.after.total_seconds())
        live = ", ".join(f"'{kind}'" for kind in (*CONTACTS, "dial_item", "callback"))
        self.db.execute(
            "CREATE TEMP TABLE hits AS SELECT DISTINCT l.e, l.c, l.moment FROM loose l "
            "JOIN customers hit ON l.c = hit.c JOIN customers meant ON hit.surname = meant.surname "
            "AND hit.postcode = meant.postcode AND hit.c != meant.c JOIN links k ON k.e = l.e "
            f"AND k.c = meant.c AND k.kind IN ({live}) AND l.moment >= k.lo - INTERVAL {before} SECOND "
            f"AND l.moment <= coalesce(k.hi, k.lo) + INTERVAL {after} SECOND WHERE l.rank IS NULL"
        )
        self.db.execute(
            f"UPDATE loose SET rank = {rank} FROM hits WHERE loose.rank IS NULL AND loose.e = hits.e "
            "AND loose.c = hits.c AND loose.moment = hits.moment"
        )
        self.db.execute(f"INSERT INTO explained SELECT {rank}, count(*) FROM loose WHERE rank = {rank}")


MATCHED = """
CREATE OR REPLACE TEMP TABLE looks AS
    SELECT part."row", hash(part.employee) AS e, hash(part.customer) AS c, part."at" AS moment, place
    FROM part;
CREATE OR REPLACE TEMP TABLE matched AS
SELECT "row", min(rank) AS rank FROM (
    SELECT l."row", w.rank FROM looks l JOIN windows w
        ON l.e = w.e AND l.c = w.c AND l.moment >= w.lo AND l.moment <= w.hi
    UNION ALL
    SELECT l."row", w.rank FROM looks l JOIN people p ON l.e = p.e JOIN team_windows w
        ON p.t = w.t AND l.c = w.c AND l.moment >= w.lo AND l.moment <= w.hi
) GROUP BY "row"
"""
LOOSE = """
INSERT INTO loose
SELECT part."row", hash(part.employee), hash(part.customer), part.employee, part.customer, part."at",
    coalesce(part.action, 'view'), part.search_by, part.place, m.rank
FROM part LEFT JOIN matched m ON part."row" = m."row"
WHERE m.rank IS NULL OR m.rank > $enough
"""
HOURS = """
INSERT INTO hours
SELECT l.e, date_trunc('hour', l.moment), count(*), count(*) FILTER (m.rank IS NULL OR m.rank > $enough),
    count(*) FILTER (m.rank <= $enough AND l.place != p.place)
FROM looks l LEFT JOIN matched m ON l."row" = m."row" LEFT JOIN people p ON l.e = p.e GROUP BY ALL
"""
