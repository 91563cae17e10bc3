"""What a live store says of its tables, as facts: read by a connector, judged here."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field

from duecause.engine.tlog import canonical_json

KINDS = (
    "text",
    "int",
    "number",
    "bool",
    "date",
    "datetime",
    "time",
    "uuid",
    "json",
    "array",
    "bytes",
    "other",
)


@dataclass(frozen=True, slots=True)
class Column:
    """`length` in characters, 0 for no limit. `choices`: an enumeration's values."""

    name: str
    kind: str
    nullable: bool
    length: int = 0
    computed: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    columns: tuple[str, ...]
    table: str
    their_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`unique` holds the columns of each unique key but the primary one."""

    name: str
    columns: dict[str, Column]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    triggers: tuple[str, ...] = ()

    def key(self) -> tuple[str, ...]:
        """What names one row: the primary key, else a unique key without empty values, else every column that
        can be compared."""
        if self.primary_key:
            return self.primary_key
        for columns in self.unique:
            if not any(self.columns[name].nullable for name in columns):
                return columns
        return tuple(n for n, c in self.columns.items() if c.kind not in ("json", "array", "bytes", "other"))

    @property
    def keyless(self) -> bool:
        return not self.primary_key and self.key() not in self.unique

    def names_one(self, columns: tuple[str, ...]) -> bool:
        """Whether one value of these columns can stand in one row only."""
        given = set(columns)
        return any(set(key) <= given for key in (self.primary_key, *self.unique) if key)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that a map names, and who refers to them: `referrers` holds foreign keys of other tables."""

    tables: dict[str, Table] = field(default_factory=dict)
    referrers: dict[str, tuple[tuple[str, ForeignKey], ...]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """SHA-256 over all of it, as hex: equal as long as nothing that a plan rests on has changed."""
        facts = {name: asdict(table) for name, table in sorted(self.tables.items())}
        return hashlib.sha256(canonical_json({"tables": facts})).hexdigest()
