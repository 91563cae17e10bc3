"""How surprising a count is: −log10 P(X ≥ k), where X is negative binomial.

Rates of employees of a profile vary like a gamma; an employee's own past draws the rate towards it. What is
then expected in a window of days is the posterior predictive, a negative binomial (Gelman et al., Bayesian
Data Analysis, 2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from duecause.engine.lookups.rules import FlagRule, Rules

Floats = NDArray[np.float64]
TERMS = 400


@dataclass(frozen=True, slots=True)
class Part:
    """One flag for all employees and days: `points` beyond the first power of ten, and for each cell the
    count `seen` and `expected` over the `days` of the window that says most."""

    flag: FlagRule
    points: Floats
    seen: Floats
    expected: Floats
    days: NDArray[np.int64]


def part(
    counts: Floats,
    groups: NDArray[np.int64],
    weights: Floats,
    rule: FlagRule,
    rules: Rules,
    whole: Floats | None = None,
) -> Part:
    """`counts`: employees × days; `groups`: the profile of each employee from 0; `weights`: per employee what
    former outcomes left of the flag (1: all of it); `whole`: the counts of the flag that this is a part of.

    What others did is counted up to the same day, without the employee's own; the employee's past ends where
    the window begins."""
    until, clump = np.cumsum(counts, axis=1), _clumps(counts)
    mean, shape = _peers(until, groups, rule, rules)
    general = None if whole is None else _expecting(np.cumsum(whole, axis=1), groups, rule, rules)
    points, seen, expected = (np.zeros_like(counts) for _ in range(3))
    days = np.full(counts.shape, rule.windows[0], dtype=np.int64)
    for window in rule.windows:
        in_window, expects, own_shape = _expected(until, mean, shape, window)
        if general is not None:
            seen_whole, expected_whole, _ = general(window)
            expects = expects * np.maximum(seen_whole / expected_whole, 1)
        found = _points(in_window / clump, expects / clump, own_shape, rules, len(rule.windows))
        found *= rule.weight * weights[:, None]
        better = found > points
        for kept, new in ((points, found), (seen, in_window), (expected, expects)):
            kept[better] = new[better]
        days[better] = window
    return Part(rule, points, seen, expected, days)


def _expected(until: Floats, mean: Floats, shape: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """For windows that end on each day: the count seen, the count expected, and the shape behind that."""
    past = np.zeros_like(until)
    past[:, window:] = until[:, :-window]
    days = np.arange(until.shape[1])
    own_shape = shape + past
    before, length = np.maximum(days - window + 1, 0), np.minimum(days + 1, window)
    return until - past, own_shape / (shape / mean + before) * length, own_shape


def _expecting(
    until: Floats, groups: NDArray[np.int64], rule: FlagRule, rules: Rules
) -> Callable[[int], tuple[Floats, Floats, Floats]]:
    mean, shape = _peers(until, groups, rule, rules)
    return partial(_expected, until, mean, shape)


def _clumps(counts: Floats) -> Floats:
    """How many looks of a day belong together, for each employee and day: E[x²] / E[x] − E[x] of the days of
    all others so far, at least 1. Somebody who works at another site for a day looks at many from there; a
    single cause then is counted once."""
    drawn = np.minimum(counts, np.quantile(counts[counts > 0], 0.95)) if np.any(counts > 0) else counts
    others = (np.cumsum(x.sum(axis=0) - x, axis=1) for x in (drawn, drawn * drawn))
    mean, squares = (x / ((len(counts) - 1 or 1) * np.arange(1, counts.shape[1] + 1)) for x in others)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(mean > 0, squares / mean - mean, 1.0)
    return np.maximum(found, 1.0)


def _points(seen: Floats, expected: Floats, shape: Floats, rules: Rules, windows: int) -> Floats:
    """Powers of ten beyond the first. Several windows are several tries, and each has to make up for it."""
    out = np.zeros_like(seen)
    some = seen > expected
    powers = surprise(seen[some], expected[some], shape[some]) - np.log10(windows)
    out[some] = np.clip(powers - 1, 0, rules.most_per_flag)
    return out


def _peers(until: Floats, groups: NDArray[np.int64], rule: FlagRule, rules: Rules) -> tuple[Floats, Floats]:
    """For each employee and day the mean of the others of the profile per day, and how alike they are."""
    days = np.arange(1, until.shape[1] + 1)
    people = len(groups)
    everybody = until.sum(axis=0)
    general = (everybody - until) / (np.maximum(people - 1, 1) * days)
    mean, shape = np.empty_like(until), np.empty_like(until)
    for group in np.unique(groups):
        rows = groups == group
        own = until[rows]
        size = int(rows.sum())
        # A tenth of a profile's worth of everybody, so that a small profile is not read from nothing.
        lent = 0.1 * max(size, 10)
        mean[rows] = (own.sum(axis=0) - own + lent * general[rows] * days) / ((size - 1 + lent) * days)
        shape[rows] = _shape(own, rules)
    return np.maximum(mean, rule.floor), shape


def _shape(totals: Floats, rules: Rules) -> Floats:
    """The gamma's shape by moments, per day. The two in a hundred who count most are drawn in, so that those
    who are looked for do not make their own deed look usual."""
    size = len(totals)
    if size < 5:
        return np.full(totals.shape[1], 1.0)
    drawn = np.minimum(totals, np.quantile(totals, 0.98, axis=0, method="lower"))
    mean = drawn.mean(axis=0)
    extra = drawn.var(axis=0) - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(extra > 0, mean * mean / extra, rules.shape_most)
    shape = np.where(mean * size < 10, 1.0, shape)
    return np.clip(shape, rules.shape_least, rules.shape_most)


def surprise(seen: Floats, expected: Floats, shape: Floats) -> Floats:
    """−log10 P(X ≥ seen) for a negative binomial with that mean and shape; `seen` may be a fraction.

    Only for seen > expected, where the tail falls: its terms are added until they no longer matter."""
    odds = expected / (expected + shape)
    first = log_gamma(seen + shape) - log_gamma(shape) - log_gamma(seen + 1)
    first += seen * np.log(odds) + shape * np.log1p(-odds)
    total, term = np.ones_like(seen), np.ones_like(seen)
    for step in range(TERMS):
        term = term * (seen + step + shape) / (seen + step + 1) * odds
        total += term
        if not np.any(term > 1e-6 * total):
            break
    found: Floats = -(first + np.log(total)) / np.log(10)
    return np.maximum(found, 0)


def log_gamma(x: Floats) -> Floats:
    """ln Γ(x) for x > 0, by Stirling's series after eight steps of the recurrence; error below 1e-9."""
    shift = np.zeros_like(x)
    for step in range(8):
        shift += np.log(x + step)
    y = x + 8
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5)
    found: Floats = (y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series - shift
    return found
