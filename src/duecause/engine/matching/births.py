"""Two birth dates beside each other: the same, a slip apart, or another human's."""

from __future__ import annotations

from datetime import date

# Typed to get past a form that asks for a date.
PLACEHOLDERS = frozenset({(1, 1, 1900), (1, 1, 1901), (1, 1, 1970), (11, 11, 1911)})


def birth_compared(a: date | None, b: date | None) -> str:
    """`same`, `close` (one slip of the pen apart), `differs`, or `missing` where one is unknown or stands for
    unknown (1 January 1900)."""
    if a is None or b is None or is_placeholder(a) or is_placeholder(b):
        return "missing"
    if a == b:
        return "same"
    return "close" if _one_slip(a, b) else "differs"


def is_placeholder(day: date) -> bool:
    """Whether a date stands for an unknown one."""
    return (day.day, day.month, day.year) in PLACEHOLDERS


def _one_slip(a: date, b: date) -> bool:
    if abs((a - b).days) == 1:
        return True
    if a.year == b.year and (a.day, a.month) == (b.month, b.day):
        return True
    if a.year == b.year and (1, 1) in ((a.day, a.month), (b.day, b.month)):
        return True  # only the year was known
    return sum(x != y for x, y in zip(a.isoformat(), b.isoformat(), strict=True)) == 1
