"""Foreign keys of many rows, looked at once per parent instead of once per row.

A database asks for the parent of every row it is given, and PostgreSQL locks it each time: twelve questions
per imported person, most of them about parents that the same transaction has just made. Inside `asked_once`
`insert_rows` asks itself: a parent that it inserted in this transaction is there; any other is looked for,
and held on PostgreSQL, once for all rows that name it. So a row without its parent is refused as before.

PostgreSQL lets an account do so that may set `session_replication_role` (docs/operate.md). Where it may not,
and inside a transaction of SQLite that has begun already, the database goes on asking for each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, models, router

ASKED = 900
_MAY = {
    # since PostgreSQL 15 the right to set it can be granted
    True: "SELECT has_parameter_privilege('session_replication_role', 'SET')",
    False: "SELECT current_setting('is_superuser') = 'on'",
}
_GRANTABLE_SINCE = 150_000
_asking: ContextVar[Parents | None] = ContextVar("asking", default=None)


class Parents:
    """Of one transaction: what it has inserted, as the database keeps it, by table."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._there: dict[str, set[Any]] = {}

    def require(self, model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Raises IntegrityError where a row names a parent that is not there. Call it before the rows are
        inserted."""
        fields = {field.attname: field for field in model._meta.concrete_fields}
        for place, name in enumerate(names):
            field = fields[name]
            if isinstance(field, models.ForeignKey) and field.db_constraint:  # type: ignore[attr-defined]
                self._look_for(field, set(map(itemgetter(place), rows)))
        primary = model._meta.pk
        if primary is not None and primary.attname in names:
            place = names.index(primary.attname)
            made = self._there.setdefault(model._meta.db_table, set())
            made |= self._as_kept(set(map(itemgetter(place), rows)))

    def _look_for(self, field: models.ForeignKey[Any, Any], values: set[Any]) -> None:
        target = field.target_field.model._meta.db_table
        there = self._there.setdefault(target, set())
        values.discard(None)
        rest = iter(self._as_kept(values) - there)
        while part := list(islice(rest, ASKED)):
            if self._count(target, str(field.target_field.column), part) != len(part):
                raise IntegrityError(f"{field.model._meta.db_table}.{field.column}: a parent is not there")
            there.update(part)

    def _count(self, table: str, column: str, values: list[Any]) -> int:
        quote = self.connection.ops.quote_name
        select = f"SELECT 1 FROM {quote(table)} WHERE {quote(column)}"  # noqa: S608
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":  # held, as its own check does it
                cursor.execute(f"{select} = ANY(%s) FOR KEY SHARE", [values])
            else:
                cursor.execute(f"{select} IN ({', '.join(['%s'] * len(values))})", values)
            return len(cursor.fetchall())

    def _as_kept(self, values: set[Any]) -> set[Any]:
        """A column is given in one way: as UUIDs, or as the database keeps them."""
        native = self.connection.features.has_native_uuid_field
        if native or not isinstance(next(iter(values), None), UUID):
            return values
        return {value.hex for value in values}


@contextmanager
def asked_once(model: type[models.Model]) -> Iterator[None]:
    """Around one transaction in the database of this table."""
    connection = connections[router.db_for_write(model)]
    if not _may_ask_ourselves(connection):
        yield
        return
    token = _asking.set(Parents(connection))
    try:
        yield
    finally:
        _asking.reset(token)
        if connection.vendor == "sqlite":
            connection.enable_constraint_checking()


def _may_ask_ourselves(connection: Any) -> bool:
    if connection.vendor == "sqlite":  # answers whether it heeded: it does not inside a transaction
        return bool(connection.disable_constraint_checking())
    with connection.cursor() as cursor:
        cursor.execute(_MAY[connection.pg_version >= _GRANTABLE_SINCE])
        return bool(cursor.fetchone()[0])


def parents_of(connection: Any) -> Parents | None:
    """Who asks for the parents of rows inserted through this connection, if not the database."""
    asking = _asking.get()
    return asking if asking is not None and asking.connection is connection else None


@contextmanager
def unasked(connection: Any) -> Iterator[None]:
    """On PostgreSQL the statements within are not asked for parents; SQLite has been told before."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
