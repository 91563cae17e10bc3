"""Queries whose text is assembled once per process and then only run. For the paths somebody waits on: there,
assembling SQL takes more time than the database does. Only texts are kept, never answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Given = datetime | UUID | bytes | int | str
Querysets = QuerySet[Any, Any] | Sequence[QuerySet[Any, Any]]
Shape = tuple[tuple[str, int, type, bool], ...]  # name, how many, of which type, a sequence
Made = TypeVar("Made", bound=Model)
GROWTH = 4


class NotReplayable(Exception):
    """The query does more with an argument than hand it to the database: it cannot be run for another."""


@dataclass(frozen=True, slots=True)
class _Text:
    """`places`: per parameter the argument's name, position and adaptation, or None, 0 and a constant."""

    sql: str
    places: tuple[tuple[str | None, int, Any], ...]
    converters: tuple[tuple[int, tuple[Any, ...], Any], ...]
    made: Callable[[tuple[Any, ...]], Any] | None  # an object of a row, where the query is for objects


@dataclass(frozen=True, slots=True)
class Around:
    """What is sent in one message with a query: one statement `before` it, with its parameters, and one
    `after`, where that is not empty. Only for a database whose driver takes several statements at once."""

    before: str
    parameters: tuple[Any, ...]
    after: str = ""


class Statement:
    """One query, or several whose rows come one after the other (UNION ALL: columns of the same types).

    `build` takes the arguments of `rows` by name and answers querysets. An argument is a
    datetime, UUID, bytes, int or text, or a non-empty list of one of these for `__in`. One that is None is
    left out for `build` too and makes another text. `build` must hand each argument to the database as it
    is; NotReplayable is raised for one that is reckoned with.
    """

    def __init__(self, build: Callable[..., Querysets], *, using: str = DEFAULT_DB_ALIAS) -> None:
        self._build = build
        self._using = using
        self._texts: dict[tuple[str, Shape], _Text] = {}

    def rows(self, **given: Given | Sequence[Given] | None) -> list[tuple[Any, ...]]:
        return self._run(given)[0]

    def rows_within(
        self, around: Around | None, **given: Given | Sequence[Given] | None
    ) -> list[tuple[Any, ...]]:
        return self._run(given, around)[0]

    def objects(self, **given: Given | Sequence[Given] | None) -> list[Any]:
        """For a query without `values_list`: its objects, with what `select_related` names."""
        rows, text = self._run(given)
        if text.made is None:
            raise NotReplayable
        return [text.made(row) for row in rows]

    def _run(
        self, given: dict[str, Any], around: Around | None = None
    ) -> tuple[list[tuple[Any, ...]], _Text]:
        values = {name: _listed(value) for name, value in given.items() if value is not None}
        shape = tuple(
            (name, len(each), type(each[0]), isinstance(given[name], list)) for name, each in values.items()
        )
        connection = connections[self._using]
        text = self._texts.get((connection.vendor, shape))
        if text is None:
            text = self._texts[connection.vendor, shape] = _assembled(self._build, shape, connection)
        parameters = [
            what if name is None else what(values[name][position]) for name, position, what in text.places
        ]
        with _cursor(connection) if around is None else connection.cursor() as cursor:
            if around is None:
                cursor.execute(text.sql, parameters)
            else:  # several statements in one message cannot be prepared
                several = ";".join(filter(None, (around.before, text.sql, around.after)))
                cursor.execute(several, [*around.parameters, *parameters])
                cursor.nextset()
            found = cursor.fetchall()
        if text.converters:
            found = [_converted(row, text, connection) for row in found]
        return found, text


def insert(made: Made) -> Made:
    """Insert one new object whose key the database gives, as `save` would where nobody listens to signals."""
    fields = _fields(type(made))
    text = _INSERTS.get(type(made)) or _INSERTS.setdefault(type(made), _insertion(type(made), fields))
    return _inserted(made, text, _values(made, fields))


def insert_with(made: Made, follower: Model, *, by: str) -> Made:
    """Insert `made` and the row that points to it by its foreign key `by`; in one round trip where the
    database can. The key of `follower` is not read back."""
    if connection.vendor != "postgresql":
        insert(made)
        setattr(follower, by, made)
        insert(follower)
        return made
    fields, model = _fields(type(made)), type(follower)
    own = [field for field in _fields(model) if field.name != by]
    text = _PAIRS.get(model) or _PAIRS.setdefault(model, _pair(type(made), fields, model, own, by))
    return _inserted(made, text, [*_values(made, fields), *_values(follower, own)])


def execute(sql: str, values: Sequence[Any]) -> int:
    """Run a text of one's own, with %s for each value. The number of rows it changed."""
    adapt = connection.ops.adapt_datetimefield_value
    with _cursor(connection) as cursor:
        cursor.execute(sql, [adapt(value) if isinstance(value, datetime) else value for value in values])
        return int(cursor.rowcount)


_INSERTS: dict[type[Model], str] = {}
_PAIRS: dict[type[Model], str] = {}


def _fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _values(made: Model, fields: Sequence[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(made, field.attname), connection) for field in fields]


def _inserted(made: Made, text: str, values: Sequence[Any]) -> Made:
    with _cursor(connection) as cursor:
        cursor.execute(text, values)
        made.pk = cursor.fetchone()[0]
    made._state.adding, made._state.db = False, connection.alias
    return made


def _cursor(connection: Any) -> Any:
    """On PostgreSQL the server plans a text that comes again a few times only."""
    return connection.prepared_cursor() if connection.vendor == "postgresql" else connection.cursor()


def _insertion(model: type[Model], fields: Sequence[Any]) -> str:
    places, key = ", ".join(["%s"] * len(fields)), _quoted(model._meta.pk)
    return f"INSERT INTO {_columns(model, fields)} VALUES ({places}) RETURNING {key}"  # noqa: S608


