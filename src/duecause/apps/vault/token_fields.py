"""Columns of tokens. In Python a token is what `indexes` makes; how it lies in the database, under which
cover, is known here alone. Comparing with a token looks under every cover that may lie on it.

Two columns can be compared by the database only while no change of their key goes on; who does asks
`covers.mixed` first and reads the tokens of the one where it says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from django.db import models
from django.db.models.lookups import Exact, In

from duecause.apps.statements import is_mark
from duecause.apps.vault import covers, keyring

_dump = json.JSONEncoder(separators=(",", ":")).encode
LONGEST = 16  # of a token; how it lies is one byte longer


class MixedTokens(Exception):
    """The database was to compare tokens that lie under different covers: it would miss equal ones."""


class NotReadyMade(TypeError):
    """A Statement keeps its text: hand it `covers.candidates`, not tokens."""


class TokenField(models.BinaryField):  # type: ignore[type-arg]
    """`families`: whose key covers it. Of several the row's own `key_id` says which."""

    def __init__(self, *args: Any, families: Sequence[str] = ("lookup",), **kwargs: Any) -> None:
        self.families = tuple(families)
        kwargs.setdefault("max_length", LONGEST)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """The column is that of its base class: to migrations it is one, and they see what lies there."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        token = super().pre_save(model_instance, add)
        return token if token is None else covers.stored(self._family_of(model_instance), bytes_of(token))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(self.stored(value), connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else covers.bare(bytes(value))

    def stored(self, value: Any) -> Any:
        """A value as it is written."""
        if value is None or isinstance(value, covers.Stored) or hasattr(value, "resolve_expression"):
            return value
        [family] = self.families
        return covers.stored(family, bytes_of(value))

    def storing(self) -> Callable[[Any], bytes] | None:
        """What writes values of many rows: under the cover that is written with now, None without one."""
        [family] = self.families
        return covers.storing(family)

    def stored_many(self, tokens: Sequence[bytes]) -> Sequence[bytes]:
        """As they are written, for many rows at once."""
        [family] = self.families
        return covers.stored_many(family, tokens)

    def candidates(self, tokens: Sequence[bytes]) -> list[covers.Stored]:
        """Every form in which these tokens may lie here."""
        return covers.candidates(self.families, tokens)

    def bare(self, value: Any) -> Any:
        return self.from_db_value(value, None, None)

    def _family_of(self, row: models.Model) -> str:
        if len(self.families) == 1:
            return self.families[0]
        made_by = keyring.current()
        return "lookup" if getattr(row, "key_id") == made_by.lookup.key_id else "dial"  # noqa: B009


class CoveredJSONField(models.JSONField):
    """An object of short keyed hashes, sealed under the cover of the look-up key where there is one."""

    family = "lookup"

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return super().get_db_prep_save(value, connection)
        return super().get_db_prep_save(json.loads(self.stored(value)), connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return covers.bare_text(super().from_db_value(value, expression, connection))

    def stored(self, value: Any) -> str:
        """A value, or its text, as the text that is written."""
        text = value if isinstance(value, str) else _dump(value)
        under = covers.storing_texts(self.family)
        return under(text) if under else text

    def storing(self) -> Callable[[Any], str] | None:
        """What writes values of many rows: under the cover that is written with now, None without one."""
        under = covers.storing_texts(self.family)
        return under and (lambda value: under(value if isinstance(value, str) else _dump(value)))


def bytes_of(token: Any) -> bytes:
    return token if isinstance(token, bytes) else bytes(token)


class _LooksUnderEveryCover:
    """Of both look-ups: the values that are compared with, and what cannot be compared."""

    def _tokens(self, lookup: Any, values: Any) -> list[covers.Stored]:
        given = [bytes_of(value) for value in values if value is not None]
        if any(type(value) is bytes and is_mark(value) for value in given):
            raise NotReadyMade("hand a Statement covers.candidates(…), not tokens: its text is kept")
        return covers.candidates(_families(lookup.lhs), given)

    def _refuse_mixed(self, lookup: Any) -> None:
        ours = _families(lookup.lhs)
        theirs = _families(lookup.rhs) or ours
        if covers.mixed(*(set(ours) & set(theirs))):
            raise MixedTokens("ask covers.mixed(…) first, and read the tokens of one side where it says so")


@TokenField.register_lookup
class TokenIn(_LooksUnderEveryCover, In):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs_is_direct_value():
            self._refuse_mixed(self)
            return super().process_rhs(compiler, connection)
        under = copy(self)
        under.rhs = self._tokens(self, self.rhs)
        return super(TokenIn, under).process_rhs(compiler, connection)


@TokenField.register_lookup
class TokenExact(_LooksUnderEveryCover, Exact):
    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs_is_direct_value():
            self._refuse_mixed(self)
            return super().as_sql(compiler, connection)
        tokens = self._tokens(self, [self.rhs])
        if len(tokens) > 1:
            return compiler.compile(TokenIn(self.lhs, tokens))
        under = copy(self)
        under.rhs = tokens[0]
        return super(TokenExact, under).as_sql(compiler, connection)


def _families(side: Any) -> tuple[str, ...]:
    field = getattr(side, "output_field", None)
    return field.families if isinstance(field, TokenField) else ()
