"""One SQL database as a connector. Errors of the driver may quote data: only their kind goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine

from duecause.connectors.sql import schemas
from duecause.connectors.sql.statements import Unfit, chunks, coerced, folded, keyed, one_of
from duecause.connectors.verbs import Rejected, Unreachable
from duecause.engine.datamap.finding import Ask, Key
from duecause.engine.datamap.planning import Operation
from duecause.engine.datamap.schema import Schema, Table
from duecause.engine.datamap.values import spelled

BUFFER = 1_000
PATIENCE = 10  # seconds until a database that does not answer counts as down
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mysql+pymysql",
}


class SqlStore:
    """`url`: as SQLAlchemy reads it; the driver may be left out. `schema`: where it is not the default
    one."""

    def __init__(self, url: URL, schema: str | None = None) -> None:
        self.url = _spelled(url)
        self.schema = schema
        self.plain = self.url.get_backend_name() == "sqlite"
        self._engine = _engine(self.url)
        self._clauses: dict[str, sa.TableClause] = {}
        self._reader: Connection | None = None

    def probe(self, tables: Iterable[str]) -> Schema:
        with _answering(), self._engine.connect() as connection:
            found, self._clauses = schemas.read(connection, tables, self.schema)
        return found

    def find(self, ask: Ask, table: Table) -> Iterator[Mapping[str, Any]]:
        clause = self._clauses[table.name]
        columns = [table.columns[name] for name in ask.fields]
        exact = ask.match == "exact" or any(each.kind != "text" for each in columns)
        held = [clause.c[each.name] if exact else folded(clause.c[each.name], ask.match) for each in columns]
        wanted = {row for value in ask.values if (row := self._row(value, columns)) is not None}
        left = ask.limit
        for part in chunks(sorted(wanted, key=str), len(held)):
            query = sa.select(*(clause.c[name] for name in ask.columns)).where(one_of(held, part))
            if ask.limit:
                query = query.limit(left)
            for found in self._stream(query):
                left -= 1
                yield found
            if ask.limit and left <= 0:
                return

    def begin(self) -> SqlWork:
        with _answering():
            return SqlWork(self._engine, self._clauses, plain=self.plain)

    def verify(self, operations: Sequence[Operation], table: Table) -> set[Key]:
        self.rest()  # what an open snapshot shows is what was, not what is
        wrong: set[Key] = set()
        columns = [table.columns[name] for name in table.key()]
        for operation in _gathered(operations):
            names = sorted(operation[0].values)
            expected = {key: each.values for each in operation for key in each.keys}
            clause = self._clauses[table.name]
            query = sa.select(*(clause.c[name] for name in (*table.key(), *names)))
            for condition in keyed(clause, columns, list(expected), plain=self.plain):
                for row in self._stream(query.where(condition)):
                    key = tuple(spelled(row[name]) for name in table.key())
                    if operation[0].does == "delete" or not self._as_left(row, expected.get(key), table):
                        wrong.add(key)
        return wrong

    def anew(self) -> SqlStore:
        again = SqlStore(self.url, self.schema)
        again._clauses = self._clauses
        return again

    def close(self) -> None:
        self.rest()
        self._engine.dispose()

    def rest(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _stream(self, query: sa.Select[Any]) -> Iterator[Mapping[str, Any]]:
        with _answering():
            if self._reader is None:
                self._reader = self._engine.connect().execution_options(
                    stream_results=True, max_row_buffer=BUFFER
                )
            for row in self._reader.execute(query).mappings():
                yield dict(row)

    def _row(self, value: tuple[str, ...], columns: Sequence[Any]) -> tuple[Any, ...] | None:
        try:
            return tuple(
                coerced(text, each, plain=self.plain) for text, each in zip(value, columns, strict=True)
            )
        except Unfit:
            return None

    def _as_left(
        self, row: Mapping[str, Any], expected: Mapping[str, str | None] | None, table: Table
    ) -> bool:
        if expected is None:
            return True
        for name, text in expected.items():
            want = coerced(text, table.columns[name], plain=self.plain)
            if row[name] != want and spelled(row[name]) != spelled(want):
                return False
        return True


class SqlWork:
    """One transaction."""

    def __init__(self, engine: Engine, clauses: Mapping[str, sa.TableClause], *, plain: bool) -> None:
        self._connection = engine.connect()
        self._transaction = self._connection.begin()
        self._clauses, self._plain = clauses, plain

    def change(self, operations: Sequence[Operation], table: Table) -> None:
        clause = self._clauses[table.name]
        columns = [table.columns[name] for name in table.key()]
        with self._rejecting(table.name):
            for same in _gathered(operations):
                if len(same) == 1:
                    values = self._values(same[0], table)
                    for condition in keyed(clause, columns, same[0].keys, plain=self._plain):
                        self._connection.execute(sa.update(clause).where(condition).values(values))
                else:
                    self._each(same, table)

    def erase(self, operation: Operation, table: Table) -> None:
        clause = self._clauses[table.name]
        columns = [table.columns[name] for name in table.key()]
        with self._rejecting(table.name):
            for condition in keyed(clause, columns, operation.keys, plain=self._plain):
                self._connection.execute(sa.delete(clause).where(condition))

    def commit(self) -> None:
        with self._rejecting(""):
            self._transaction.commit()
        self._connection.close()

    def rollback(self) -> None:
        with _answering():
            self._transaction.rollback()
            self._connection.close()

    def _values(self, operation: Operation, table: Table) -> dict[str, Any]:
        return {
            name: sa.null() if text is None else coerced(text, table.columns[name], plain=self._plain)
            for name, text in operation.values.items()
        }

    def _each(self, operations: Sequence[Operation], table: Table) -> None:
        """Many rows with a value of their own each: one statement, prepared once."""
        clause, names = self._clauses[table.name], sorted(operations[0].values)
        columns = [table.columns[name] for name in table.key()]
        query = sa.update(clause).values(
            {n: sa.bindparam(f"v_{i}", type_=clause.c[n].type) for i, n in enumerate(names)}
        )
        for i, each in enumerate(columns):
            query = query.where(clause.c[each.name] == sa.bindparam(f"k_{i}", type_=clause.c[each.name].type))
        rows = []
        for operation in operations:
            given = {
                f"v_{i}": coerced(operation.values[n], table.columns[n], plain=self._plain)
                for i, n in enumerate(names)
            }
            for key in operation.keys:
                parts = {f"k_{i}": coerced(key[i], c, plain=self._plain) for i, c in enumerate(columns)}
                rows.append({**given, **parts})
        self._connection.execute(query, rows)

    @contextmanager
    def _rejecting(self, collection: str) -> Iterator[None]:
        try:
            with _answering():
                yield
        except (exc.IntegrityError, exc.DataError) as error:
            raise Rejected(type(error).__name__.removesuffix("Error").lower(), collection) from None


def _gathered(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Operations that one statement can do: those on a single row each that set the same columns."""
    single: dict[tuple[str, ...], list[Operation]] = {}
    found: list[list[Operation]] = []
    for each in operations:
        if len(each.keys) == 1 and each.does == "update" and None not in each.keys[0]:
            single.setdefault(tuple(sorted(each.values)), []).append(each)
        else:
            found.append([each])
    return [*found, *single.values()]


def _spelled(url: URL) -> URL:
    """With its driver named, and a socket's folder where drivers look for it."""
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    host = unquote(url.host or "")
    return url.set(host=None).update_query_dict({"host": host}) if host.startswith("/") else url


def _engine(url: URL) -> Engine:
    backend = url.get_backend_name()
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        arguments = {"connect_timeout": PATIENCE}
    elif backend in ("mysql", "mariadb"):
        arguments = {"connect_timeout": PATIENCE, "charset": "utf8mb4"}
    elif backend == "sqlite":
        # A database that is not there is an error, not a new and empty one.
        path = str(url.database or "").removeprefix("file:").partition("?")[0]
        url = url.set(database=f"file:{path}", query={"mode": "rw", "uri": "true"})
        arguments = {"timeout": PATIENCE}
    return sa.create_engine(url, connect_args=arguments, hide_parameters=True, pool_size=2, max_overflow=2)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (exc.IntegrityError, exc.DataError):
        raise
    except exc.OperationalError:
        raise Unreachable("unreachable") from None
    except exc.SQLAlchemyError as error:
        raise Unreachable(type(error).__name__) from None
