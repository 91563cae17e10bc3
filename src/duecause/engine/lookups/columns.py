"""The tables that the review takes, and how a cell is read: strictly, by row, never quoting what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa

from duecause.engine.lookups.templates import ANSWERS, KINDS
from duecause.engine.problems import Problem, Refused, shape_of

Kind = Literal["text", "moment", "day", "number", "answer", "choice"]
SHOWN = 20
ROW = "row"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`any_of`: columns of which a row needs at least one."""

    name: str
    columns: tuple[Column, ...]
    any_of: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


ACTIONS = ("view", "search", "reveal", "edit", "export")
BOUND = ("number", "identified", "none", "unknown")
ACCESSES = Table(
    "accesses",
    (
        Column("employee", required=True),
        Column("customer", required=True),
        Column("at", "moment", required=True),
        Column("action", "choice", choices=ACTIONS),
        Column("search_by"),
        Column("place"),
    ),
)
LINKS = Table(
    "links",
    (
        Column("employee"),
        Column("team"),
        Column("customer", required=True),
        Column("kind", "choice", required=True, choices=KINDS),
        Column("begin", "moment", required=True),
        Column("end", "moment"),
        Column("bound", "choice", choices=BOUND),
        Column("made_by"),
        Column("contact", "answer", choices=ANSWERS),
        Column("drawn", "answer", choices=ANSWERS),
    ),
    any_of=("employee", "team"),
)
STAFF = Table(
    "staff",
    (
        Column("employee", required=True),
        Column("profile"),
        Column("team"),
        Column("customer"),
        Column("surname"),
        Column("postcode"),
        Column("house_number"),
        Column("place"),
        Column("resigned_on", "day"),
        Column("left_on", "day"),
    ),
)
CUSTOMERS = Table(
    "customers",
    (
        Column("customer", required=True),
        Column("surname"),
        Column("postcode"),
        Column("house_number"),
        Column("vip", "answer", choices=ANSWERS),
    ),
)
SHIFTS = Table(
    "shifts",
    (
        Column("employee", required=True),
        Column("begin", "moment", required=True),
        Column("end", "moment", required=True),
    ),
)
OUTCOMES = Table(
    "outcomes",
    (
        Column("flag", required=True),
        Column("outcome", "choice", required=True, choices=("justified", "confirmed")),
        Column("scope", "choice", required=True, choices=("employee", "team", "profile", "all")),
        Column("value"),
    ),
)
TABLES = (ACCESSES, LINKS, STAFF, CUSTOMERS, SHIFTS, OUTCOMES)

EXPECTED: dict[Kind, str] = {
    "moment": "a date and time like 2026-11-28T14:05:00",
    "day": "a date like 2026-11-28",
    "number": "a whole number",
    "answer": "yes, no or unknown",
}
SQL: dict[Kind, str] = {
    "text": "nullif(trim(CAST({0} AS VARCHAR)), '')",
    # Without an offset the text is taken as it stands: a cast to TIMESTAMP would silently drop an offset.
    "moment": "CASE WHEN NOT contains({0}, ':') THEN NULL "
    "WHEN regexp_matches({0}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') "
    "THEN make_timestamp(epoch_us(try_cast({0} AS TIMESTAMPTZ))) ELSE try_cast({0} AS TIMESTAMP) END",
    "day": "try_cast({0} AS DATE)",
    "number": "try_cast({0} AS BIGINT)",
    # A word as it should be is the rule, so it is asked for first.
    "answer": "CASE WHEN {0} IN ('yes', 'no', 'unknown') THEN {0} "
    "WHEN lower(trim({0})) IN ('yes', 'true', '1') THEN 'yes' "
    "WHEN lower(trim({0})) IN ('no', 'false', '0') THEN 'no' "
    "WHEN lower(trim({0})) = 'unknown' THEN 'unknown' END",
    "choice": "CASE WHEN {0} IN ({1}) THEN {0} WHEN lower(trim({0})) IN ({1}) THEN lower(trim({0})) END",
}


class RefusedRows(Refused):
    """`problems`: the first of what is wrong, row by row."""

    def __init__(self, file: str, count: int, problems: Sequence[Problem]) -> None:
        template = "%(file)s: %(count)s cells cannot be read. Nothing was scored."
        params = {"file": file, "count": count}
        Exception.__init__(self, template % params)
        self.problem = Problem("lookup_rows", template, params)
        self.problems = tuple(problems)


def unknown(table: Table, names: Sequence[str]) -> tuple[str, ...]:
    """Columns that the review does not know; they are left alone."""
    return tuple(name for name in names if name not in table.names and name != ROW)