def _pair(
    model: type[Model], fields: Sequence[Any], follower: type[Model], own: Sequence[Any], by: str
) -> str:
    link = follower._meta.get_field(by)
    made, places = _quoted(model._meta.pk), "".join([", %s"] * len(own))
    return (
        f"WITH made AS ({_insertion(model, fields)}) INSERT INTO {_columns(follower, [link, *own])}"  # noqa: S608
        f" SELECT made.{made}{places} FROM made RETURNING {_quoted(link)}"
    )


def _columns(model: type[Model], fields: Sequence[Any]) -> str:
    return f"{connection.ops.quote_name(model._meta.db_table)} ({', '.join(map(_quoted, fields))})"


def _quoted(field: Any) -> str:
    return str(connection.ops.quote_name(field.column))


def _listed(value: Given | Sequence[Given]) -> Sequence[Any]:
    """Lists grow in few sizes, so that there are few texts; the last value is said again."""
    if not isinstance(value, list):
        return (value,)
    size = 1
    while size < len(value):
        size *= GROWTH
    return [*value, *[value[-1]] * (size - len(value))]


def _converted(row: Sequence[Any], text: _Text, connection: Any) -> tuple[Any, ...]:
    values = list(row)
    for position, converters, expression in text.converters:
        for convert in converters:
            values[position] = convert(values[position], expression, connection)
    return tuple(values)


def _assembled(build: Callable[..., Querysets], shape: Shape, connection: Any) -> _Text:
    """Built twice with different values: whatever changes must be an argument as it was given."""
    (sql, first, converters, made), (again, second, *_) = (
        _compiled(build, _marked(shape, run), connection) for run in (0, 1)
    )
    marks, others = (_positions(_marked(shape, run), connection) for run in (0, 1))
    places = []
    for one, two in zip(first, second, strict=True):
        place, same = marks.get(_plain(one)), others.get(_plain(two))
        if (place and place[:2]) != (same and same[:2]) or (place is None and _plain(one) != _plain(two)):
            raise NotReplayable
        adapt = _adaptation(one, place[2], connection) if place else one
        places.append((place[0], place[1], adapt) if place else (None, 0, one))
    if sql != again or {place[:2] for place in places if place[0]} != {
        (name, n) for name, size, _, _ in shape for n in range(size)
    }:
        raise NotReplayable
    return _Text(sql, tuple(places), converters, made)


def _compiled(
    build: Callable[..., Querysets], values: dict[str, Any], connection: Any
) -> tuple[str, list[Any], Any, Any]:
    built = build(**values)
    sql, parameters, converters, made = [], [], None, None
    for queryset in [built] if isinstance(built, QuerySet) else built:
        compiler = queryset.query.get_compiler(connection=connection)
        text, own = compiler.as_sql()
        sql.append(text)
        parameters.extend(own)
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        found = compiler.get_converters(columns)
        converters = converters or tuple((n, tuple(each), column) for n, (each, column) in found.items())
        made = made or (
            _making(compiler, connection.alias) if queryset._iterable_class is ModelIterable else None
        )
    return " UNION ALL ".join(sql), parameters, converters or (), made


def _making(compiler: Any, alias: str) -> Callable[[tuple[Any, ...]], Any]:
    """As ModelIterable makes its objects."""
    model, positions = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = positions[0], positions[-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    related = get_related_populators(compiler.klass_info, compiler.select, alias)  # type: ignore[call-arg]

    def made(row: tuple[Any, ...]) -> Any:
        found = model.from_db(alias, names, row[start:end])
        for populator in related:
            populator.populate(row, found)
        return found

    return made


def _marked(shape: Shape, run: int) -> dict[str, Any]:
    """Values no query holds by itself."""
    numbers = count(9_007_100_000_001 + run * 10_000_000)
    values = {name: [_mark(kind, next(numbers)) for _ in range(size)] for name, size, kind, _listed_ in shape}
    return {name: values[name] if many else values[name][0] for name, _, _, many in shape}


def _mark(kind: type, number: int) -> Any:
    if kind is datetime:
        return datetime(1931, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
    if kind is UUID:
        return UUID(int=number)
    if kind is int:
        return number
    text = f"mark-{number}"
    made: Callable[[Any], Any] = kind
    return made(text.encode() if issubclass(kind, bytes) else text)


def is_mark(value: bytes) -> bool:
    """The query is being assembled: the value stands for one that is still to come."""
    return value.startswith(_MARK.encode())


_MARK = "mark-9007"


def _positions(values: dict[str, Any], connection: Any) -> dict[Any, tuple[str, int, Any]]:
    return {
        _plain(form): (name, n, value)
        for name, many in values.items()
        for n, value in enumerate(many if isinstance(many, list) else [many])
        for form in _forms(value, connection)
    }


def _forms(value: Any, connection: Any) -> list[Any]:
    """How a database driver may be handed this value."""
    if isinstance(value, datetime):
        return [value, connection.ops.adapt_datetimefield_value(value)]
    return [value, value.hex] if isinstance(value, UUID) else [value]


def _plain(parameter: Any) -> Any:
    """Comparable and hashable: drivers wrap bytes in types of their own."""
    parameter = getattr(parameter, "obj", parameter)
    return bytes(parameter) if isinstance(parameter, (memoryview, bytearray)) else parameter


def _adaptation(parameter: Any, value: Any, connection: Any) -> Callable[[Any], Any]:
    if isinstance(value, datetime):
        adapt: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value
        return adapt
    if isinstance(value, UUID) and isinstance(parameter, str):
        return _hex
    return _same


def _hex(value: UUID) -> str:
    return value.hex


def _same(value: Any) -> Any:
    return value
