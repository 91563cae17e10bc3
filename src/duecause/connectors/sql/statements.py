"""Conditions over keys and values, for whole chunks at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from duecause.engine.datamap.finding import Key
from duecause.engine.datamap.schema import Column
from duecause.engine.datamap.values import PHONE_NOISE

CHUNK = 10_000
ROWS = 1_000  # keys of several columns: PostgreSQL reads their list as one deep expression
PARAMETERS = 30_000  # SQLite takes 32,766 in one statement, PostgreSQL 65,535
ALTERNATIVES = 200  # conditions joined by OR
T = TypeVar("T")


class Unfit(Exception):
    """A value that a column of this kind cannot hold, and so does not."""


def coerced(text: str | None, column: Column, *, plain: bool) -> Any:
    """`plain`: dates, numbers and booleans as SQLite keeps them. Raises Unfit."""
    if text is None:
        return None
    try:
        found = _parsed(text, column.kind)
    except (ValueError, InvalidOperation):
        raise Unfit from None
    if not plain:
        return found
    if isinstance(found, bool):
        return int(found)
    if isinstance(found, Decimal):
        return float(found)
    return found if isinstance(found, int | str | bytes) else text


def _parsed(text: str, kind: str) -> Any:
    if kind == "int":
        return int(text)
    if kind == "number":
        return Decimal(text)
    if kind == "bool":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), False)
    if kind == "date":
        return date.fromisoformat(text[:10])
    if kind == "datetime":
        return datetime.fromisoformat(text)
    if kind == "time":
        return time.fromisoformat(text)
    if kind == "uuid":
        return UUID(text)
    if kind in ("json", "array"):
        return json.loads(text)
    return bytes.fromhex(text) if kind == "bytes" else text


def chunks(items: Iterable[T], width: int) -> Iterator[list[T]]:
    """At most CHUNK, and no more parameters than every database takes."""
    rest, size = iter(items), min(CHUNK if width < 2 else ROWS, PARAMETERS // max(width, 1))
    while part := list(islice(rest, size)):
        yield part


def folded(column: sa.ColumnClause[Any], match: str) -> Any:
    """The column as it is compared."""
    if match == "ignore_case":
        return sa.func.lower(sa.func.trim(column))
    if match == "phone":
        found: Any = column
        for noise in PHONE_NOISE:
            found = sa.func.replace(found, noise, "")
        return found
    return column


def one_of(columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> sa.ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([row[0] for row in rows])  # type: ignore[no-any-return]
    return sa.tuple_(*columns).in_(rows)


def keyed(
    clause: sa.TableClause, columns: Sequence[Column], keys: Sequence[Key], *, plain: bool
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that together name the rows of these keys."""
    held = [clause.c[each.name] for each in columns]
    whole: list[tuple[Any, ...]] = []
    empty: list[tuple[Any, ...]] = []
    for key in keys:
        row = tuple(coerced(text, each, plain=plain) for text, each in zip(key, columns, strict=True))
        (empty if None in row else whole).append(row)
    for part in chunks(whole, len(held)):
        yield one_of(held, part)
    for start in range(0, len(empty), ALTERNATIVES):
        each = (
            sa.and_(*(c.is_(None) if v is None else c == v for c, v in zip(held, row, strict=True)))
            for row in empty[start : start + ALTERNATIVES]
        )
        yield sa.or_(*each)
