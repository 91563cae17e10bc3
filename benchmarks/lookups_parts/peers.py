"""What others do: volume against the profile, counting what has no reason, and an isolation forest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.lookups_parts.measuring import Accusation
from benchmarks.lookups_parts.people import DAY, Ints
from benchmarks.lookups_parts.simulating import World

Floats = NDArray[np.float64]
QUIET_DAYS = 7
FIRST_DAY = 7


def accused(scores: Floats, per_day: int) -> list[Accusation]:
    """The highest scores of each day, nobody twice within a week, from the second week on."""
    last = np.full(len(scores), -QUIET_DAYS)
    found = []
    for day in range(FIRST_DAY, scores.shape[1]):
        order = np.argsort(-scores[:, day], kind="stable")
        free = [e for e in order if day - last[e] >= QUIET_DAYS and scores[e, day] > 0][:per_day]
        for e in free:
            last[e] = day
            found.append((int(e), day))
    return found


def volume(world: World) -> Floats:
    """Look-ups of a day in standard deviations of the profile's days."""
    counts = _per_day(world, np.ones(len(world.accesses["e"])))
    scores = np.zeros_like(counts)
    for profile in np.unique(world.people.profile):
        rows = world.people.profile == profile
        worked = counts[rows][counts[rows] > 0]
        scores[rows] = (counts[rows] - worked.mean()) / worked.std()
    return scores


def unexplained(loose: Floats) -> Floats:
    """Look-ups without a reason in the last seven days."""
    return _week(loose)


def forest(world: World, seed: int) -> Floats:
    """An isolation forest on what a log holds without reasons: seven days of volumes, hours, searches,
    exports, places and returns to the same customer."""
    from sklearn.ensemble import IsolationForest

    rows = world.accesses
    start = world.people.start[rows["e"], np.minimum(rows["at"] // DAY, world.days - 1)]
    clock = rows["at"] % DAY
    outside = (start < 0) | (clock < start) | (clock > start + 9 * 3600)
    features = np.stack(
        [
            _week(_per_day(world, column))
            for column in (
                np.ones(len(clock)),
                rows["search"] > 0,
                rows["action"] > 0,
                rows["elsewhere"] > 0,
                outside,
                _returns(rows),
            )
        ],
        axis=-1,
    )
    flat = features.reshape(-1, features.shape[-1])
    model = IsolationForest(n_estimators=200, random_state=seed, n_jobs=2).fit(flat)
    scores: Floats = 1 - model.score_samples(flat).reshape(features.shape[:2])
    return scores


def _returns(rows: dict[str, Ints]) -> NDArray[np.bool_]:
    """Whether the same employee looked at the same customer on an earlier day."""
    day = rows["at"] // DAY
    order = np.lexsort((day, rows["c"], rows["e"]))
    e, c, d = rows["e"][order], rows["c"][order], day[order]
    again = np.zeros(len(e), dtype=bool)
    again[1:] = (e[1:] == e[:-1]) & (c[1:] == c[:-1]) & (d[1:] > d[:-1])
    found = np.empty_like(again)
    found[order] = again
    return found


def _per_day(world: World, weights: NDArray[np.generic]) -> Floats:
    out = np.zeros((len(world.people.profile), world.days))
    np.add.at(out, (world.accesses["e"], world.accesses["at"] // DAY), weights)
    return out


def _week(counts: Floats) -> Floats:
    until = np.cumsum(counts, axis=1)
    until[:, 7:] -= np.cumsum(counts, axis=1)[:, :-7]
    return until
