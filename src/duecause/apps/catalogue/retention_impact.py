"""What retention rules do to people. Rooms above hold the people and register here who counts them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from duecause.engine.retention import Book

# {bucket: {"persons": n, "fields": {action: n}}}
Counted = dict[str, Any]
# Of the rules in force (None: there are none yet), those proposed, the moment.
Count = Callable[[Book | None, Book, datetime], Counted]
AT_ONCE, SOON, LATER, LONGER = "at_once", "within_30_days", "later", "longer"
BUCKETS = (AT_ONCE, SOON, LATER, LONGER)


class _Register:
    count: Count | None = None
    records: Callable[[], int] = staticmethod(lambda: 0)


def provides_impact(*, count: Count, records: Callable[[], int]) -> None:
    """Register who counts what rules do, and how many records there are to count."""
    _Register.count, _Register.records = staticmethod(count), staticmethod(records)


def impact(before: Book | None, after: Book, now: datetime) -> Counted:
    if _Register.count is None:
        return {bucket: {"persons": 0, "fields": {}} for bucket in BUCKETS}
    return _Register.count(before, after, now)


def records() -> int:
    """How many records rules would be about."""
    return _Register.records()
