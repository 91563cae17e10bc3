"""What alarms are worth: how many who snoop are found, how fast, and how many are accused in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.lookups_parts.deeds import Deed

Accusation = tuple[int, int]
"""Employee and day."""


@dataclass(frozen=True, slots=True)
class Worth:
    """`recall`: of people; `precision`: of accusations; `delay` in days from the first deed, of those found.
    An accusation before the first deed is in vain."""

    recall: float
    precision: float
    delay: float


def worth(accused: Sequence[Accusation], deeds: Sequence[Deed]) -> Worth:
    first = {deed.employee: deed.first_day for deed in deeds}
    right = [(e, day) for e, day in accused if e in first and day >= first[e]]
    found: dict[int, int] = {}
    for e, day in sorted(right, key=lambda each: each[1]):
        found.setdefault(e, day - first[e])
    return Worth(
        recall=len(found) / len(deeds),
        precision=len(right) / len(accused) if accused else 0.0,
        delay=sum(found.values()) / len(found) if found else float("nan"),
    )


def missed(accused: Sequence[Accusation], deeds: Sequence[Deed]) -> dict[str, int]:
    """Per pattern how many of those who follow it nobody accuses."""
    known = {e for e, _ in accused}
    out: dict[str, int] = {}
    for deed in deeds:
        out[deed.pattern] = out.get(deed.pattern, 0) + (deed.employee not in known)
    return out
