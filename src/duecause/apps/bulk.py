"""Many rows of one table at once: inserted by COPY on PostgreSQL and by one prepared statement on SQLite,
found by many values of a column. `bulk_create` spends most of an import on assembling SQL text (60 % of 37
CPU-seconds per 100,000 rows); this writes the rows and no text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from itertools import chain, islice
from struct import Struct
from typing import Any
from uuid import UUID

from django.db import connections, models, router

from duecause.apps.bulk_keys import parents_of, unasked

Convert = Callable[[Any], Any]
Encode = Callable[[Any], bytes]
# Types that both database drivers take as they are.
PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.BinaryField)

_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_COPIED = 2_000
ASKED_ARRAY, ASKED_PLACES = 5_000, 900
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(2000, 1, 1).toordinal()
_dump = json.JSONEncoder(separators=(",", ":")).encode


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values stand in the order of the column attributes `names`. Every column must be
    named except an automatic key. A text for a JSON column is JSON already; a UUID may be given as
    `stored_uuid` has it. Raises ValueError for a missing column, and IntegrityError."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    needed = {name for name, field in fields.items() if not isinstance(field, models.AutoField)}
    if needed != set(names):
        raise ValueError(f"{model.__name__}: {sorted(needed ^ set(names))} differ")
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(fields[name].column)) for name in names)
    table = f"{quote(model._meta.db_table)} ({columns})"
    targets = [_target(fields[name]) for name in names]
    parents = parents_of(connection)
    if parents is not None:
        rows = list(rows)
        parents.require(model, names, rows)
    with unasked(connection) if parents else nullcontext(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Before COPY, within which the connection answers no question.
            encoders = [_encoder(target, connection) for target in targets]
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                for piece in _copied(encoders, rows):
                    copy.write(piece)
            return
        values = _converted([_converter(target, connection) for target in targets], list(rows))
        if values:
            places = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", values)  # noqa: S608


def rows_among(
    model: type[models.Model], names: Sequence[str], *, column: str, values: Iterable[Any], **equal: Any
) -> Iterator[tuple[Any, ...]]:
    """The columns `names` of every row whose `column` is one of `values` and whose other columns are `equal`.
    Values are plain or bytes; a UUID comes back as the driver gives it."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    connection = connections[router.db_for_read(model)]
    quote = connection.ops.quote_name
    listed = ", ".join(quote(str(fields[name].column)) for name in names)
    same = "".join(f"{quote(str(fields[name].column))} = %s AND " for name in equal)
    select = (
        f"SELECT {listed} FROM {quote(model._meta.db_table)} WHERE {same}{quote(str(fields[column].column))}"  # noqa: S608
    )
    native = connection.vendor == "postgresql"
    size = ASKED_ARRAY if native else ASKED_PLACES
    forms = getattr(fields[column], "candidates", None)
    # In order: neighbours in the index are on the same page.
    rest = iter(sorted(forms(values) if forms else values))
    found = ((place, getattr(fields[name], "bare", None)) for place, name in enumerate(names))
    bare: dict[int, Convert] = {place: convert for place, convert in found if convert}
    with connection.cursor() as cursor:
        while part := list(islice(rest, size)):
            if native:
                cursor.execute(f"{select} = ANY(%s)", [*equal.values(), part])
            else:
                part += [part[-1]] * (size - len(part))
                cursor.execute(f"{select} IN ({', '.join(['%s'] * size)})", [*equal.values(), *part])
            yield from _bare(cursor.fetchall(), bare) if bare else cursor.fetchall()


def all_rows(model: type[models.Model], names: Sequence[str], **equal: Any) -> Iterator[tuple[Any, ...]]:
    """The columns `names` of every row whose other columns are `equal`, as `rows_among` gives them."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    connection = connections[router.db_for_read(model)]
    quote = connection.ops.quote_name
    listed = ", ".join(quote(str(fields[name].column)) for name in names)
    same = " AND ".join(f"{quote(str(fields[name].column))} = %s" for name in equal)
    found = ((place, getattr(fields[name], "bare", None)) for place, name in enumerate(names))
    bare: dict[int, Convert] = {place: convert for place, convert in found if convert}
    with connection.cursor() as cursor:
        table = quote(model._meta.db_table)
        cursor.execute(f"SELECT {listed} FROM {table} WHERE {same}", list(equal.values()))  # noqa: S608
        while rows := cursor.fetchmany(_COPIED):
            yield from _bare(rows, bare) if bare else rows


def _bare(rows: list[tuple[Any, ...]], bare: dict[int, Convert]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(bare[place](value) if place in bare else value for place, value in enumerate(row))


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Tell PostgreSQL how large tables have become. Until its own round comes by, a planner that believes
    them empty reads them whole for each look-up (measured: 11 s instead of milliseconds at 9,000 rows)."""
    connection = connections[router.db_for_write(tables[0])]
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(table._meta.db_table) for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {names}")


