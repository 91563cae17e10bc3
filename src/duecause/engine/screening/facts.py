"""What screening is given and what it answers, as Arrow tables. Keys are 16 bytes, never a clear number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

import pyarrow as pa
from pyarrow.dataset import Dataset

from duecause.engine.problems import Problem

KEY = pa.binary(16)
UUID = pa.uuid()
"""How DuckDB compares keys: as one 128-bit integer. A dataset on disk holds its keys as these."""

Columns: TypeAlias = "pa.Table | Dataset"
"""A table in memory, or files that are read in batches as they are needed."""

SCHEMAS: Mapping[str, pa.Schema] = {
    "rows": pa.schema(
        [
            pa.field("row_id", pa.int64(), nullable=False),
            ("file", pa.string()),
            ("sheet", pa.string()),
            ("row_no", pa.int32()),
            ("problems", pa.list_(pa.string())),
        ]
    ),
    "numbers": pa.schema(
        [
            pa.field("row_id", pa.int64(), nullable=False),
            pa.field("ordinal", pa.int16(), nullable=False),
            pa.field("token", KEY, nullable=False),
            ("person", KEY),
            ("country", pa.string()),
            ("natural", pa.bool_()),
            ("minor_band", pa.string()),
            ("source", pa.string()),
            ("basis", pa.string()),
            ("region", pa.string()),
        ]
    ),
    "suppressed": pa.schema([("token", KEY), ("reason", pa.string())]),
    "suppressed_persons": pa.schema([("person", KEY), ("reason", pa.string())]),
    "guard": pa.schema([("token", KEY)]),
    "register": pa.schema([("token", KEY), ("register", pa.string())]),
    "consents": pa.schema([("person", KEY), ("token", KEY)]),
    "relations": pa.schema(
        [("person", KEY), ("family", pa.string()), ("since", pa.date32()), ("until", pa.date32())]
    ),
    "elsewhere": pa.schema([("token", KEY), ("person", KEY)]),
    "notices": pa.schema([("row_id", pa.int64()), ("ordinal", pa.int16()), ("reason", pa.string())]),
}


def no_rows(name: str) -> pa.Table:
    """An empty table of the named input."""
    return SCHEMAS[name].empty_table()


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """`offer_families`: product families that count as related to the offer. `countries`: ISO codes.

    `organisation` is what kind of controller calls (law.ORGANISATIONS): some exceptions hold only for
    charities or publishers.
    """

    code: str
    controller: str
    purpose: str
    sector: str
    countries: tuple[str, ...]
    offer_families: tuple[str, ...] = ()
    channel: Literal["call"] = "call"
    organisation: str = "company"


@dataclass(frozen=True, slots=True)
class RegisterState:
    """A national register as loaded: its own date, when we loaded it, how many entries."""

    version_date: date
    loaded_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class ScreeningInput:
    """Facts of one candidate list. Columns as in SCHEMAS.

    `rows` is in list order: the first of two rows keeps the person. `rows.problems` block the row as a whole;
    a row with another usable number carries no problem for the unusable one. `suppressed*` and `consents`
    hold what is valid for this controller, purpose, channel and date; a consent names a person, a number or
    both. A number's `source` is null where it is not known and the rules of the day exclude such numbers.
    `elsewhere`: given to another centre in this campaign and not recalled. A relation's `until` is its last
    day. `notices`: numbers of people who must be told first where their data came from, with the reason.
    `in_order`: `row_id` counts the rows from 0 and no (row_id, ordinal) stands twice, which is then not
    looked at again.
    """

    rows: Columns
    numbers: Columns
    suppressed: Columns = field(default_factory=lambda: no_rows("suppressed"))
    suppressed_persons: Columns = field(default_factory=lambda: no_rows("suppressed_persons"))
    guard: Columns = field(default_factory=lambda: no_rows("guard"))
    register: Columns = field(default_factory=lambda: no_rows("register"))
    consents: Columns = field(default_factory=lambda: no_rows("consents"))
    relations: Columns = field(default_factory=lambda: no_rows("relations"))
    elsewhere: Columns = field(default_factory=lambda: no_rows("elsewhere"))
    notices: Columns = field(default_factory=lambda: no_rows("notices"))
    in_order: bool = False
    party_reasons: tuple[Problem, ...] = ()
    registers_loaded: Mapping[str, RegisterState] = field(default_factory=dict)

    def columns(self, name: str) -> Columns:
        """One input in its declared types, keys as UUID. Raises ValueError naming table and column."""
        given: Columns | None = getattr(self, name)
        given = no_rows(name) if given is None else given
        schema = SCHEMAS[name]
        missing = [column for column in schema.names if column not in given.schema.names]
        if missing:
            raise ValueError(f"{name}: column {missing[0]} is missing")
        if isinstance(given, Dataset):
            for column in schema.names:
                held = given.schema.field(column).type
                if held != on_disk(schema.field(column).type):
                    raise ValueError(f"{name}: column {column} holds {held} in its files")
            return given
        for wanted in schema:
            if not wanted.nullable and given[wanted.name].null_count:
                raise ValueError(f"{name}: column {wanted.name} holds nulls")
        return with_keys(given.select(schema.names).cast(schema))


def on_disk(kind: pa.DataType) -> pa.DataType:
    return UUID if kind == KEY else kind


def with_keys(table: pa.Table) -> pa.Table:
    """The same with every column of 16 bytes as UUID; nothing is copied."""
    for place, column in enumerate(table.schema):
        if column.type == KEY:
            chunks = [pa.ExtensionArray.from_storage(UUID, chunk) for chunk in table.column(place).chunks]
            table = table.set_column(place, column.name, pa.chunked_array(chunks, UUID))
    return table


def as_declared(table: pa.Table) -> pa.Table:
    """Inverse of `with_keys`, for what DuckDB answers: keys as 16 bytes, truth as booleans."""
    for place, column in enumerate(table.schema):
        kind = {UUID: KEY, pa.bool8(): pa.bool_()}.get(column.type)
        if kind is not None:
            table = table.set_column(place, column.name, table.column(place).cast(kind))
    return table


@dataclass(frozen=True, slots=True)
class Limits:
    """What DuckDB may use. Without a temporary directory nothing is ever written to disk."""

    memory: str = "1GB"
    threads: int = 2
    temp_directory: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: rows whose first reason is `code`, and rows that remain after it."""

    code: str
    count: int
    remaining: int


@dataclass(frozen=True, slots=True)
class AppliedRule:
    country: str
    rule_id: str
    kind: str
    law: str
    confidence: str
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class RegisterUsed:
    """`usable_until` is the last day on which this version may be used; None where it was never loaded."""

    register: str
    version_date: date | None
    usable_until: date | None
    count: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`table`: row_id, released, ordinal and token (the number to dial, null unless released), person,
    country, region (of that number, or of the row's first), reasons (in precedence, empty when released).

    The waterfall adds up: candidates − Σ count = released. `totals` counts every reason of every row.
    `expires_on` is the last day on which the list may be used; None while no date is known.
    """

    table: pa.Table
    candidates: int
    released: int
    waterfall: tuple[Step, ...]
    totals: Mapping[str, int]
    rules_applied: tuple[AppliedRule, ...]
    bans: tuple[AppliedRule, ...]
    registers_used: tuple[RegisterUsed, ...]
    expires_on: date | None
    expiry_because: Problem | None
