"""What every connector can do, whatever kind of system lies behind it: probe, find, change, erase, verify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from duecause.engine.datamap.finding import Ask, Key
from duecause.engine.datamap.planning import Operation
from duecause.engine.datamap.schema import Schema, Table


class Unreachable(Exception):
    """The system does not answer, or refuses. `code` says which; its own words may hold data and are
    dropped."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejected(Exception):
    """The system answered that it does not take a change: a rule of its own stands against it."""

    def __init__(self, code: str, collection: str) -> None:
        super().__init__(f"{code} in {collection}")
        self.code, self.collection = code, collection


class Work(Protocol):
    """Changes of one store that are done together or not at all."""

    def change(self, operations: Sequence[Operation], table: Table) -> None:
        """Give fields new values. The same operation twice leaves what it left once. Raises Rejected."""

    def erase(self, operation: Operation, table: Table) -> None:
        """Delete rows; those that are gone already stay gone. Raises Rejected."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class Connector(Protocol):
    """A store that is mapped. Every verb raises Unreachable where the system does not answer."""

    def probe(self, tables: Iterable[str]) -> Schema:
        """What the system says of these tables now; those it does not have are left out."""

    def find(self, ask: Ask, table: Table) -> Iterator[Mapping[str, Any]]:
        """Rows as they come, without holding them all."""

    def begin(self) -> Work: ...

    def verify(self, operations: Sequence[Operation], table: Table) -> set[Key]:
        """Keys of rows that are not what the operations left, read anew over a connection of its own."""

    def anew(self) -> Connector:
        """The same system by another connection, for reading back."""

    def rest(self) -> None:
        """Let go of what reading holds; the next verb takes it again."""

    def close(self) -> None: ...
