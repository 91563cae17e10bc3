"""How far a screening is, as one bar over its rows."""

from __future__ import annotations

# From where to where each part of the work takes the bar, in percent; what is not named is of the judging.
PARTS = {"list": (0, 30), "known": (30, 45), "facts": (45, 65), "judge": (65, 75), "store": (75, 100)}


def rows_done(phase: str, done: int, total: int, rows: int) -> int:
    """Of `rows`, where `done` of `total` of a part of the work are done."""
    begins, ends = PARTS.get(phase, PARTS["judge"])
    return rows * (begins * max(total, 1) + (ends - begins) * done) // (100 * max(total, 1))
