"""Values on their way between stores: one spelling as text, so that 1 meets '1', and how they are
compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

PHONE_NOISE = " .-/()"


def spelled(value: Any) -> str | None:
    """As text that every kind of column can be asked for; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return str(value)


def at(row: Mapping[str, Any], path: str) -> Iterator[Any]:
    """What stands at a dotted path in a row: one value, each element of an array, or nothing."""
    column, *rest = path.split(".")
    value = row.get(column)
    if rest and isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return
    yield from _inside(value, rest)


def _inside(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _inside(each, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from _inside(value.get(path[0]), path[1:])


def comparable(text: str, match: str) -> frozenset[str]:
    """The spellings under which a value is looked for. A number is stored with +, with 00 or bare."""
    if match == "ignore_case":
        return frozenset({text.strip().lower()})
    if match == "phone":
        digits = re.sub(rf"[{re.escape(PHONE_NOISE)}]", "", text)
        bare = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
        if digits.startswith(("+", "00")):
            return frozenset({f"+{bare}", f"00{bare}", bare})
        return frozenset({digits})
    return frozenset({text})


def folded(text: str, match: str) -> str:
    """What a stored value is compared as."""
    if match == "ignore_case":
        return text.strip().lower()
    if match == "phone":
        return re.sub(rf"[{re.escape(PHONE_NOISE)}]", "", text)
    return text


def match_of(kind: str, said: str) -> str:
    """How an identity is compared where the map does not say."""
    if said:
        return said
    if kind == "email":
        return "ignore_case"
    return "phone" if kind.startswith("phone") else "exact"