def require(table: Table, names: Sequence[str], *, file: str) -> None:
    """Raises Refused if a column is missing that nothing can be done without."""
    missing = [column.name for column in table.columns if column.required and column.name not in names]
    if table.any_of and not set(table.any_of) & set(names):
        missing.append(" or ".join(table.any_of))
    if missing:
        template = "%(file)s: column %(missing)s is missing. Columns of %(table)s are %(known)s."
        known = ", ".join(table.names)
        params = {"file": file, "missing": ", ".join(missing), "table": table.name, "known": known}
        raise Refused("lookup_columns", template, **params)


def read_into(db: duckdb.DuckDBPyConnection, into: str, table: Table, rows: pa.Table, *, file: str) -> None:
    """Make the table `into` of typed columns out of rows as they came; missing columns are null.

    `rows` may hold texts or typed columns, and a column `row` with the number to name in messages. Moments
    with an offset become UTC. Raises RefusedRows."""
    require(table, rows.column_names, file=file)
    rows = _plain(rows)
    db.register("incoming", rows)
    present = set(rows.column_names)
    selected = ", ".join(
        f'{_sql(column, rows.schema)}::{_TYPES[column.kind]} AS "{column.name}"' for column in table.columns
    )
    db.execute(f'CREATE OR REPLACE TEMP TABLE {into} AS SELECT "{ROW}", {selected} FROM incoming')
    count, problems = _problems(db, into, table, present)
    db.unregister("incoming")
    if count:
        db.execute(f"DROP TABLE {into}")
        raise RefusedRows(file, count, problems)


_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "moment": "TIMESTAMP",
    "day": "DATE",
    "number": "BIGINT",
    "answer": "VARCHAR",
    "choice": "VARCHAR",
}


def _sql(column: Column, schema: pa.Schema) -> str:
    if column.name not in schema.names:
        return "NULL"
    if column.kind == "moment" and pa.types.is_timestamp(schema.field(column.name).type):
        return f'"{column.name}"'
    choices = ", ".join(f"'{choice}'" for choice in column.choices)
    return SQL[column.kind].format(f'"{column.name}"', choices)


def _plain(rows: pa.Table) -> pa.Table:
    """Moments with a zone as UTC, dictionaries as texts, and row numbers where there are none."""
    fields = []
    for field in rows.schema:
        kind = field.type
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_dictionary(kind):
            kind = kind.value_type
        elif pa.types.is_boolean(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    rows = rows.cast(pa.schema(fields))
    if ROW not in rows.column_names:
        rows = rows.append_column(ROW, pa.array(np.arange(2, rows.num_rows + 2)))
    return rows


def _problems(
    db: duckdb.DuckDBPyConnection, into: str, table: Table, present: set[str]
) -> tuple[int, list[Problem]]:
    count, found = 0, []
    for column in table.columns:
        if column.name not in present:
            continue
        bad = f't."{column.name}" IS NULL'
        if not column.required:
            if column.kind == "text":
                continue
            bad += f" AND coalesce(trim(CAST(i.\"{column.name}\" AS VARCHAR)), '') != ''"
        here = _count(db, f'SELECT count(*) FROM {into} WHERE "{column.name}" IS NULL')
        if not here:
            continue
        joined = f'FROM {into} t JOIN incoming i ON i."{ROW}" = t."{ROW}" WHERE {bad}'
        count += _count(db, f"SELECT count(*) {joined}")
        raw = f'CAST(i."{column.name}" AS VARCHAR)'
        for row, value in db.execute(f'SELECT t."{ROW}", {raw} {joined} ORDER BY 1 LIMIT {SHOWN}').fetchall():
            found.append((row, _problem(column, row, value or "")))
    if table.any_of and set(table.any_of) & present:
        empty = " AND ".join(f"{name} IS NULL" for name in table.any_of)
        count += _count(db, f"SELECT count(*) FROM {into} WHERE {empty}")
        for (row,) in db.execute(
            f'SELECT "{ROW}" FROM {into} WHERE {empty} ORDER BY 1 LIMIT {SHOWN}'
        ).fetchall():
            template = "Row %(row)s: fill in %(names)s."
            params = {"row": row, "names": " or ".join(table.any_of)}
            found.append((row, Problem("lookup_cell", template, params)))
    return count, [problem for _, problem in sorted(found, key=lambda each: each[0])]


def _problem(column: Column, row: int, value: str) -> Problem:
    params = {"row": row, "column": column.name, "shape": shape_of(value)}
    if not value.strip():
        template = "Row %(row)s, column %(column)s is empty. Fill it in or remove the row."
        return Problem("lookup_cell", template, params)
    expected = EXPECTED.get(column.kind) or "one of " + ", ".join(column.choices)
    template = "Row %(row)s, column %(column)s: “%(shape)s” must be %(expected)s."
    return Problem("lookup_cell", template, {**params, "expected": expected})


def _count(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    found = db.execute(sql).fetchone()
    assert found is not None
    return int(found[0])
