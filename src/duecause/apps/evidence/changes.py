"""What differs between two versions of a record, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

AREAS = ("scope", "activities", "purposes", "fields", "recipients", "sources", "wordings", "measures")


@dataclass(frozen=True, slots=True)
class Changed:
    """`key` says which entry of the area (empty for the scope), `name` which of its values (empty where the
    whole entry came or went). None is nothing there."""

    area: str
    key: str
    name: str
    before: Any
    after: Any


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Changed]:
    return [change for area in AREAS for change in _area(area, before.get(area, {}), after.get(area, {}))]


def _area(area: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    if area == "scope":
        yield from _values(area, "", before, after)
        return
    for key in sorted({*before, *after}):
        if key not in before or key not in after:
            yield Changed(area, key, "", before.get(key), after.get(key))
        else:
            yield from _values(area, key, before[key], after[key])


def _values(area: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Changed(area, key, name, before.get(name), after.get(name))
