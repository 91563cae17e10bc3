"""What differs between what is and what is wanted, field by field: the plan before, the report after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Value = object  # plain: text, number, flag, date, None, or lists and mappings of these


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`before` and `after` are None where `private`: such a value is never shown, only that it changes."""

    name: str
    before: Value
    after: Value
    private: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new or altered. `noun` says what it is, `key` which one."""

    noun: str
    key: str
    created: bool
    fields: tuple[FieldChange, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


def differences(
    before: Mapping[str, Value] | None, after: Mapping[str, Value], *, private: Collection[str] = ()
) -> tuple[FieldChange, ...]:
    """The fields of `after` that differ in `before`; all that say something when `before` is None."""
    if before is None:
        return tuple(_field(name, None, value, private) for name, value in after.items() if not _empty(value))
    return tuple(
        _field(name, before.get(name), value, private)
        for name, value in after.items()
        if before.get(name) != value
    )


def _empty(value: Value) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _field(name: str, before: Value, after: Value, private: Collection[str]) -> FieldChange:
    if name in private:
        return FieldChange(name, None, None, private=True)
    return FieldChange(name, before, after)
