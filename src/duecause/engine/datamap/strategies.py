"""What becomes of one field when it is erased: chosen against the live column, never skipped in silence."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duecause.engine.datamap.model import Field
from duecause.engine.datamap.schema import Column, Table

TOMBSTONE = "erased"
EMPTY_DAY = "1900-01-01"
# What stands in a column that may not be empty and has no words of its own.
PLAIN = {"int": "0", "number": "0", "bool": "false", "json": "{}", "array": "[]", "bytes": ""}
DAYS = {"date": EMPTY_DAY, "datetime": f"{EMPTY_DAY}T00:00:00", "time": "00:00:00"}
UNIQUE_TEXT = 12  # hexadecimal digits below which two erased rows could meet


@dataclass(frozen=True, slots=True)
class Strategy:
    """`name` as in the map. `value` is what every row gets; `each`: computed row by row from its old
    value."""

    name: str
    value: str | None = None
    each: bool = False


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a field cannot be changed: not_null, primary_key, foreign_key, unique, length, type, trigger,
    read_only, computed, missing."""

    code: str


NULL, FAKE = Strategy("null"), Strategy("fake", each=True)


def choose(field: Field, table: Table) -> Strategy | Blocker:
    """The map's own word first, as far as the column bears it; else empty where that is allowed, else a
    tombstone, and a value of its own where the column is unique."""
    column = table.columns.get(field.column)
    if column is None:
        return Blocker("missing")
    if field.handling.strategy == "keep":
        return Strategy("keep")
    if field.read_only:
        return Blocker("read_only")
    if column.computed:
        return Blocker("computed")
    if column.name in table.primary_key:
        return Blocker("primary_key")
    if "." in field.path or field.fields:
        return Strategy("null_inside", each=True)
    if any(column.name in key.columns for key in table.foreign_keys):
        return NULL if column.nullable else Blocker("foreign_key")
    wanted = field.handling.strategy
    if wanted:
        return _wanted(wanted, column, unique=_unique(column, table))
    if column.nullable:
        return NULL
    return _not_null(column, field, unique=_unique(column, table))


def _wanted(name: str, column: Column, *, unique: bool) -> Strategy | Blocker:
    if name == "null":
        return Strategy("null") if column.nullable else Blocker("not_null")
    if name == "tombstone":
        return _not_null(column, None, unique=unique)
    if name in ("decade", "postcode_area"):
        fits = column.kind in (("date", "datetime", "text") if name == "decade" else ("text",))
        if unique:
            return Blocker("unique")
        return Strategy(name, each=True) if fits else Blocker("type")
    if column.kind != "text" or column.choices:
        return Blocker("type")
    if column.length and column.length < UNIQUE_TEXT:
        return Blocker("length")
    return Strategy(name, each=True)


def _not_null(column: Column, field: Field | None, *, unique: bool) -> Strategy | Blocker:
    """For a column that may not be empty."""
    if column.choices:
        return Blocker("type")
    if unique:
        if column.kind != "text":
            return Blocker("unique")
        needs = 24 if field and _is_email(field) else UNIQUE_TEXT
        return Blocker("length") if column.length and column.length < needs else FAKE
    if column.kind == "text":
        return Strategy("tombstone", TOMBSTONE[: column.length or None])
    found = {**PLAIN, **DAYS}.get(column.kind)
    return Blocker("not_null") if found is None else Strategy("tombstone", found)


def _unique(column: Column, table: Table) -> bool:
    """A key of several columns may hold one that is equal in all rows, but then the others decide: a value of
    its own is always safe."""
    return any(column.name in key for key in table.unique)


def _is_email(field: Field) -> bool:
    return field.identity == "email" or any("email" in each for each in field.categories)


def computed(
    strategy: str, old: Any, *, field: Field, column: Column, key: bytes, row: str, inner: Iterable[str] = ()
) -> str | None:
    """The new value of one row, as text. `key` dies with the request, so that nobody can repeat what hmac and
    fake made; `row` tells rows apart where a value of its own is needed. `inner`: paths in a JSON column."""
    if old is None:
        return None
    if strategy == "null_inside":
        return _without(old, tuple(inner))
    if strategy == "decade":
        return _decade(old, column)
    text = str(old)
    if strategy == "postcode_area":
        return re.sub(r"\s", "", text)[:2]
    made = hmac.new(
        key, (text if strategy == "hmac" else f"{row}\n{text}").encode(), hashlib.sha256
    ).hexdigest()
    if strategy == "hmac":
        return made[: min(column.length or 32, 32)]
    return _fake(field, column, made)


def _fake(field: Field, column: Column, made: str) -> str:
    """In the form that the field's readers expect, and of nobody: example domains and numbers (RFC 2606) and
    an unassigned country code (+999)."""
    room = column.length or 64
    if _is_email(field):
        end = "@erased.invalid"
        return made[: min(16, room - len(end))] + end
    if field.identity.startswith("phone") or any("phone" in each for each in field.categories):
        digits = str(int(made[:14], 16)).rjust(11, "0")[:11]
        return f"+999{digits}"[: min(room, 15)]
    return made[: min(room, 32)]


def _decade(old: Any, column: Column) -> str:
    if isinstance(old, datetime):
        return datetime(old.year // 10 * 10, 1, 1).isoformat()
    if isinstance(old, date):
        return date(old.year // 10 * 10, 1, 1).isoformat()
    found = re.search(r"(1[89]|20)\d\d", str(old))
    return f"{int(found[0]) // 10 * 10}-01-01" if found else ""


def _without(old: Any, inner: tuple[str, ...]) -> str:
    document = json.loads(old) if isinstance(old, str | bytes) else old
    for path in inner:
        document = _emptied(document, path.split("."))
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _emptied(value: Any, path: list[str]) -> Any:
    """Empties what lies at the path; in arrays element by element, so that their length stays."""
    if isinstance(value, list):
        return [_emptied(each, path) for each in value]
    if not path:
        return None
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: _emptied(value[path[0]], path[1:])}
    return value
