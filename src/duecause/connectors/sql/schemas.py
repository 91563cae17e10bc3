"""Read what a database says of its tables: types, keys, triggers, in a handful of statements for all
tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from duecause.engine.datamap.schema import Column, ForeignKey, Schema, Table

# The first that fits counts.
KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.Numeric, "number"),
    (sa.DateTime, "datetime"),
    (sa.Date, "date"),
    (sa.Time, "time"),
    (sa.Uuid, "uuid"),
    (sa.JSON, "json"),
    (sa.ARRAY, "array"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
    (sa.types.NullType, "other"),
)
TRIGGERS = {
    "postgresql": (
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND (t.tgtype & 24) <> 0"
        " AND n.nspname = coalesce(:schema, current_schema())"
    ),
    "mysql": (
        "SELECT event_object_table, trigger_name FROM information_schema.triggers"
        " WHERE event_object_schema = coalesce(:schema, database())"
        " AND event_manipulation IN ('UPDATE', 'DELETE')"
    ),
    "sqlite": (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND :schema IS NULL"
        " AND upper(sql) NOT LIKE '% INSERT ON %'"
    ),
}
TRIGGERS["mariadb"] = TRIGGERS["mysql"]


def read(
    connection: Connection, wanted: Iterable[str], schema: str | None
) -> tuple[Schema, dict[str, sa.TableClause]]:
    """The facts, and the tables as statements need them."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names(schema)) | set(inspector.get_view_names(schema))
    names = sorted(set(wanted) & there)
    if not names:
        return Schema(), {}
    given: dict[str, Any] = {
        "schema": schema,
        "filter_names": names,
        "kind": sa.engine.reflection.ObjectKind.ANY,
    }
    columns = inspector.get_multi_columns(**given)
    keys = inspector.get_multi_pk_constraint(**given)
    unique = inspector.get_multi_unique_constraints(**given)
    # SQLite's reflection reads unique columns out of the statement and misses VARCHAR(20) UNIQUE.
    every: dict[str, Any] = {"include_auto_indexes": True} if connection.dialect.name == "sqlite" else {}
    indexes = inspector.get_multi_indexes(**given, **every)
    foreign = inspector.get_multi_foreign_keys(**given)
    triggers = _triggers(connection, schema)
    tables, clauses = {}, {}
    for name in names:
        at = (schema, name)
        found = columns.get(at, [])
        uniques = [tuple(map(str, each["column_names"])) for each in unique.get(at, [])]
        uniques += [tuple(map(str, each["column_names"])) for each in indexes.get(at, []) if _whole(each)]
        tables[name] = Table(
            name=name,
            columns={each["name"]: _column(each) for each in found},
            primary_key=tuple(_primary(keys, at)),
            unique=tuple(dict.fromkeys(uniques)),
            foreign_keys=tuple(map(_foreign, foreign.get(at, []))),
            triggers=tuple(sorted(triggers.get(name, ()))),
        )
        clauses[name] = _clause(connection, name, found, schema)
    return Schema(tables), clauses


def _primary(keys: Any, at: tuple[str | None, str]) -> list[str]:
    return list((keys.get(at) or {}).get("constrained_columns") or ())


def _whole(index: Any) -> bool:
    """A unique index over columns; one over an expression or some of the rows promises less."""
    partial = any(
        index.get("dialect_options", {}).get(f"{name}_where") is not None for name in ("postgresql", "sqlite")
    )
    return bool(index.get("unique")) and not partial and not index.get("expressions")


def _column(found: Any) -> Column:
    type_ = found["type"]
    choices = tuple(type_.enums) if isinstance(type_, sa.Enum) else ()
    # A generated identity is a default and can be left alone; a computed column cannot be set.
    return Column(
        name=found["name"],
        kind=next((kind for known, kind in KINDS if isinstance(type_, known)), "other"),
        nullable=bool(found["nullable"]),
        length=int(getattr(type_, "length", None) or 0),
        computed=bool(found.get("computed")),
        choices=choices,
    )


def _foreign(found: Any) -> ForeignKey:
    return ForeignKey(
        tuple(found["constrained_columns"]), found["referred_table"], tuple(found["referred_columns"])
    )


def _clause(connection: Connection, name: str, columns: Any, schema: str | None) -> sa.TableClause:
    """SQLite holds in a column what was put in: its values are taken as they are."""
    plain = connection.dialect.name == "sqlite"
    typed = [sa.column(each["name"], sa.types.NullType() if plain else each["type"]) for each in columns]
    return sa.table(name, *typed, schema=schema) if schema else sa.table(name, *typed)


def _triggers(connection: Connection, schema: str | None) -> dict[str, list[str]]:
    statement = TRIGGERS.get(connection.dialect.name)
    found: dict[str, list[str]] = {}
    if statement:
        for table, name in connection.execute(sa.text(statement), {"schema": schema}):
            found.setdefault(str(table), []).append(str(name))
    return found
