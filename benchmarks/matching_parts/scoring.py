"""Precision and recall over pairs, with intervals that respect that pairs of one household fail together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from duecause.engine.matching.linking import groups

Pair = tuple[int, int]
ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (percentile bootstrap over the units given)."""

    value: float
    low: float
    high: float

    def text(self) -> str:
        return f"{self.value:.5f} [{self.low:.5f}, {self.high:.5f}]"


@dataclass(frozen=True, slots=True)
class Score:
    precision: Share
    recall: Share
    found: int
    false: int

    @property
    def f1(self) -> float:
        p, r = self.precision.value, self.recall.value
        return 2 * p * r / (p + r) if p + r else 0.0


def score(pairs: Iterable[Pair], human: Sequence[int], household: Sequence[int] | None = None) -> Score:
    """Pairs of record numbers against the truth `human[record]`; intervals resample households."""
    units = human if household is None else household
    right, found, true = Counter[int](), Counter[int](), Counter[int]()
    for a, b in pairs:
        found[units[a]] += 1
        right[units[a]] += human[a] == human[b]
    unit_of = dict(zip(human, units, strict=True))
    for one, records in Counter(human).items():
        true[unit_of[one]] += records * (records - 1) // 2
    every = sorted(true)
    columns = [np.array([counted[unit] for unit in every]) for counted in (right, found, true)]
    draw = np.random.default_rng(1)
    weights = draw.multinomial(len(every), np.full(len(every), 1 / len(every)), size=ROUNDS)
    r, f, t = (weights @ column for column in columns)
    n_right, n_found, n_true = (int(column.sum()) for column in columns)
    return Score(
        precision=_share(n_right, n_found, r, f),
        recall=_share(n_right, n_true, r, t),
        found=n_found,
        false=n_found - n_right,
    )


def _share(part: int, whole: int, parts: np.ndarray, wholes: np.ndarray) -> Share:
    if not whole:
        return Share(0.0, 0.0, 0.0)
    if part == whole:  # resampling nothing but successes says nothing: the rule of three does
        return Share(1.0, 1 - 3 / whole, 1.0)
    low, high = np.percentile(parts / np.maximum(wholes, 1), [2.5, 97.5])
    return Share(part / whole, float(low), float(high))


def implied(links: Iterable[Pair]) -> list[Pair]:
    """Every pair that has become one person through these links."""
    return [
        (members[i], members[j])
        for group in groups(links)
        for members in [sorted(group)]
        for j in range(1, len(members))
        for i in range(j)
    ]


def recall_at(scored: Mapping[Pair, float], human: Sequence[int], precision: float) -> float:
    """The highest share of true pairs found above any threshold at which precision still holds."""
    true = sum(n * (n - 1) // 2 for n in Counter(human).values())
    ordered = sorted(scored, key=lambda pair: -scored[pair])
    right = np.cumsum([human[a] == human[b] for a, b in ordered])
    good = np.nonzero(right / np.arange(1, len(ordered) + 1) >= precision)[0]
    return float(right[good[-1]] / true) if len(good) else 0.0
