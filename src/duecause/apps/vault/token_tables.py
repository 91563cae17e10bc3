"""Every table that holds tokens, found by its columns, and how its rows are put under another cover."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from duecause.apps.vault import covers, keyring
from duecause.apps.vault.token_fields import CoveredJSONField, TokenField
from duecause.engine import token_covers
from duecause.engine.token_covers import LONG, SHORT, TokenCover

Cover = Callable[[int], TokenCover]
EMPTY = "{}"


@dataclass(frozen=True, slots=True)
class Row:
    """How a row lies: its key, its tokens and texts in the order of the table's columns."""

    key: Any
    tokens: tuple[bytes | None, ...]
    texts: tuple[str, ...]


@cache
def tables(family: str) -> tuple[Table, ...]:
    """The tables with tokens of this family, in a fixed order."""
    found = []
    for model in sorted(apps.get_models(), key=lambda each: each._meta.db_table):
        fields = model._meta.concrete_fields
        tokens = [each for each in fields if isinstance(each, TokenField) and family in each.families]
        texts = [each for each in fields if isinstance(each, CoveredJSONField) and family == each.family]
        if tokens:
            found.append(Table(model, family, tuple(tokens), tuple(texts)))
    return tuple(found)


@dataclass(frozen=True)
class Table:
    model: type[models.Model]
    family: str
    tokens: tuple[TokenField, ...]
    texts: tuple[CoveredJSONField, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def rows(self) -> int:
        where, parameters = self._where("")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {_quoted(self.name)}{where}", parameters)  # noqa: S608
            return int(cursor.fetchone()[0])

    def after(self, place: str, limit: int) -> list[Row]:
        """Rows in the order of their keys, behind the one that `place` says; from the first where empty."""
        key = _quoted(self._key.column)
        behind = f"{key} > %s" if place else ""
        given = [self._key.get_db_prep_value(self._key.to_python(place), connection)] if place else []
        return self._select(behind, given, f" ORDER BY {key} LIMIT {limit}")

    def place(self, row: Row) -> str:
        return str(self._key.to_python(row.key))

    def left(self, number: int, limit: int) -> list[Row]:
        """Rows with a token of this family that does not lie under the cover of this number."""
        clauses: list[str] = []
        parameters: list[Any] = []
        for field in self.tokens:
            column = _quoted(field.column)
            bare = f"length({column}) IN ({SHORT}, {LONG})"
            clauses.append(f"{column} IS NOT NULL AND (substr({column}, 1, 1) <> %s OR {bare})")
            parameters.append(bytes([number]))
        for text in self.texts:
            column = f"CAST({_quoted(text.column)} AS text)"
            clauses.append(f"{column} <> %s AND {column} NOT LIKE %s")
            parameters += [EMPTY, f'{{"{number}":%']
        asked = " OR ".join(f"({clause})" for clause in clauses)
        return self._select(f"({asked})", parameters, f" LIMIT {limit}")

    def rewrite(self, batch: Sequence[Row], on: TokenCover) -> int:
        """Put the tokens of these rows under `on`; how many rows that changed. A row that somebody changed
        since it was read is left as it is. Belongs into the caller's transaction."""
        changes = list(self._changes(batch, on))
        if not changes:
            return 0
        try:
            with transaction.atomic():
                return self._update(changes)
        except IntegrityError:
            return sum(self._update_or_join(old, new) for old, new in changes)

    def _changes(self, batch: Sequence[Row], on: TokenCover) -> Iterator[tuple[Row, Row]]:
        columns = []
        for place in range(len(self.tokens)):
            held = [row.tokens[place] for row in batch]
            some = token_covers.changed([each for each in held if each is not None], covers.cover, on)
            rest = iter(some)
            columns.append([None if each is None else next(rest) for each in held])
        for row, *tokens in zip(batch, *columns, strict=True):
            new = Row(row.key, tuple(tokens), tuple(_text_under(on, text) for text in row.texts))
            if new != row:
                yield row, new

    def _update(self, changes: Sequence[tuple[Row, Row]]) -> int:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(self._update_of_all, self._in_columns(changes))
            else:
                cursor.executemany(
                    self._update_of_one,
                    [(*new.tokens, *new.texts, old.key, *old.tokens) for old, new in changes],
                )
            return int(cursor.rowcount)

    @property
    def _update_of_one(self) -> str:
        sets = ", ".join(f"{_quoted(each.column)} = %s" for each in (*self.tokens, *self.texts))
        same = " AND ".join(f"{_quoted(each.column)} = %s" for each in (self._key, *self.tokens))
        return f"UPDATE {_quoted(self.name)} SET {sets} WHERE {same}"  # noqa: S608

    @property
    def _update_of_all(self) -> str:
        kinds = [self._key.rel_db_type(connection), *["bytea"] * 2 * len(self.tokens)]
        kinds += ["text"] * len(self.texts)
        names = ["key", *(f"{when}{place}" for when in ("old", "new") for place in range(len(self.tokens)))]
        names += [f"text{place}" for place in range(len(self.texts))]
        given = ", ".join(f"%s::{kind}[]" for kind in kinds)
        sets = [f"{_quoted(each.column)} = v.new{place}" for place, each in enumerate(self.tokens)]
        sets += [f"{_quoted(each.column)} = v.text{place}::jsonb" for place, each in enumerate(self.texts)]
        same = [f"t.{_quoted(each.column)} = v.old{place}" for place, each in enumerate(self.tokens)]
        return (
            f"UPDATE {_quoted(self.name)} AS t SET {', '.join(sets)}"  # noqa: S608
            f" FROM unnest({given}) AS v({', '.join(names)})"
            f" WHERE t.{_quoted(self._key.column)} = v.key AND {' AND '.join(same)}"
        )

    def _in_columns(self, changes: Sequence[tuple[Row, Row]]) -> list[list[Any]]:
        columns: list[list[Any]] = [[old.key for old, _ in changes]]
        columns += [[old.tokens[place] for old, _ in changes] for place in range(len(self.tokens))]
        columns += [[new.tokens[place] for _, new in changes] for place in range(len(self.tokens))]
        return columns + [[new.texts[place] for _, new in changes] for place in range(len(self.texts))]

    def _update_or_join(self, old: Row, new: Row) -> int:
        """The same token of the same thing was written under the new cover meanwhile. One row stays; where
        others point to this row it stays too, and a token that nobody has stands in it."""
        try:
            with transaction.atomic():
                return self._update([(old, new)])
        except IntegrityError:
            row = self.model._default_manager.filter(pk=self._key.to_python(old.key)).first()
            twin = row and self._twin(row)
            if row is None or twin is None:
                return 0
            if self.model._meta.related_objects:
                nobodys = Row(old.key, tuple(_random_under(new.tokens)), new.texts)
                return self._update([(old, nobodys)])
            fields = row._meta.concrete_fields
            moments = [each.attname for each in fields if isinstance(each, models.DateTimeField)]
            later = {name: max(getattr(row, name), getattr(twin, name)) for name in moments}
            self.model._default_manager.filter(pk=twin.pk).update(**later)
            row.delete()
            return 1

    def _twin(self, row: models.Model) -> models.Model | None:
        own = {each.name for each in self.tokens}
        for constraint in row._meta.total_unique_constraints:
            if own & set(constraint.fields):
                same = {name: getattr(row, name) for name in constraint.fields}
                return self.model._default_manager.filter(**same).exclude(pk=row.pk).first()
        return None

    @property
    def _key(self) -> models.Field[Any, Any]:
        key = self.model._meta.pk
        assert key is not None
        return key

    def _select(self, asked: str, parameters: Sequence[Any], end: str) -> list[Row]:
        texts = [f"CAST({_quoted(each.column)} AS text)" for each in self.texts]
        names = [*(_quoted(each.column) for each in (self._key, *self.tokens)), *texts]
        where, all_parameters = self._where(asked, parameters)
        sql = f"SELECT {', '.join(names)} FROM {_quoted(self.name)}{where}{end}"  # noqa: S608
        end_of_tokens = len(self.tokens) + 1
        with connection.cursor() as cursor:
            cursor.execute(sql, all_parameters)
            return [
                Row(
                    row[0],
                    tuple(each if each is None else bytes(each) for each in row[1:end_of_tokens]),
                    row[end_of_tokens:],
                )
                for row in cursor.fetchall()
            ]

    def _where(self, asked: str, parameters: Sequence[Any] = ()) -> tuple[str, list[Any]]:
        """Of a column of two families the rows of this one alone."""
        clauses, given = [asked] if asked else [], list(parameters)
        if any(len(each.families) > 1 for each in self.tokens):
            clauses.append(f"{_quoted('key_id')} {'=' if self.family == 'lookup' else '<>'} %s")
            given.append(keyring.current().lookup.key_id)
        return (" WHERE " + " AND ".join(clauses) if clauses else ""), given


def _text_under(on: TokenCover, text: str) -> str:
    content = json.loads(text)
    if not content or covers.number_of_text(content) == on.number:
        return text
    return covers.text_under(on, json.dumps(covers.bare_text(content), separators=(",", ":")))


def _random_under(tokens: Sequence[bytes | None]) -> Iterator[bytes | None]:
    for token in tokens:
        yield None if token is None else token[:1] + covers.nobodys(len(token) - 1)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