def _target(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _converted(converters: list[Convert | None], rows: list[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """As the driver takes them, a column at a time: half of what it costs row by row."""
    for place, value in enumerate(rows[0] if rows else ()):
        if isinstance(value, UUID):
            converters[place] = _hex
    if not rows or not any(converters):
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, convert in enumerate(converters):
        if convert:
            columns[place] = _each(convert, columns[place], None)
    return list(zip(*columns, strict=True))


def _each(convert: Convert, column: Sequence[Any], empty: Any) -> list[Any]:
    """`empty` stands for None. A column that says the same in every row is converted once."""
    first = column[0]
    if column[-1] is first and column.count(first) == len(column):
        return [empty if first is None else convert(first)] * len(column)
    return [empty if value is None else convert(value) for value in column]


def _converter(target: models.Field[Any, Any], connection: Any) -> Convert | None:
    if (stored := _storing(target)) is not None:
        return stored
    if isinstance(target, models.UUIDField):
        return None  # `_converted` looks at what it was given
    if isinstance(target, PLAIN):
        return None
    if isinstance(target, models.JSONField):
        return _json
    if isinstance(target, models.DateField):  # an import says few days and moments, many times
        return _Remembered(lambda value: target.get_db_prep_save(value, connection)).of
    return lambda value: target.get_db_prep_save(value, connection)


def _hex(value: UUID | str) -> str:
    return value if isinstance(value, str) else value.hex


def stored_uuid(model: type[models.Model]) -> Callable[[UUID], Any]:
    """How the database of this table keeps a UUID; converted once where many rows name the same one."""
    native = connections[router.db_for_write(model)].features.has_native_uuid_field
    return _itself if native else _hex


def _itself(value: UUID) -> UUID:
    return value


def _json(value: Any) -> str:
    return value if isinstance(value, str) else _dump(value)


class _Remembered:
    """Answers of a function whose arguments repeat."""

    def __init__(self, made: Callable[[Any], Any]) -> None:
        self._made = made
        self._known: dict[Any, Any] = {}

    def of(self, value: Any) -> Any:
        known = self._known.get(value)
        if known is None:
            known = self._made(value)
            if len(self._known) < _COPIED:
                self._known[value] = known
        return known


def _copied(encoders: list[Encode], rows: Iterable[Sequence[Any]]) -> Iterable[bytes]:
    """The binary format of COPY (PostgreSQL documentation, COPY, "Binary Format"), some rows at a time."""
    count, rest = len(encoders).to_bytes(2, "big"), iter(rows)
    yield _COPY_HEAD
    while part := list(islice(rest, _COPIED)):
        columns = zip(encoders, zip(*part, strict=True), strict=True)
        fields = [_each(encode, column, _NULL) for encode, column in columns]
        yield b"".join(chain.from_iterable(zip([count] * len(part), *fields, strict=True)))
    yield _COPY_END


_SHORT, _INT, _LONG = Struct(">ih"), Struct(">ii"), Struct(">iq")


def _encoder(target: models.Field[Any, Any], connection: Any) -> Encode:
    """Value → its length and bytes, as the column's type is sent."""
    column = str(target.rel_db_type(connection) if target.primary_key else target.db_type(connection))
    kind = column.split("(")[0].split(" ")[0]
    if kind == "smallint":
        return lambda value: _SHORT.pack(2, value)
    if kind in ("integer", "serial"):
        return lambda value: _INT.pack(4, value)
    if kind in ("bigint", "bigserial"):
        return lambda value: _LONG.pack(8, value)
    if kind == "timestamp":
        return _Remembered(_moment).of
    encode = _Remembered(_text).of if kind == "varchar" else ENCODED[kind]
    stored = _storing(target)
    return encode if stored is None else lambda value: encode(stored(value))


def _storing(target: models.Field[Any, Any]) -> Convert | None:
    """Of a column that keeps its values in another form, while it does."""
    storing: Callable[[], Convert | None] | None = getattr(target, "storing", None)
    return storing() if storing else None


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.int.to_bytes(16, "big")


def _bytes(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _text(value: str) -> bytes:
    content = value.encode()
    return len(content).to_bytes(4, "big") + content


def _jsonb(value: Any) -> bytes:
    content = _json(value).encode()
    return (len(content) + 1).to_bytes(4, "big") + b"\x01" + content


def _boolean(value: bool) -> bytes:
    return b"\x00\x00\x00\x01" + (b"\x01" if value else b"\x00")


def _day(value: date) -> bytes:
    return _INT.pack(4, value.toordinal() - _FIRST_DAY)


def _moment(value: datetime) -> bytes:
    since = value - _EPOCH
    return _LONG.pack(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


ENCODED: dict[str, Encode] = {
    "uuid": _uuid,
    "bytea": _bytes,
    "varchar": _text,
    "text": _text,
    "jsonb": _jsonb,
    "boolean": _boolean,
    "date": _day,
}
